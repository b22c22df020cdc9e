//! What sort of character it is. Ranges are those of the Unicode Character Database (17.0):
//! `Default_Ignorable_Code_Point`, `General_Category`, `Script` and the block names.

/// What a look at one character comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nothing to look at.
    Plain,
    /// A letter of a script that has look-alikes of Latin letters.
    Letter,
    /// A mark that stands on letters of any script.
    Mark,
    /// Nobody sees it.
    Hidden(Family),
    /// `Noncharacter_Code_Point`.
    Noncharacter,
    /// `General_Category=Private_Use`.
    Private,
}

/// What hidden characters are judged together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// U+E0001 and U+E0020 to U+E007F.
    Tag,
    /// U+FE00 to U+FE0F and U+E0100 to U+E01EF.
    Selector,
    /// Spaces and joiners without a width, invisible operators, and marks of direction, which have
    /// no width either.
    Zero,
    /// Embeddings, overrides, isolates and what ends them.
    Bidi,
    /// U+00AD.
    Soft,
    /// U+FFF9 to U+FFFB.
    Annotation,
    /// Everything else.
    Other,
}

pub(crate) const fn class(character: char) -> Class {
    match character as u32 {
        0xad => Class::Hidden(Family::Soft),
        0x34f => Class::Hidden(Family::Other),
        0x300..=0x36f | 0x483..=0x489 => Class::Mark,
        0x370..=0x588 => Class::Letter,
        0x61c => Class::Hidden(Family::Zero),
        0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180d | 0x180f => {
            Class::Hidden(Family::Other)
        }
        0x180e => Class::Hidden(Family::Zero),
        0x13a0..=0x13fd | 0x1c80..=0x1c8a | 0x1f00..=0x1fff => Class::Letter,
        0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20f0 | 0xfe20..=0xfe2f => Class::Mark,
        0x200b..=0x200f | 0x2060..=0x2064 | 0x206a..=0x206f | 0xfeff => Class::Hidden(Family::Zero),
        0x202a..=0x202e | 0x2066..=0x2069 => Class::Hidden(Family::Bidi),
        0x2065 | 0x2800 | 0x3164 | 0xffa0 | 0xfff0..=0xfff8 => Class::Hidden(Family::Other),
        0xa640..=0xa66d => Class::Letter,
        0xfe00..=0xfe0f | 0xe0100..=0xe01ef => Class::Hidden(Family::Selector),
        0xfff9..=0xfffb => Class::Hidden(Family::Annotation),
        0xfdd0..=0xfdef => Class::Noncharacter,
        0xe000..=0xf8ff => Class::Private,
        0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a => Class::Hidden(Family::Other),
        0xe0001 | 0xe0020..=0xe007f => Class::Hidden(Family::Tag),
        0xe0000..=0xe0fff => Class::Hidden(Family::Other),
        code if code & 0xfffe == 0xfffe => Class::Noncharacter,
        0xf0000.. => Class::Private,
        _ => Class::Plain,
    }
}

/// What a letter adds to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Latin,
    /// A Latin letter that phonetic notation is known by.
    Phonetic,
    Cyrillic,
    Greek,
    Armenian,
    Cherokee,
    /// Digits, marks and what nobody sees: part of a word, of no script.
    Neutral,
    /// What ends a word. Letters of all other scripts do: UTS #39 lets them stand beside Latin ones.
    Break,
}

#[inline]
pub(crate) fn script(character: char) -> Script {
    match NEAR.get(character as usize) {
        Some(known) => *known,
        None => script_of(character),
    }
}

/// The scripts of the characters up to the end of Armenian: most of those that words are mixed from.
static NEAR: [Script; 0x590] = {
    let mut scripts = [Script::Break; 0x590];
    let (mut rest, mut code): (&mut [Script], u32) = (&mut scripts, 0);
    while let Some((slot, others)) = rest.split_first_mut() {
        if let Some(character) = char::from_u32(code) {
            *slot = script_of(character);
        }
        (rest, code) = (others, code + 1);
    }
    scripts
};

