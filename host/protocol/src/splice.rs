//! Changes of bytes that leave everything else as it came.

use caponier_core::Span;

/// One replacement.
pub(crate) struct Splice {
    /// What is replaced.
    pub(crate) span: Span,
    /// By what.
    pub(crate) with: String,
}

impl Splice {
    pub(crate) fn new(span: Span, with: impl Into<String>) -> Self {
        Self {
            span,
            with: with.into(),
        }
    }
}

/// Appends `bytes` to `out` with the splices applied; they are in order and do not overlap.
pub(crate) fn apply_into(out: &mut Vec<u8>, bytes: &[u8], splices: &[Splice]) {
    let mut done = 0;
    for splice in splices {
        out.extend_from_slice(bytes.get(done..splice.span.start).unwrap_or_default());
        out.extend_from_slice(splice.with.as_bytes());
        done = splice.span.end.max(done);
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
}

/// What has to go so that the elements named by `removed` leave an array, or an object, with their
/// commas. `elements` are all of them, in order.
pub(crate) fn removals(elements: &[Span], removed: impl Fn(usize) -> bool) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut index = 0;
    let mut before: Option<Span> = None;
    while let Some(element) = elements.get(index) {
        if !removed(index) {
            before = Some(*element);
            index += 1;
            continue;
        }
        let mut last = *element;
        while removed(index) {
            let Some(element) = elements.get(index) else {
                break;
            };
            last = *element;
            index += 1;
        }
        spans.push(match (elements.get(index), before) {
            (Some(after), _) => Span::new(element.start, after.start),
            (None, Some(before)) => Span::new(before.end, last.end),
            (None, None) => Span::new(element.start, last.end),
        });
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_choice_of_elements_goes_with_its_commas() {
        let text = r#"[ "a" , "b","c" ,"d" ]"#;
        let elements: Vec<Span> = text
            .match_indices('"')
            .step_by(2)
            .map(|(at, _)| Span::new(at, at + 3))
            .collect();
        for choice in 0_u32..16 {
            let removed = |index: usize| choice >> index & 1 == 1;
            let splices: Vec<Splice> = removals(&elements, removed)
                .into_iter()
                .map(|span| Splice::new(span, ""))
                .collect();
            let mut out = Vec::new();
            apply_into(&mut out, text.as_bytes(), &splices);
            let left: Vec<String> = serde_json::from_slice(&out).unwrap();
            let expected: Vec<&str> = ["a", "b", "c", "d"]
                .into_iter()
                .enumerate()
                .filter(|(index, _)| !removed(*index))
                .map(|(_, text)| text)
                .collect();
            assert_eq!(left, expected);
        }
    }
}
