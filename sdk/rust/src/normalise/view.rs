//! Text made from other text, and the map back.

use std::borrow::Cow;
use std::ops::Range;

/// A stretch of a view: where it begins there, and which bytes of the source it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    at: usize,
    from: usize,
    until: usize,
    /// Byte for byte the same as the source. Otherwise the piece stands for its source as a whole.
    same: bool,
    /// The same, but from the last byte to the first.
    backwards: bool,
}

/// Text made from a source, with a map from each byte to the span of the source that it stands for.
///
/// # Example
///
/// ```
/// use caponier_sdk::normalise::{View, decode};
///
/// // One search for what is written and for what it stands for.
/// let text = "ask %62luebird";
/// let mut views = vec![View::identity(text)];
/// views.extend(decode::escapes(text));
/// for view in &views {
///     if let Some(start) = view.text().find("bluebird") {
///         assert!(!view.is_identity());
///         assert_eq!(&text[view.source(start..start + 8)], "%62luebird");
///     }
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct View<'a> {
    text: Cow<'a, str>,
    /// Empty: the text is its own source.
    pieces: Vec<Piece>,
}

/// Says how long it is, never what it says.
impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View")
            .field("bytes", &self.text.len())
            .field("pieces", &self.pieces.len())
            .finish()
    }
}

impl<'a> View<'a> {
    /// The text as it came.
    ///
    /// See the [example](Self#example).
    pub const fn identity(text: &'a str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            pieces: Vec::new(),
        }
    }

    /// What the view says.
    ///
    /// See the [example](Self#example).
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text is its own source.
    ///
    /// See the [example](Self#example).
    pub const fn is_identity(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The smallest span of the source that the bytes of `range` were made from. An empty range, or
    /// one beyond the text, gives an empty span.
    ///
    /// See the [example](Self#example).
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.min(self.text.len());
        let start = range.start.min(end);
        if self.pieces.is_empty() {
            return start..end;
        }
        if start == end {
            let at = self.part(start, start..start).start;
            return at..at;
        }
        // Pieces run through the source in one direction: those between the first and the last lie
        // between what these two stand for.
        let first = self.part(start, start..end);
        let last = self.part(end - 1, start..end);
        first.start.min(last.start)..first.end.max(last.end)
    }

    /// What of `range` lies in the piece that covers `at` stands for.
    fn part(&self, at: usize, range: Range<usize>) -> Range<usize> {
        let after = self.pieces.partition_point(|piece| piece.at <= at);
        let end = self
            .pieces
            .get(after)
            .map_or(self.text.len(), |next| next.at);
        let piece = after
            .checked_sub(1)
            .and_then(|index| self.pieces.get(index));
        piece.map_or(0..0, |piece| {
            piece.source_of(range.start.max(piece.at)..range.end.min(end))
        })
    }
}

impl Piece {
    /// What a range of the view stands for that lies in this piece.
    fn source_of(self, range: Range<usize>) -> Range<usize> {
        let (start, end) = (range.start - self.at, range.end - self.at);
        let (from, until) = if self.backwards {
            (
                self.until.saturating_sub(end),
                self.until.saturating_sub(start),
            )
        } else if self.same {
            (self.from + start, self.from + end)
        } else {
            (self.from, self.until)
        };
        from.max(self.from)..until.min(self.until)
    }
}

/// Builds a [`View`] piece by piece.
///
/// # Example
///
/// ```
/// use caponier_sdk::normalise::ViewBuilder;
///
/// // Soft line breaks of quoted-printable text: `=` at the end of a line joins it to the next.
/// let text = "igno=\nre it";
/// let mut view = ViewBuilder::with_capacity(text.len());
/// let mut at = 0;
/// for (joint, _) in text.match_indices("=\n") {
///     view.copy(at, &text[at..joint]);
///     at = joint + 2;
/// }
/// assert_eq!((view.text(), view.len(), view.is_empty()), ("igno", 4, false));
/// view.copy(at, &text[at..]);
/// let view = view.finish();
/// assert_eq!(view.text(), "ignore it");
/// assert_eq!(view.source(0..6), 0..8);
/// ```
#[derive(Default)]
pub struct ViewBuilder {
    text: String,
    pieces: Vec<Piece>,
}

impl std::fmt::Debug for ViewBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ViewBuilder")
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

