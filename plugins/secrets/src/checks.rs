//! What else must hold of a credential's body: checksums, parts and their lengths.

use crate::base64;
use crate::judge::{self, Makeup, crc_base62};
use crate::shape::Class;

/// Base 32 of a number whose upper part is the account's, which has twelve decimal digits. Keys
/// from before 2019 begin with `I` or `J` and hold none.
pub(crate) fn aws_key(body: &[u8]) -> Option<f64> {
    let body = body.get(body.len().checked_sub(16)?..)?;
    let mut bits = 0u64;
    for (at, byte) in body.iter().enumerate() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        if at < 10 {
            bits = bits << 5 | u64::from(value);
        }
    }
    // Fifty bits are read; the first 48 count, the first and the last seven of which are not its.
    let account = (bits >> 2 & 0x7fff_ffff_ff80) >> 7;
    let old = matches!(body.first(), Some(b'I' | b'J'));
    Some(if old || account < 1_000_000_000_000 {
        0.97
    } else {
        0.8
    })
}

/// The last six characters are the checksum of those before. Tokens from before it, and made-up
/// ones, lack it.
pub(crate) fn checksum(body: &[u8]) -> Option<f64> {
    Some(if crc_base62(body) { 0.99 } else { 0.85 })
}

pub(crate) fn ends_in_aa(body: &[u8]) -> Option<f64> {
    (body.len() == 95 && body.ends_with(b"AA")).then_some(0.98)
}

/// An account key is 64 bytes, a bus key 32: whole base64 with its padding.
pub(crate) fn padded(body: &[u8]) -> Option<f64> {
    (body.ends_with(b"=") && body.len().is_multiple_of(4)).then_some(0.98)
}

pub(crate) fn airtable(body: &[u8]) -> Option<f64> {
    let (first, rest) = body.split_at_checked(14)?;
    let (dot, rest) = rest.split_first()?;
    (Class::Alnum.all(first) && *dot == b'.' && Class::Hex.all(rest)).then_some(0.97)
}

pub(crate) fn databricks(body: &[u8]) -> Option<f64> {
    let (digits, rest) = body.split_at_checked(32)?;
    let counted = matches!(rest, [] | [b'-', b'0'..=b'9']);
    (counted && Class::Hex.all(digits)).then_some(0.95)
}

/// Three parts: the bot's number in base64, a time, a signature.
pub(crate) fn discord(body: &[u8]) -> Option<f64> {
    let [number, time, signature] = parts(body, b'.')?;
    if time.len() != 6 || !(27..=38).contains(&signature.len()) {
        return None;
    }
    // The prefix has two characters, which is the number's first digit and a part of the second.
    let mut whole = b"AA".to_vec();
    whole.extend_from_slice(number);
    let decoded = base64::decode(&whole);
    let digits = decoded.get(2..).is_some_and(|rest| Class::Digits.all(rest));
    match number.len() {
        21..=25 if digits => Some(0.98),
        22..=24 => Some(0.9),
        _ => None,
    }
}

pub(crate) fn sendgrid(body: &[u8]) -> Option<f64> {
    let [id, key] = parts(body, b'.')?;
    (id.len() == 22 && (42..=43).contains(&key.len())).then_some(0.97)
}

pub(crate) fn uuid(body: &[u8]) -> Option<f64> {
    judge::is_uuid(body).then_some(0.93)
}

pub(crate) fn onepassword(body: &[u8]) -> Option<f64> {
    let groups: Vec<usize> = body.split(|byte| *byte == b'-').map(<[u8]>::len).collect();
    let upper = body
        .iter()
        .all(|byte| *byte == b'-' || Class::Upper.has(*byte));
    (upper && matches!(groups.as_slice(), [6, 11, 5, 5, 5] | [6, 6, 5, 5, 5, 5])).then_some(0.95)
}

/// Keys carry a mark in their middle; others are only likely.
pub(crate) fn openai(body: &[u8]) -> Option<f64> {
    if body.windows(8).any(|window| window == b"T3BlbkFJ") {
        return Some(0.99);
    }
    let made = Makeup::of(body);
    (made.digits >= 3 && made.letters() >= 6 && made.turns >= 5).then_some(0.85)
}

pub(crate) fn openai_project(body: &[u8]) -> Option<f64> {
    if body.windows(8).any(|window| window == b"T3BlbkFJ") {
        return Some(0.99);
    }
    let made = Makeup::of(body);
    (made.digits >= 3 && made.lower > 3 && made.upper > 3).then_some(0.9)
}

