//! How telephone numbers look within a country.

/// What a country's national numbers begin with, how long they are, and how sure it is that a
/// number of that shape is one.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) country: &'static str,
    /// The first digits.
    pub(super) leads: &'static [&'static str],
    /// The least and the most digits.
    pub(super) digits: (usize, usize),
    /// How sure, where it is written in groups.
    pub(super) grouped: f64,
    /// How sure, where it is one run of digits. 0: only beside a word that says so.
    pub(super) joined: f64,
    /// The most digits of the first group.
    pub(super) first_group: u8,
    /// A bit for each number that the first two digits may be.
    firsts: u128,
}

const fn shape(
    country: &'static str,
    leads: &'static [&'static str],
    digits: (usize, usize),
    grouped: f64,
    joined: f64,
) -> Shape {
    Shape {
        country,
        leads,
        digits,
        grouped,
        joined,
        first_group: 5,
        firsts: firsts(leads),
    }
}

/// A bit for each number that the first two digits may be.
const fn firsts(leads: &[&str]) -> u128 {
    let (mut firsts, mut rest) = (0, leads);
    while let [lead, tail @ ..] = rest {
        firsts |= match lead.as_bytes() {
            [first] => 0x3ff << (10 * (*first - b'0')),
            [first, second, ..] => 1 << (10 * (*first - b'0') + *second - b'0'),
            [] => u128::MAX,
        };
        rest = tail;
    }
    firsts
}

impl Shape {
    /// Whether a number with these digits may begin as one of this shape.
    #[inline]
    pub(super) fn may_lead(&self, digits: &[u8]) -> bool {
        let [low, high] = [self.firsts as u64, (self.firsts >> 64) as u64];
        let two = first_two(digits);
        let half = if two < 64 { low } else { high };
        half >> (two % 64) & 1 != 0
    }

    const fn first_group(mut self, longest: u8) -> Self {
        self.first_group = longest;
        self
    }
}

/// The number that the first two digits make.
fn first_two(digits: &[u8]) -> u32 {
    let digit = |place: usize| digits.get(place).map_or(0, |digit| u32::from(*digit & 15));
    10 * digit(0) + digit(1)
}

/// The most digits of a national number.
const MAX_DIGITS: usize = 13;

/// Shapes by how many digits they have, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Table {
    shapes: Vec<&'static Shape>,
    /// Where those of each length begin.
    begins: [u16; MAX_DIGITS + 2],
    /// By what number the first two digits make: a bit for each length of one of them.
    lengths: [u16; 100],
    /// A bit for each length that one of them may have in one piece, without a word.
    joined: u32,
}

impl Table {
    /// The shapes of the countries that are known.
    pub(super) fn new(knows: impl Fn(&str) -> bool) -> Self {
        let mut table = Self {
            shapes: Vec::new(),
            begins: [0; MAX_DIGITS + 2],
            lengths: [0; 100],
            joined: 0,
        };
        for length in 0..=MAX_DIGITS {
            let fits = |shape: &&Shape| (shape.digits.0..=shape.digits.1).contains(&length);
            let known = ALL.iter().filter(|shape| knows(shape.country));
            table.shapes.extend(known.filter(fits));
            if let Some(begin) = table.begins.get_mut(length + 1) {
                *begin = table.shapes.len() as u16;
            }
            let firsts = table.of(length).iter().map(|shape| shape.firsts);
            let all = firsts.fold(0, |all, firsts| all | firsts);
            for (two, lengths) in table.lengths.iter_mut().enumerate() {
                *lengths |= ((all >> two & 1) as u16) << length;
            }
            let sure = |shape: &&'static Shape| shape.joined >= super::LEAST_WITHIN;
            table.joined |= u32::from(table.of(length).iter().any(sure)) << length;
        }
        table
    }

    /// The shapes that a number with these digits may have.
    #[inline]
    pub(super) fn for_digits(&self, digits: &[u8]) -> &[&'static Shape] {
        match self
            .lengths(digits)
            .checked_shr(digits.len() as u32)
            .unwrap_or(0)
            & 1
        {
            0 => &[],
            _ => self.of(digits.len()),
        }
    }

    /// A bit for each number of digits that a number of one of the shapes may have that begins with
    /// these.
    #[inline]
    pub(super) fn lengths(&self, digits: &[u8]) -> u32 {
        self.lengths
            .get(first_two(digits) as usize)
            .copied()
            .map_or(0, u32::from)
    }

    /// Whether so many digits in one piece may be a number where no word says so.
    pub(super) fn may_be_joined(&self, digits: usize) -> bool {
        self.joined >> digits.min(31) & 1 != 0
    }

    /// The shapes with so many digits.
    fn of(&self, digits: usize) -> &[&'static Shape] {
        let place = |at: usize| self.begins.get(at).copied().map_or(0, usize::from);
        let range = place(digits)..place(digits + 1);
        self.shapes.get(range).unwrap_or_default()
    }
}