const fn script_of(character: char) -> Script {
    match character as u32 {
        0x30..=0x39 => Script::Neutral,
        0x41..=0x5a | 0x61..=0x7a => Script::Latin,
        0..=0xbf => match character {
            '\u{ad}' | 'µ' => Script::Neutral,
            _ => Script::Break,
        },
        0xd7 | 0xf7 => Script::Break,
        0xc0..=0x24f => Script::Latin,
        0x250..=0x2af | 0x1d00..=0x1dbf => Script::Phonetic,
        // The apostrophe of Ukrainian among them.
        0x2b0..=0x2ff => Script::Neutral,
        0x37e | 0x387 | 0x375 | 0x482 | 0x55a..=0x55f => Script::Break,
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Greek,
        0x400..=0x481 | 0x48a..=0x52f | 0x1c80..=0x1c8a | 0xa640..=0xa66d => Script::Cyrillic,
        0x531..=0x588 => Script::Armenian,
        0x13a0..=0x13fd => Script::Cherokee,
        0x1e00..=0x1eff
        | 0x2c60..=0x2c7f
        | 0xa722..=0xa7ff
        | 0xab30..=0xab64
        | 0xff21..=0xff3a
        | 0xff41..=0xff5a => Script::Latin,
        _ => match class(character) {
            Class::Mark | Class::Hidden(Family::Zero | Family::Soft | Family::Other) => {
                Script::Neutral
            }
            _ => Script::Break,
        },
    }
}

/// Scripts whose letters join, where joiners and non-joiners say how (`Joining_Type`), and Hebrew.
pub(crate) const fn joins(character: char) -> bool {
    matches!(
        character as u32,
        0x590..=0x61b | 0x61d..=0x8ff | 0xfb1d..=0xfdcf | 0xfdf0..=0xfdff | 0xfe70..=0xfefc
            | 0x1800..=0x180a | 0x1810..=0x18aa | 0x1_0a80..=0x1_0aff | 0x1_0d00..=0x1_0d3f
            | 0x1_0f30..=0x1_0fff | 0x1_e900..=0x1_e95f | 0xa840..=0xa87f
    )
}

/// Scripts with a virama or stacked consonants, where joiners choose between forms: those of India,
/// South-East Asia and Tibet.
pub(crate) const fn is_brahmic(character: char) -> bool {
    matches!(
        character as u32,
        0x900..=0x109f | 0x1700..=0x17b3 | 0x17b6..=0x17ff | 0x1900..=0x1aaf | 0x1b00..=0x1c7f
            | 0x1cd0..=0x1cff | 0xa800..=0xa83f | 0xa880..=0xa9ff | 0xaa00..=0xaaff
            | 0xabc0..=0xabff | 0x1_1000..=0x1_1fff
    )
}

/// Scripts that are written without spaces between words, where a space without a width says where
/// a line may break.
pub(crate) const fn is_spaceless(character: char) -> bool {
    matches!(
        character as u32,
        0xe00..=0x109f | 0x1780..=0x17ff | 0x1950..=0x19ff | 0x1a20..=0x1aaf | 0x1b00..=0x1b7f
            | 0xa980..=0xa9ff | 0xaa60..=0xaadf
            // Kana, ideographs, Hangul and their punctuation.
            | 0x1100..=0x115e | 0x1161..=0x11ff | 0x2e80..=0x3163 | 0x3165..=0x9fff | 0xac00..=0xd7ff
            | 0xf900..=0xfaff | 0xff01..=0xff9f | 0x1_b000..=0x1_b16f | 0x2_0000..=0x3_ffff
    )
}

/// Letters that run from right to left.
pub(crate) const fn is_rtl(character: char) -> bool {
    matches!(
        character as u32,
        0x591..=0x5ff | 0x608..=0x61b | 0x61d..=0x8ff | 0xfb1d..=0xfdcf | 0xfdf0..=0xfdff
            | 0xfe70..=0xfefc | 0x1_0800..=0x1_0fff | 0x1_e800..=0x1_efff
    )
}

/// What an emoji sequence is made of (UTS #51): pictographs and symbols, regional indicators, skin
/// tones, keycaps, the presentation selector and the end of a tag sequence.
pub(crate) const fn is_emoji(character: char) -> bool {
    matches!(
        character as u32,
        0xa9 | 0xae | 0x203c | 0x2049 | 0x20e3 | 0x2122 | 0x2139 | 0x2190..=0x21ff | 0x2300..=0x23ff
            | 0x24c2 | 0x25a0..=0x27bf | 0x2900..=0x297f | 0x2b00..=0x2bff | 0x3030 | 0x303d
            | 0x3297 | 0x3299 | 0xfe0f | 0x1_f000..=0x1_faff | 0xe_007f
    )
}

/// Ideographs, which have variants by number (UTS #37).
pub(crate) const fn is_ideograph(character: char) -> bool {
    matches!(
        character as u32,
        0x3005..=0x3007 | 0x3400..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_that_folding_drops_is_seen_here() {
        for character in '\0'..=char::MAX {
            if caponier_sdk::normalise::is_invisible(character) {
                assert!(
                    matches!(class(character), Class::Hidden(_)),
                    "{:x}",
                    character as u32
                );
            }
        }
    }

    #[test]
    fn noncharacters_are_the_sixty_six() {
        let count = ('\0'..=char::MAX)
            .filter(|character| class(*character) == Class::Noncharacter)
            .count();
        assert_eq!(count, 66);
    }
}