/// Numbers of the workspace and the application, of at least eight digits, then the secret.
pub(crate) fn slack(body: &[u8]) -> Option<f64> {
    let made = Makeup::of(body);
    if made.digits < 6 {
        return None;
    }
    let mut groups = body
        .split(|byte| *byte == b'-')
        .filter(|group| group.len() > 1);
    let first = groups.next()?;
    let last = groups.next_back().unwrap_or(first);
    // Real ones have longer numbers: `1234-1234-` is made up.
    let made_up = first.len() < 6 && Class::Digits.all(first);
    (!made_up && !body.ends_with(b"-") && last.len() >= 10).then_some(0.95)
}

pub(crate) fn sourcegraph(body: &[u8]) -> Option<f64> {
    let (instance, tail) = match body.iter().position(|byte| *byte == b'_') {
        None => (None, body),
        Some(at) => (body.get(..at), body.get(at + 1..)?),
    };
    let known = instance.is_none_or(|instance| {
        instance == b"local" || (instance.len() == 16 && Class::HexAny.all(instance))
    });
    let digits = tail.iter().filter(|byte| byte.is_ascii_digit()).count();
    (known && tail.len() == 40 && Class::HexAny.all(tail) && digits >= 5).then_some(0.95)
}

pub(crate) fn not_hex(body: &[u8]) -> Option<f64> {
    (!Class::HexAny.all(body)).then_some(0.95)
}

/// Random text changes between cases or digits often; identifiers of code do not.
pub(crate) fn no_words(body: &[u8]) -> Option<f64> {
    let made = Makeup::of(body);
    let changes = body
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() != b.is_ascii_lowercase()))
        .count();
    (changes * 4 >= body.len() && (made.digits > 0 || body.len() >= 30)).then_some(0.95)
}

/// Letters and digits mixed, for prefixes that words of code may begin with.
pub(crate) fn mixed(body: &[u8]) -> Option<f64> {
    let made = Makeup::of(body);
    let varied = made.digits >= 2 && made.letters() >= 2 && made.turns >= 3;
    (varied || made.digits > 0 && judge::is_random(body)).then_some(0.93)
}

/// `glpat-`, `gldt-` … and 20 characters; or a routable token: a payload, its length, a checksum.
pub(crate) fn gitlab(body: &[u8]) -> Option<f64> {
    let body = match body {
        [b't', b'0'..=b'9', b'_', rest @ ..] if rest.len() > 20 => rest,
        body => body,
    };
    match body.iter().rposition(|byte| *byte == b'.') {
        None => (body.len() == 20).then_some(0.95),
        Some(at) => {
            let tail = body.get(at + 1..)?;
            let routable = at >= 27 && tail.len() == 9 && Class::Lower.all(tail);
            routable.then_some(0.98)
        }
    }
}

/// A number, `_`, and 20 characters.
pub(crate) fn gitlab_job(body: &[u8]) -> Option<f64> {
    let at = body.iter().position(|byte| *byte == b'_')?;
    ((1..=5).contains(&at) && body.len() - at == 21).then_some(0.95)
}

pub(crate) fn harness(body: &[u8]) -> Option<f64> {
    let [account, id, secret] = parts(body, b'.')?;
    ((account.len(), id.len(), secret.len()) == (22, 24, 20)).then_some(0.97)
}

pub(crate) fn postman(body: &[u8]) -> Option<f64> {
    let [first, second] = parts(body, b'-')?;
    (first.len() == 24 && second.len() == 34 && Class::HexAny.all(first)).then_some(0.97)
}

pub(crate) fn origin_ca(body: &[u8]) -> Option<f64> {
    let [first, second] = parts(body, b'-')?;
    let hex = Class::Hex.all(first) && Class::Hex.all(second);
    (hex && first.len() == 24 && second.len() == 146).then_some(0.97)
}

pub(crate) fn dynatrace(body: &[u8]) -> Option<f64> {
    let [public, secret] = parts(body, b'.')?;
    (public.len() == 24 && secret.len() == 64).then_some(0.97)
}

pub(crate) fn brevo(body: &[u8]) -> Option<f64> {
    let [first, second] = parts(body, b'-')?;
    (first.len() == 64 && second.len() == 16 && Class::Hex.all(first)).then_some(0.97)
}

