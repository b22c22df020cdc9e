//! How the text of one segment is spelled in its carrier.

use std::collections::VecDeque;

use caponier_core::Span;

use crate::json::Form;

/// A segment of a carrier that is not all released.
pub(super) struct Leaf {
    pub(super) carrier: u32,
    /// `None`: the segment's text is the carrier's.
    pub(super) form: Option<Form>,
    /// The whole of the arguments: read-only.
    pub(super) whole: bool,
    /// How pieces of the text are spelled in the carrier.
    pub(super) pieces: VecDeque<Piece>,
    pub(super) length: usize,
    pub(super) released: usize,
    pub(super) closed: bool,
    /// A number's text and edits: it is replaced as a whole.
    pub(super) number: Option<(String, Vec<(Span, String)>)>,
}

/// A verbatim run, or one escape.
pub(super) struct Piece {
    pub(super) text: Span,
    pub(super) carrier: Span,
}

impl Leaf {
    /// Where in the carrier a byte of the text stands; inside an escape, the escape's own bounds.
    pub(super) fn place(&self, text: usize, up: bool) -> Option<usize> {
        if self.form.is_none() {
            return Some(text);
        }
        // The end of a span belongs to the piece before it, its start to the piece behind.
        let piece = if up {
            self.pieces
                .iter()
                .find(|piece| piece.text.start < text && text <= piece.text.end)
        } else {
            self.pieces
                .iter()
                .find(|piece| piece.text.start <= text && text < piece.text.end)
        };
        let Some(piece) = piece else {
            let bound = if up {
                self.pieces.front()
            } else {
                self.pieces.back()
            };
            return bound.map(|piece| {
                if up {
                    piece.carrier.start
                } else {
                    piece.carrier.end
                }
            });
        };
        let ahead = text - piece.text.start;
        Some(if piece.text.len() == piece.carrier.len() {
            piece.carrier.start + ahead
        } else if ahead == 0 {
            piece.carrier.start
        } else if up || ahead == piece.text.len() {
            piece.carrier.end
        } else {
            piece.carrier.start
        })
    }
}

impl Leaf {
    pub(super) fn grow(&mut self, text: &str, carrier: Span) {
        let span = Span::new(self.length, self.length + text.len());
        self.length = span.end;
        if let Some((number, _)) = &mut self.number {
            number.push_str(text);
        }
        let verbatim = |piece: &Piece| piece.text.len() == piece.carrier.len();
        match self.pieces.back_mut() {
            Some(last)
                if verbatim(last)
                    && span.len() == carrier.len()
                    && last.carrier.end == carrier.start =>
            {
                last.text.end = span.end;
                last.carrier.end = carrier.end;
            }
            _ => self.pieces.push_back(Piece {
                text: span,
                carrier,
            }),
        }
    }

    /// Lets go of the spelling of what has been released, but for the last piece of it.
    pub(super) fn forget(&mut self) {
        while self.pieces.len() > 1
            && self
                .pieces
                .front()
                .is_some_and(|piece| piece.text.end < self.released)
        {
            self.pieces.pop_front();
        }
    }
}
