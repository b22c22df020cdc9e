//! What sort of byte it is: one look at a table, where a chain of comparisons would be foretold
//! wrongly again and again.

/// Letters of ASCII.
pub(super) const LETTER: u16 = 1;
/// Digits of ASCII.
pub(super) const DIGIT: u16 = 1 << 1;
/// Letters and digits of ASCII.
pub(super) const ALPHANUMERIC: u16 = LETTER | DIGIT;
/// Bytes of characters beyond ASCII.
pub(super) const HIGH: u16 = 1 << 2;
/// Signs of base64 in either alphabet.
pub(super) const ENCODED: u16 = 1 << 3;
/// Signs that stand for letters.
pub(super) const STAND_IN: u16 = 1 << 4;
/// `'`, which a word goes on behind.
pub(super) const APOSTROPHE: u16 = 1 << 5;
/// What a word is cut with.
pub(super) const CUT: u16 = 1 << 6;
/// What letters are set apart by.
pub(super) const APART: u16 = 1 << 7;
/// What stands between numbers.
pub(super) const BETWEEN: u16 = 1 << 8;
/// What escapes begin with.
pub(super) const ESCAPE: u16 = 1 << 9;
/// What comments and tags begin with.
pub(super) const COMMENT: u16 = 1 << 10;
/// `.`, `-` and `_`: signals of Morse code.
pub(super) const SIGNAL: u16 = 1 << 11;
/// Hexadecimal digits, and those of lower bases.
pub(super) const HEXADECIMAL: u16 = 1 << 12;
pub(super) const OCTAL: u16 = 1 << 13;
pub(super) const BINARY: u16 = 1 << 14;

static SORTS: [u16; 256] = {
    let mut sorts = [0; 256];
    let mut left: &mut [u16] = &mut sorts;
    let mut byte = 0u8;
    while let Some((sort, rest)) = left.split_first_mut() {
        *sort = sorts_of(byte);
        byte = byte.wrapping_add(1);
        left = rest;
    }
    sorts
};

const fn sorts_of(byte: u8) -> u16 {
    let mut sorts = match byte {
        b'0' | b'1' => DIGIT | HEXADECIMAL | OCTAL | BINARY,
        b'2'..=b'7' => DIGIT | HEXADECIMAL | OCTAL,
        b'8' | b'9' => DIGIT | HEXADECIMAL,
        b'a'..=b'f' | b'A'..=b'F' => LETTER | HEXADECIMAL,
        b'g'..=b'z' | b'G'..=b'Z' => LETTER,
        0x80.. => HIGH,
        b'\'' => APOSTROPHE,
        _ => 0,
    };
    let signs: [(&[u8], u16); 8] = [
        (b"+/-_", ENCODED),
        (b"@$!|+", STAND_IN),
        (b" \t\r\n-_.*`~|+/\\^=", CUT),
        (b" -_.,*|/\n\t~+`", APART),
        (b" ,;:-\t\r\n_/|\\", BETWEEN),
        (b"%&\\", ESCAPE),
        (b"</{", COMMENT),
        (b".-_", SIGNAL),
    ];
    let mut left = signs.as_slice();
    while let Some(((signs, sort), rest)) = left.split_first() {
        sorts |= if has(signs, byte) { *sort } else { 0 };
        left = rest;
    }
    sorts
}

const fn has(mut signs: &[u8], byte: u8) -> bool {
    while let Some((sign, rest)) = signs.split_first() {
        if *sign == byte {
            return true;
        }
        signs = rest;
    }
    false
}

/// All sorts that a byte is of.
#[inline(always)]
pub(super) fn of(byte: u8) -> u16 {
    SORTS.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Whether a byte is of one of `sorts`.
#[inline(always)]
pub(super) fn is(byte: u8, sorts: u16) -> bool {
    of(byte) & sorts != 0
}

/// How many bytes at the start are of one of `sorts`.
#[inline]
pub(super) fn run(bytes: &[u8], sorts: u16) -> usize {
    bytes.iter().take_while(|byte| is(**byte, sorts)).count()
}

/// Where the first byte of one of `sorts` stands, from `at` on.
#[inline]
pub(super) fn find(bytes: &[u8], at: usize, sorts: u16) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let skip = rest.iter().position(|byte| is(*byte, sorts))?;
    Some(at + skip)
}