/// `-` and more: hexadecimal digits, then `-X` at the end.
pub(crate) fn flutterwave(body: &[u8]) -> Option<f64> {
    let hex = body.strip_suffix(b"-X").unwrap_or(body);
    (matches!(hex.len(), 12 | 32) && Class::Alnum.all(hex)).then_some(0.95)
}

pub(crate) fn plaid(body: &[u8]) -> Option<f64> {
    let at = body.iter().position(|byte| *byte == b'-')?;
    let known = matches!(body.get(..at)?, b"sandbox" | b"development" | b"production");
    (known && judge::is_uuid(body.get(at + 1..)?)).then_some(0.97)
}

pub(crate) fn authress(body: &[u8]) -> Option<f64> {
    let [client, key, account, secret] = parts(body, b'.')?;
    let lengths = (5..=30).contains(&client.len())
        && (4..=6).contains(&key.len())
        && (30..=120).contains(&secret.len());
    (lengths && matches!(account.get(..4), Some(b"acc_" | b"acc-"))).then_some(0.95)
}

/// The number and the secret of a channel's hook.
pub(crate) fn discord_hook(body: &[u8]) -> Option<f64> {
    let [number, secret] = parts(body, b'/')?;
    let number_fits = (17..=20).contains(&number.len()) && Class::Digits.all(number);
    (number_fits && secret.len() >= 60).then_some(0.97)
}

/// `…@…/IncomingWebhook/…/…`.
pub(crate) fn teams_hook(body: &[u8]) -> Option<f64> {
    judge::contains(body, b"/incomingwebhook/").then_some(0.97)
}

/// Three parts, of which the middle names the application in base 62.
pub(crate) fn slack_hook(body: &[u8]) -> Option<f64> {
    let mut groups = body.split(|byte| *byte == b'/');
    let team = groups.next()?;
    let last = groups.next_back()?;
    (team.len() >= 8 && team.first() == Some(&b'T') && last.len() >= 16).then_some(0.97)
}

/// The signature of a signed link: 32 bytes in base64, as a query writes them.
pub(crate) fn sas(body: &[u8]) -> Option<f64> {
    let escaped = body
        .windows(3)
        .filter(|part| matches!(part, [b'%', ..]))
        .count();
    let closed = body.ends_with(b"%3D") || body.ends_with(b"%3d") || body.ends_with(b"=");
    (closed && body.len() - 2 * escaped == 44).then_some(0.95)
}

/// A Basic header's value: `name:password`. Where it is one, the parts.
pub(crate) fn basic_pair(value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let decoded = base64::decode(value);
    let text = decoded.iter().all(|byte| (0x20..0x7f).contains(byte));
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (name, rest) = decoded.split_at_checked(colon)?;
    text.then(|| (name.to_vec(), rest.get(1..).unwrap_or_default().to_vec()))
}

/// Exactly `N` parts, none of them empty.
fn parts<const N: usize>(body: &[u8], by: u8) -> Option<[&[u8]; N]> {
    let mut found = [body; N];
    let mut count = 0;
    for part in body.split(|byte| *byte == by) {
        *found.get_mut(count)? = part;
        count += 1;
        if part.is_empty() {
            return None;
        }
    }
    (count == N).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_twelve_digits() {
        assert_eq!(aws_key(b"QYLPMN5HHHFPZAM2"), Some(0.97));
        assert_eq!(aws_key(b"7777777777777777"), Some(0.8));
        assert_eq!(aws_key(b"QYLPMN5HHHFPZAM1"), None);
    }

    #[test]
    fn parts_are_counted() {
        assert_eq!(parts::<2>(b"a.b", b'.'), Some([b"a".as_slice(), b"b"]));
        assert_eq!(parts::<2>(b"a.b.c", b'.'), None);
        assert_eq!(parts::<3>(b"a.b", b'.'), None);
        assert_eq!(parts::<2>(b"a.", b'.'), None);
    }

    #[test]
    fn a_pair_is_read_from_base64() {
        assert_eq!(
            basic_pair(b"YW5uOmJsdWViaXJk"),
            Some((b"ann".to_vec(), b"bluebird".to_vec()))
        );
        assert_eq!(basic_pair(b"AAAAAAAAAAAA"), None);
    }

    #[test]
    fn gitlab_tokens_are_of_their_lengths() {
        assert!(gitlab(b"iXnkU8Is2g8nprvDd53x").is_some());
        assert!(gitlab(b"iXnkU8Is2g8nprvDd53").is_none());
        assert!(gitlab(b"t1_iXnkU8Is2g8nprvDd53xabcdefg.01a2b3c4d").is_some());
    }
}