pub(super) const ALL: &[Shape] = &[
    shape("GB", &["07"], (11, 11), 0.75, 0.5),
    shape("GB", &["01", "02", "03", "08"], (10, 11), 0.65, 0.2),
    shape(
        "FR",
        &["01", "02", "03", "04", "05", "06", "07", "09"],
        (10, 10),
        0.7,
        0.3,
    ),
    shape("DE", &["015", "016", "017"], (11, 12), 0.7, 0.4),
    shape(
        "DE",
        &["02", "03", "04", "05", "06", "07", "08", "09"],
        (8, 12),
        0.5,
        0.0,
    ),
    shape("AT", &["06", "01", "05", "07"], (8, 13), 0.5, 0.0),
    shape(
        "CH",
        &["02", "03", "04", "05", "06", "07", "09"],
        (10, 10),
        0.65,
        0.2,
    ),
    shape("ES", &["6", "7", "9"], (9, 9), 0.35, 0.0).first_group(3),
    shape("IT", &["3"], (9, 10), 0.35, 0.0).first_group(4),
    shape("IT", &["0"], (8, 11), 0.4, 0.0),
    shape(
        "NL",
        &["06", "01", "02", "03", "04", "05", "07"],
        (10, 10),
        0.65,
        0.3,
    ),
    shape("BE", &["0"], (9, 10), 0.55, 0.1),
    shape("SE", &["07", "08", "0"], (8, 10), 0.5, 0.0),
    shape("PL", &["4", "5", "6", "7", "8"], (9, 9), 0.3, 0.0).first_group(3),
    shape("TR", &["05", "02", "03", "04"], (11, 11), 0.65, 0.3),
    shape("AU", &["04"], (10, 10), 0.7, 0.35),
    shape("AU", &["02", "03", "07", "08"], (10, 10), 0.6, 0.1),
    shape(
        "NZ",
        &["02", "03", "04", "06", "07", "09"],
        (9, 11),
        0.5,
        0.0,
    ),
    shape("IN", &["6", "7", "8", "9"], (10, 10), 0.3, 0.0),
    shape("IN", &["06", "07", "08", "09"], (11, 11), 0.5, 0.2),
    shape(
        "CN",
        &["13", "14", "15", "16", "17", "18", "19"],
        (11, 11),
        0.6,
        0.3,
    ),
    shape("JP", &["070", "080", "090", "050"], (11, 11), 0.75, 0.3),
    shape("JP", &["0"], (10, 10), 0.5, 0.0),
    shape("PH", &["09"], (11, 11), 0.7, 0.35),
    shape("TR", &["2", "3", "4", "5"], (10, 10), 0.35, 0.06),
    shape(
        "NG",
        &["070", "080", "081", "090", "091"],
        (11, 11),
        0.7,
        0.35,
    ),
    shape("PK", &["03"], (11, 11), 0.65, 0.3),
    shape("EG", &["010", "011", "012", "015"], (11, 11), 0.65, 0.3),
    shape("SA", &["05"], (10, 10), 0.6, 0.25),
    shape("AE", &["05"], (10, 10), 0.6, 0.25),
    shape("ID", &["08"], (10, 13), 0.6, 0.2),
    shape("MY", &["01"], (10, 11), 0.55, 0.1),
    shape("IE", &["08"], (10, 10), 0.65, 0.3),
    shape("FI", &["04", "05"], (9, 11), 0.55, 0.15),
    shape("GR", &["69", "21"], (10, 10), 0.35, 0.06),
    shape("PT", &["9", "2"], (9, 9), 0.3, 0.0).first_group(3),
    shape("MX", &["55", "33", "81"], (10, 10), 0.35, 0.0),
    shape("RU", &["89"], (11, 11), 0.6, 0.25),
    shape("UA", &["0"], (10, 10), 0.5, 0.1),
    shape(
        "KR",
        &["010", "02", "03", "04", "05", "06"],
        (9, 11),
        0.65,
        0.3,
    ),
    shape(
        "IL",
        &["02", "03", "04", "05", "07", "08", "09"],
        (9, 10),
        0.6,
        0.0,
    ),
    shape(
        "BR",
        &["1", "2", "3", "4", "5", "6", "7", "8", "9"],
        (11, 11),
        0.3,
        0.0,
    ),
    shape(
        "ZA",
        &["01", "02", "03", "04", "05", "06", "07", "08"],
        (10, 10),
        0.55,
        0.2,
    ),
];

/// Whether the digits begin with a country's calling code; how many digits that has.
pub(super) fn calling_code(digits: &[u8]) -> Option<usize> {
    let two = digits.get(..2)?;
    match (two.first()?, two.get(1)?) {
        (b'1' | b'7', _) => Some(1),
        (b'2', b'0' | b'7') => Some(2),
        (b'3', b'0'..=b'4' | b'6' | b'9') => Some(2),
        (b'4', b'0' | b'1' | b'3'..=b'9') => Some(2),
        (b'5', b'1'..=b'8') => Some(2),
        (b'6', b'0'..=b'6') => Some(2),
        (b'8', b'1' | b'2' | b'4' | b'6') => Some(2),
        (b'9', b'0'..=b'5' | b'8') => Some(2),
        (b'2', b'1'..=b'6' | b'9') => Some(3),
        (b'3', b'5' | b'7' | b'8') => Some(3),
        (b'4', b'2') => Some(3),
        (b'5', b'0' | b'9') => Some(3),
        (b'6', b'7'..=b'9') => Some(3),
        (b'8', b'0' | b'5' | b'7' | b'8') => Some(3),
        (b'9', b'6' | b'7' | b'9') if digits.get(2) != Some(&b'9') || two == b"97" => Some(3),
        _ => None,
    }
}

/// Whether ten digits are a number of the North American plan.
pub(super) fn is_north_american(digits: &[u8]) -> bool {
    let place = |at: usize| digits.get(at).copied().unwrap_or(0);
    digits.len() == 10
        && (b'2'..=b'9').contains(&place(0))
        && (b'2'..=b'9').contains(&place(3))
        // Neither area nor exchange ends in 11: those are services.
        && !(place(1) == b'1' && place(2) == b'1')
        && !(place(4) == b'1' && place(5) == b'1')
        && place(1) != b'9'
}
