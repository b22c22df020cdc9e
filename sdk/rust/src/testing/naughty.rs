//! Texts that programs trip over.

/// A few dozen short texts that programs which count, cut, fold or search characters trip over:
/// unassigned and invisible characters, marks without a letter, text that runs the other way,
/// halves of escapes and encodings, characters whose case or form changes their length. Nothing in
/// them is an attack.
///
/// ```
/// use caponier_sdk::normalise::fold;
/// use caponier_sdk::testing::NAUGHTY;
///
/// for text in NAUGHTY {
///     let view = fold(text);
///     for (at, character) in view.text().char_indices() {
///         let source = view.source(at..at + character.len_utf8());
///         assert!(text.get(source).is_some_and(|source| !source.is_empty()));
///     }
/// }
/// ```
pub const NAUGHTY: &[&str] = TEXTS;

const TEXTS: &[&str] = &[
    "",
    " ",
    "\0",
    "a\0b",
    "\r\n\r\n",
    "\u{b}\u{c}\u{1c}\u{85}\u{2028}\u{2029}",
    "\u{1}\u{2}\u{7f}\u{80}\u{9f}",
    // Beyond the planes in use, and what is no character.
    "\u{fffd}\u{fffe}\u{ffff}\u{10ffff}\u{e000}\u{f8ff}\u{378}",
    // Nothing is seen of these.
    "\u{feff}start",
    "\u{200b}\u{200c}\u{200d}\u{2060}\u{ad}\u{34f}\u{180e}\u{3164}",
    "\u{e0001}\u{e0068}\u{e0069}\u{e007f}",
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    // Marks with and without a letter, and more of them than fit.
    "\u{301}",
    "e\u{301}\u{323} é \u{1e69} s\u{307}\u{323}",
    "Z\u{351}\u{36b}\u{343}\u{36a}\u{302}A\u{321}\u{34a}\u{360}L\u{328}\u{34e}\u{301}G\u{315}O\u{361}",
    // The other way round, and never closed.
    "\u{202e}txt.exe",
    "\u{2067}\u{2066}a\u{2069}\u{202b}b",
    "שלום abc עולם 123",
    "مرحبا، ١٢٣٤٥ \u{200f}abc",
    "می\u{200c}خواهم کتاب\u{200c}ها را",
    "क्\u{200d}ष नमस्ते १२३ শ্রী",
    "ไม่มีช่องว่างระหว่างคำ",
    "各位朋友，你好！１２３ＡＢＣ",
    "ﷺ ㍿ ﬃ ǆ ʼn ẚ",
    // Case changes the length.
    "İstanbul ıI ẞß ŉ ǰ ΐ ΰ Ω K Å",
    "Straße ΣΑΣ σας ὈΔΥΣΣΕΎΣ",
    "ＦＵＬＬ ｗｉｄｔｈ ½ ² Ⅷ ① 🅰 𝓐𝔟𝕔 𝟘𝟙",
    "рaypal.com аррӏе ѕсоре",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦 ❤\u{fe0f} 🏽 🇪🇺🇪 1\u{fe0f}\u{20e3}",
    // Halves of what other programs read.
    "% %4 %zz %C3 %C3%28 %00 %E2%82",
    "& &# &#x &#x110000; &#0; &#55296; &amp &bogus; &lt",
    "\\ \\x \\x4 \\u \\u00 \\ud800 \\u{110000} \\0 \\1234567",
    "==== A=== AAAA AA== aGVsbG8 /+/+ -_-_ 0x 0x0 0xg",
    "\"'`´‘’“”«»„‚",
    "]]> <!-- --!> <![CDATA[ <a href=\" </script <svg/onload",
    "{{}} ${} #{} <%= %> %s %n {0} $HOME `id` $(true)",
    "../../../ C:\\con\\aux NUL: file:///",
    "---- ....- / .-.-.- -.-.--.",
    "[](<) ![]( [[[[ **__**__ ~~~ ```` |||| > > >",
    "1e999 NaN -0 0x1p-2 1,000.00 ١٫٥ 9999999999999999999999",
    "0000-00-00T99:99:99Z 31/31/31",
    "@ @@ a@b a@b. @b.c a@[::1] ::1 1.1.1 999.999.999.999",
    "http:// https://[ http://\u{ff0e}\u{3002} xn--a.xn-- http://a@b@c",
    "(((((((((((((((( [[[[[[[[[[[[[[[[ {{{{{{{{{{{{{{{{",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
    "\u{1100}\u{1161}\u{11a8}\u{ac01} \u{110b}\u{1175}",
    "\u{1f1e6}\u{1f1e6}\u{1f1e6} \u{1f3fb} \u{fe0f}",
    "i\u{307}\u{200d}g\u{fe0f}n\u{e0020}o\u{202e}r\u{34f}e",
];