impl ViewBuilder {
    /// An empty view with room for `bytes`.
    ///
    /// See the [example](Self#example).
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            pieces: Vec::new(),
        }
    }

    /// How long the view is so far.
    ///
    /// See the [example](Self#example).
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether nothing was added yet.
    ///
    /// See the [example](Self#example).
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What has been added so far.
    ///
    /// See the [example](Self#example).
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes `text`, which stands at `from` in the source, over as it is.
    ///
    /// See the [example](Self#example).
    pub fn copy(&mut self, from: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.pieces.last_mut() {
            Some(last)
                if last.same
                    && last.until == from
                    && last.until - last.from == self.text.len() - last.at =>
            {
                last.until = from + text.len();
            }
            _ => self.pieces.push(Piece {
                at: self.text.len(),
                from,
                until: from + text.len(),
                same: true,
                backwards: false,
            }),
        }
        self.text.push_str(text);
    }

    /// Takes one ASCII character of the source over, where the one after it was taken before.
    ///
    /// ```
    /// use caponier_sdk::normalise::ViewBuilder;
    ///
    /// let text = "erongi";
    /// let mut view = ViewBuilder::with_capacity(text.len());
    /// for (at, character) in text.char_indices().rev() {
    ///     view.copy_backwards(at, character);
    /// }
    /// let view = view.finish();
    /// assert_eq!((view.text(), view.source(0..2)), ("ignore", 4..6));
    /// ```
    pub fn copy_backwards(&mut self, from: usize, character: char) {
        match self.pieces.last_mut() {
            Some(last) if last.backwards && last.from == from + 1 => last.from = from,
            _ => self.pieces.push(Piece {
                at: self.text.len(),
                from,
                until: from + 1,
                same: false,
                backwards: true,
            }),
        }
        self.text.push(character);
    }

    /// Takes ASCII text, which stands at `from` in the source, over from its last byte to its first.
    pub(super) fn copy_all_backwards(&mut self, from: usize, text: &str) {
        if let Some(start) = text.len().checked_sub(1) {
            self.copy_backwards(from + start, ' ');
            self.text.pop();
            if let Some(last) = self.pieces.last_mut() {
                last.from = from;
            }
        }
        self.text.extend(text.bytes().rev().map(char::from));
    }

    /// Puts `text` in the place of the source's `range`. Empty text leaves the range out.
    ///
    /// ```
    /// use caponier_sdk::normalise::ViewBuilder;
    ///
    /// // `(at)` for `@`, as people write addresses that are not to be found.
    /// let text = "ann(at)example.org";
    /// let mut view = ViewBuilder::default();
    /// view.copy(0, &text[..3]);
    /// view.replace(3..7, "@");
    /// view.copy(7, &text[7..]);
    /// let view = view.finish();
    /// assert_eq!(view.text(), "ann@example.org");
    /// assert_eq!(view.source(0..4), 0..7);
    /// ```
    pub fn replace(&mut self, range: Range<usize>, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece {
                at: self.text.len(),
                from: range.start,
                until: range.end,
                same: false,
                backwards: false,
            });
            self.text.push_str(text);
        }
    }

    /// Puts one character in the place of the source's `range`.
    ///
    /// ```
    /// use caponier_sdk::normalise::ViewBuilder;
    ///
    /// // Regional indicators spell letters.
    /// let text = "🇴🇰";
    /// let mut view = ViewBuilder::default();
    /// for (at, character) in text.char_indices() {
    ///     let letter = u32::from(character).checked_sub(0x1f1e6 - u32::from(b'a'));
    ///     let letter = letter.and_then(char::from_u32).unwrap_or(character);
    ///     view.replace_char(at..at + character.len_utf8(), letter);
    /// }
    /// assert_eq!(view.finish().text(), "ok");
    /// ```
    pub fn replace_char(&mut self, range: Range<usize>, character: char) {
        self.replace(range, character.encode_utf8(&mut [0; 4]));
    }

    /// The view.
    ///
    /// See the [example](Self#example).
    pub fn finish(self) -> View<'static> {
        let mut pieces = self.pieces;
        if pieces.is_empty() {
            // So that an empty view of a source that is not empty is not taken for the source itself.
            pieces.push(Piece {
                at: 0,
                from: 0,
                until: 0,
                same: false,
                backwards: false,
            });
        }
        View {
            text: Cow::Owned(self.text),
            pieces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_lead_back_to_the_source() {
        let source = "a&lt;b";
        let mut builder = ViewBuilder::default();
        builder.copy(0, "a");
        builder.replace(1..5, "<");
        builder.copy(5, source.get(5..).unwrap());
        let view = builder.finish();
        assert_eq!(view.text(), "a<b");
        assert_eq!(view.source(0..1), 0..1);
        assert_eq!(view.source(1..2), 1..5);
        assert_eq!(view.source(1..3), 1..6);
        assert_eq!(view.source(3..9), 6..6);
        assert_eq!(View::identity("abc").source(1..2), 1..2);
        assert!(!ViewBuilder::default().finish().is_identity());
    }

    #[test]
    fn a_reversed_view_leads_back_too() {
        let mut builder = ViewBuilder::default();
        for (at, character) in "abc".char_indices().rev() {
            builder.replace_char(at..at + 1, character);
        }
        assert_eq!(builder.finish().source(0..2), 1..3);
    }

    #[test]
    fn words_that_are_reversed_one_by_one_lead_back_in_one_piece() {
        let mut builder = ViewBuilder::default();
        for (from, letter) in [(2, 'c'), (1, 'b'), (0, 'a')] {
            builder.copy_backwards(from, letter);
        }
        builder.copy(3, " ");
        for (from, letter) in [(5, 'e'), (4, 'd')] {
            builder.copy_backwards(from, letter);
        }
        let view = builder.finish();
        assert_eq!(view.text(), "cba ed");
        assert_eq!(view.source(0..6), 0..6);
        assert_eq!(view.source(0..2), 1..3);
        assert_eq!(view.source(2..5), 0..6);
        assert_eq!(view.source(4..5), 5..6);
    }
}
