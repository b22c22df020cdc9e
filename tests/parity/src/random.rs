//! Chance that is the same in every run.

/// A generator of pseudo-random numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let bound = bound.max(1) as u64;
        usize::try_from(mixed % bound).unwrap_or(0)
    }

    /// Whether something happens that happens once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of several texts; nothing of none.
    pub fn of<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        let at = self.below(choices.len());
        choices.get(at).copied().unwrap_or_default()
    }

    /// One of several owned texts.
    pub fn text<'t>(&mut self, choices: &'t [String]) -> &'t str {
        let at = self.below(choices.len());
        choices.get(at).map(String::as_str).unwrap_or_default()
    }
}
