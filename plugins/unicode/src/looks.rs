//! Letters that are taken for letters of another script: pairs of one Unicode skeleton
//! (UTS #39, `confusables.txt`), and those that attacks use beside them because they are read the
//! same in most type (`к`, `т`, `м`, `н`).

/// The Latin letter that this letter of another script is taken for.
pub(crate) const fn latin(character: char) -> Option<char> {
    Some(match character {
        'А' | 'Α' | 'Ꭺ' => 'A',
        'В' | 'Β' | 'Ᏼ' => 'B',
        'С' | 'Ϲ' | 'Ꮯ' => 'C',
        'Ꭰ' => 'D',
        'Е' | 'Ε' | 'Ꭼ' => 'E',
        'Ғ' => 'F',
        'Ԍ' | 'Ꮐ' => 'G',
        'Н' | 'Η' | 'Ꮋ' => 'H',
        'І' | 'Ι' | 'Ӏ' => 'I',
        'Ј' | 'Ϳ' | 'Ꭻ' => 'J',
        'К' | 'Κ' | 'Ꮶ' => 'K',
        'Ꮮ' | 'Լ' => 'L',
        'М' | 'Μ' | 'Ϻ' | 'Ꮇ' => 'M',
        'Ν' => 'N',
        'О' | 'Ο' | 'Օ' => 'O',
        'Р' | 'Ρ' | 'Ꮲ' => 'P',
        'Ԛ' => 'Q',
        'Ꮢ' => 'R',
        'Ѕ' | 'Տ' | 'Ꮪ' => 'S',
        'Т' | 'Τ' | 'Ꭲ' => 'T',
        'Ս' => 'U',
        'Ѵ' | 'Ꮩ' => 'V',
        'Ԝ' | 'Ꮃ' => 'W',
        'Х' | 'Χ' => 'X',
        'У' | 'Υ' | 'Ү' | 'Ꮍ' => 'Y',
        'Ζ' | 'Ꮓ' => 'Z',
        'а' | 'α' => 'a',
        'в' | 'Ь' | 'ь' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' | 'ժ' => 'd',
        'е' | 'ё' | 'ε' | 'є' | 'ҽ' => 'e',
        'ғ' | 'ϝ' => 'f',
        'ԍ' | 'ց' => 'g',
        'һ' | 'н' | 'հ' | 'Һ' => 'h',
        'і' | 'ї' | 'ι' | 'ί' | 'Ꭵ' => 'i',
        'ј' | 'ϳ' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'м' => 'm',
        'п' | 'η' | 'ո' | 'ռ' => 'n',
        'о' | 'ο' | 'ό' | 'σ' | 'օ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' | 'զ' => 'q',
        'г' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ύ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ѡ' | 'ω' | 'ա' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' | 'ү' => 'y',
        _ => return None,
    })
}

/// The Cyrillic letter that this Latin letter is taken for.
pub(crate) const fn cyrillic(character: char) -> Option<char> {
    Some(match character {
        'A' => 'А',
        'B' => 'В',
        'C' => 'С',
        'E' => 'Е',
        'H' => 'Н',
        'I' => 'І',
        'J' => 'Ј',
        'K' => 'К',
        'M' => 'М',
        'O' => 'О',
        'P' => 'Р',
        'S' => 'Ѕ',
        'T' => 'Т',
        'X' => 'Х',
        'Y' => 'У',
        'a' => 'а',
        'c' => 'с',
        'e' => 'е',
        'i' => 'і',
        'j' => 'ј',
        'k' => 'к',
        'o' => 'о',
        'p' => 'р',
        's' => 'ѕ',
        'x' => 'х',
        'y' => 'у',
        _ => return None,
    })
}

/// Greek letters that no formula is written with, because they are taken for Latin ones.
pub(crate) const fn is_no_symbol(character: char) -> bool {
    matches!(
        character,
        'Α' | 'Β'
            | 'Ε'
            | 'Ζ'
            | 'Η'
            | 'Ι'
            | 'Κ'
            | 'Μ'
            | 'Ν'
            | 'Ο'
            | 'Ρ'
            | 'Τ'
            | 'Υ'
            | 'Χ'
            | 'ο'
            | 'ό'
            | 'ϲ'
            | 'Ϲ'
            | 'ϳ'
            | 'Ϳ'
            | 'Ϻ'
    )
}

/// Cyrillic letters with a Latin look-alike that few languages write.
pub(crate) const fn is_rare(character: char) -> bool {
    matches!(
        character,
        'ԁ' | 'ԍ' | 'һ' | 'ј' | 'ӏ' | 'ԛ' | 'ѕ' | 'ѵ' | 'ԝ'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::characters::{Script, script};

    #[test]
    fn look_alikes_are_of_the_other_script() {
        for character in '\u{80}'..='\u{ffff}' {
            if let Some(plain) = latin(character) {
                assert!(plain.is_ascii_alphabetic());
                assert!(
                    !matches!(
                        script(character),
                        Script::Latin | Script::Break | Script::Neutral
                    ),
                    "{character}"
                );
            }
        }
        for character in 'A'..='z' {
            if let Some(other) = cyrillic(character) {
                assert_eq!(script(other), Script::Cyrillic);
                assert_eq!(latin(other), Some(character));
            }
        }
    }
}
