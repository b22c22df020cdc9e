//! How far a stream's text may go out.

/// How much of one segment of a stream may be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// The segment's id.
    pub segment: u32,
    /// Everything before this byte of the whole segment may go out.
    pub upto: usize,
}
