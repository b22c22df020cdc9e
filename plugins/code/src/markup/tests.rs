//! Which markup runs something, and which does not.

use super::*;
use crate::fence::ANY;
use crate::site::Sources;
use crate::text::Text;

fn look(
    text: &str,
    start: usize,
    length: usize,
    fenced: bool,
    check: fn(&Site<'_, '_>) -> Verdict,
) -> f64 {
    let read = Text::new(text.as_bytes());
    let sources = Sources::new().unwrap();
    let site = Site {
        text: &read,
        sources: &sources,
        start,
        end: start + length,
        languages: ANY,
        fenced,
        tool: false,
        offset: 0,
    };
    check(&site).map_or(0.0, |(confidence, _)| confidence)
}

#[test]
fn tags_that_run_something() {
    for text in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=\"java&#x09;script&colon;alert(1)\">",
        "<IFRAME SRC=\"jAvAsCrIpT:alert(1)\">",
        "<iframe srcdoc=\"<b>\">",
        "<x onclick = go()>",
        "<div style=\"width:expression(alert(1))\">",
        "<body\nonload=alert(1)>",
        "<embed src=\"data:image/svg+xml;base64,AAAA\">",
        "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
        "<math><a xlink:href=\"javascript:x()\">",
    ] {
        let start = text.rfind("<a xlink").unwrap_or(0);
        assert!(look(text, start, 1, false, tag) >= 0.6, "{text}");
    }
    for text in [
        "<b>bold</b>",
        "<br/>",
        "<details open>",
        "<img src=\"https://example.org/a.png\" alt=\"one\">",
        "<a href=\"https://example.org\">",
        "a < b and c > d",
        "<T extends A>",
        "<ann@example.org>",
        "Vec<String>",
    ] {
        let start = text.find('<').unwrap();
        assert!(look(text, start, 1, false, tag) < 0.3, "{text}");
    }
}

#[test]
fn what_is_shown_in_a_fence_is_not_run() {
    assert_eq!(
        look(
            "<script src=\"app.js\"></script><p>some text that follows here</p> and more, and more of it",
            0,
            1,
            true,
            tag
        ),
        0.0
    );
    assert_eq!(look("<button onclick=\"save()\">", 0, 1, true, tag), 0.0);
    assert!(look("<img src=x onerror=alert(1)>", 0, 1, true, tag) > 0.2);
}

#[test]
fn tags_in_an_encoding_and_calls_out_of_a_string() {
    assert!(look("%3Cscript%3E", 0, 1, false, encoded) > 0.7);
    assert!(look("\\u003cimg src=1 onerror=x", 0, 1, false, encoded) > 0.7);
    assert_eq!(
        look(
            "%3Cb%3E bold, and then much text that follows it, so that nothing is missing. And more of it, and more of it, and more of it, and more of it, and more of it, and more of it.",
            0,
            1,
            false,
            encoded
        ),
        0.0
    );
    assert!(look("'-alert(1)-'", 2, 6, false, call) > 0.7);
    assert!(look("\\\";alert('XSS');//", 3, 6, false, call) > 0.7);
    assert_eq!(look("say \"hi\" with alert(1)", 14, 6, false, call), 0.0);
    assert!(look("{{constructor.constructor('x')()}}", 0, 1, false, template) > 0.8);
    assert!(look("${7*7}", 1, 1, false, template) > 0.7);
    assert_eq!(look("Hello {{name}}", 6, 1, false, template), 0.0);
}
