//! Credentials told by a mark in their middle or at their end.

use crate::judge;
use crate::scan::Pass;
use crate::shape::Class;

/// Looks at what stands around `-` or `_` inside of a word.
pub(crate) fn inside(pass: &mut Pass<'_>, at: usize) {
    let rest = pass.slice(at..at + 5);
    match rest {
        [b'-', b'u', b's', b'0'..=b'9', ..] => mailchimp(pass, at),
        [b'_', b'm', b'm', b'k', after @ ..]
            if !after.first().is_some_and(|byte| Class::Url.has(*byte)) =>
        {
            maxmind(pass, at);
        }
        _ => {}
    }
}

/// 32 hexadecimal digits, `-us` and the number of the data centre.
fn mailchimp(pass: &mut Pass<'_>, at: usize) {
    let (start, count) = run_back(pass, at, 33, Class::Hex);
    let end = pass.run_end(Class::Digits, at + 3);
    let closed = !pass.bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    if count == 32 && end - at <= 5 && closed && judge::entropy(pass.slice(start..at)) > 2.6 {
        pass.hit("mailchimp-key", start..end, 0.93);
    }
}

/// Six characters, `_`, 29, `_mmk`.
fn maxmind(pass: &mut Pass<'_>, at: usize) {
    let Some(start) = at.checked_sub(36) else {
        return;
    };
    let key = pass.slice(start..at);
    let outside = !before_is(pass, start, Class::Url);
    let parts = key.get(6) == Some(&b'_')
        && key
            .iter()
            .enumerate()
            .all(|(place, byte)| place == 6 || byte.is_ascii_alphanumeric());
    if outside && parts && !judge::filled_in(key) {
        pass.hit("maxmind-key", start..at + 4, 0.97);
    }
}

/// `abc8Q~…`: an application secret of Microsoft Entra has `Q~` behind three characters and a digit.
pub(crate) fn azure_secret(pass: &mut Pass<'_>, at: usize) {
    let has = |byte: &u8| Class::Dotted.has(*byte) || *byte == b'~';
    let Some(start) = at.checked_sub(5) else {
        return;
    };
    let [_, _, _, b'0'..=b'9', b'Q'] = pass.slice(start..at) else {
        return;
    };
    let outside = start
        .checked_sub(1)
        .and_then(|at| pass.bytes.get(at))
        .is_none_or(|byte| !has(byte));
    let tail = pass
        .bytes
        .get(at + 1..)
        .unwrap_or_default()
        .iter()
        .take(36)
        .take_while(|byte| has(byte))
        .count();
    let tail = tail - usize::from(pass.bytes.get(at + tail) == Some(&b'.') && tail > 34);
    if outside
        && (31..=34).contains(&tail)
        && pass.slice(start..start + 3).iter().all(has)
        && judge::entropy(pass.slice(start..at + 1 + tail)) > 3.3
    {
        pass.hit("azure-ad-secret", start..at + 1 + tail, 0.93);
    }
}

/// `123456789012345|…`: the number of the application, then its token.
pub(crate) fn facebook(pass: &mut Pass<'_>, at: usize) {
    let (start, digits) = run_back(pass, at, 17, Class::Digits);
    if !(15..=16).contains(&digits) {
        return;
    }
    let end = pass.run_end(Class::Url, at + 1);
    if end - at == 28 && judge::entropy(pass.slice(at + 1..end)) > 3.3 {
        pass.hit("facebook-token", start..end, 0.93);
    }
}

/// `123456789:AA…`: the number of the bot, then 35 characters. In a link `bot` stands before it.
pub(crate) fn telegram(pass: &mut Pass<'_>, at: usize) {
    let (start, digits) = run_back(pass, at, 11, Class::Digits);
    if !(8..=10).contains(&digits) {
        return;
    }
    let outside = start
        .checked_sub(1)
        .and_then(|at| pass.bytes.get(at))
        .is_none_or(|byte| !byte.is_ascii_alphanumeric() || *byte == b't');
    let end = pass.run_end(Class::Url, at + 1);
    let body = pass.slice(at + 1..end);
    // Firebase's server keys have a colon and an `A` too.
    if outside && body.len() == 35 && !judge::filled_in(body) {
        pass.hit("telegram-bot-token", start..end, 0.93);
    }
}

/// `AAAA…:APA91b…`: a server key of Firebase Cloud Messaging.
pub(crate) fn firebase(pass: &mut Pass<'_>, at: usize) {
    let Some(start) = at.checked_sub(11) else {
        return;
    };
    let head = pass.slice(start..at);
    let end = pass.run_end(Class::Url, at + 1);
    let fits = head.starts_with(b"AAAA") && Class::Url.all(head) && end - at > 120;
    if fits && !before_is(pass, start, Class::Url) {
        pass.hit("firebase-key", start..end, 0.97);
    }
}

/// The run of this class that ends before `at`: where it begins, and how long it is.
fn run_back(pass: &Pass<'_>, at: usize, most: usize, class: Class) -> (usize, usize) {
    let before = pass.slice(at.saturating_sub(most)..at);
    let count = before
        .iter()
        .rev()
        .take_while(|byte| class.has(**byte))
        .count();
    // One more letter before it, and it is part of something else.
    let outside = !before_is(pass, at - count, Class::Alnum) || class == Class::Digits;
    (at - count, if outside { count } else { 0 })
}

fn before_is(pass: &Pass<'_>, start: usize, class: Class) -> bool {
    let before = start.checked_sub(1).and_then(|at| pass.bytes.get(at));
    before.is_some_and(|byte| class.has(*byte))
}
