//! What a host is: an address, a name that only exists inside, a shortener, a look-alike.

use std::net::{Ipv4Addr, Ipv6Addr};

/// What a host's address or name says of where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leads {
    /// To a name in the world.
    Name,
    /// To an address in the world.
    Address,
    /// To this machine.
    Loopback,
    /// Into a private network.
    Private,
    /// To where a cloud tells a machine its credentials.
    Metadata,
}

/// Where a host leads, and whether its address is written in an unusual way.
pub(crate) fn leads(host: &str) -> (Leads, bool) {
    if let Some(inside) = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        return match inside.split('%').next().unwrap_or("").parse::<Ipv6Addr>() {
            Ok(address) => six(address),
            Err(_) => (Leads::Address, true),
        };
    }
    if let Some((address, odd)) = four(host) {
        return (of_four(address), odd);
    }
    (named(host), false)
}

/// RFC 1918, 3927, 6598, 6890, and the metadata services of AWS, Google, Azure, Alibaba and Oracle.
fn of_four(address: Ipv4Addr) -> Leads {
    match address.octets() {
        [169, 254, 169, 254]
        | [169, 254, 170, 2]
        | [169, 254, 169, 123 | 253]
        | [100, 100, 100, 200]
        | [168, 63, 129, 16]
        | [192, 0, 0, 192] => Leads::Metadata,
        [127, ..] | [0, ..] => Leads::Loopback,
        [10, ..] | [192, 168, ..] | [169, 254, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] => {
            Leads::Private
        }
        _ => Leads::Address,
    }
}

/// Addresses of version 6, and those of version 4 in them.
fn six(address: Ipv6Addr) -> (Leads, bool) {
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            (of_four(Ipv4Addr::new(a, b, c, d)), true)
        }
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => (Leads::Loopback, false),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => {
            (Leads::Metadata, false)
        }
        [0xfc00..=0xfdff, ..] | [0xfe80..=0xfebf, ..] => (Leads::Private, false),
        _ => (Leads::Address, false),
    }
}

/// An address of version 4 in any of the ways that a browser reads (WHATWG URL, section 3.5), and
/// whether it is written in another than the usual one.
fn four(host: &str) -> Option<(Ipv4Addr, bool)> {
    let parts: Vec<&str> = host.split('.').collect();
    if parts.len() > 4 || !host.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let mut odd = parts.len() != 4;
    let mut numbers = [0_u64; 4];
    for (part, number) in parts.iter().zip(&mut numbers) {
        let (digits, radix) = match part.strip_prefix("0x").or(part.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None if part.len() > 1 && part.starts_with('0') => (*part, 8),
            None => (*part, 10),
        };
        odd |= radix != 10;
        *number = if digits.is_empty() && radix == 16 {
            0
        } else {
            u64::from_str_radix(digits, radix).ok()?
        };
    }
    let (last, first) = numbers.get(..parts.len())?.split_last()?;
    let mut address = 0_u64;
    for (place, number) in first.iter().enumerate() {
        if *number > 255 {
            return None;
        }
        address |= number << (24 - 8 * place);
    }
    if *last >= 1 << (8 * (5 - parts.len())) {
        return None;
    }
    let address = u32::try_from(address | last).ok()?;
    Some((Ipv4Addr::from(address), odd))
}

/// Names that exist inside only, and services that make a name of any address.
fn named(host: &str) -> Leads {
    let ends = |ending: &str| is_under(host, ending);
    if [
        "metadata.google.internal",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.azure.internal",
    ]
    .contains(&host)
    {
        return Leads::Metadata;
    }
    if ends("localhost")
        || [
            "localtest.me",
            "lvh.me",
            "localhost.localdomain",
            "ip6-localhost",
        ]
        .iter()
        .any(|name| ends(name))
    {
        return Leads::Loopback;
    }
    // An address in a name.
    if ["nip.io", "sslip.io", "xip.io"]
        .iter()
        .any(|name| ends(name))
    {
        let dotted = host.replace('-', ".");
        let labels: Vec<&str> = dotted.split('.').collect();
        for four_labels in labels.windows(4) {
            if let Ok(address) = four_labels.join(".").parse::<Ipv4Addr>()
                && of_four(address) != Leads::Address
            {
                return of_four(address);
            }
        }
    }
    let inside = [
        "internal",
        "local",
        "lan",
        "intranet",
        "corp",
        "home.arpa",
        "svc",
        "localdomain",
    ];
    if inside.iter().any(|name| ends(name))
        || ["kubernetes", "kubernetes.default", "host.docker.internal"].contains(&host)
    {
        return Leads::Private;
    }
    Leads::Name
}

/// Services that hide where a link leads.
const SHORTENERS: &[&str] = &[
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "v.gd",
    "buff.ly",
    "rebrand.ly",
    "cutt.ly",
    "shorturl.at",
    "rb.gy",
    "t.ly",
    "tiny.cc",
    "bl.ink",
    "s.id",
    "shorte.st",
    "adf.ly",
    "lnkd.in",
    "trib.al",
    "soo.gd",
    "clck.ru",
    "qr.ae",
    "bit.do",
    "mcaf.ee",
    "x.co",
    "tr.im",
    "u.to",
    "short.io",
    "t1p.de",
    "kutt.it",
    "dub.sh",
    "tny.im",
    "urlz.fr",
    "surl.li",
    "linktr.ee",
    "shorturl.asia",
    "ulvis.net",
    "chilp.it",
];

/// Whether a host shortens links.
pub(crate) fn is_shortener(host: &str) -> bool {
    let host = host.strip_prefix("www.").unwrap_or(host);
    SHORTENERS.contains(&host)
}

/// Services that show their user what was asked of a host of theirs: made for tests, and for taking data.
const COLLECTORS: &[&str] = &[
    "webhook.site",
    "requestbin.com",
    "requestbin.net",
    "pipedream.net",
    "requestcatcher.com",
    "beeceptor.com",
    "hookbin.com",
    "burpcollaborator.net",
    "oastify.com",
    "interact.sh",
    "oast.fun",
    "oast.live",
    "oast.me",
    "oast.online",
    "oast.pro",
    "oast.site",
    "canarytokens.com",
    "dnslog.cn",
    "ceye.io",
    "ngrok.io",
    "ngrok-free.app",
    "ngrok.app",
    "trycloudflare.com",
    "loca.lt",
    "serveo.net",
    "postb.in",
    "ptsv2.com",
    "ptsv3.com",
    "mockbin.org",
    "smee.io",
    "typedwebhook.tools",
    "requestinspector.com",
    "xss.ht",
    "bxss.me",
    "grabify.link",
    "iplogger.org",
    "r87.me",
];

/// Whether a host is one of a service that collects what it is asked.
pub(crate) fn is_collector(host: &str) -> bool {
    COLLECTORS.iter().any(|known| is_under(host, known))
}

/// Services that draw what a URL says: plots, formulas, badges, maps. Data in their URLs is what they
/// are for.
const DRAWERS: &[&str] = &[
    "latex.codecogs.com",
    "quickchart.io",
    "chart.googleapis.com",
    "image-charts.com",
    "mermaid.ink",
    "kroki.io",
    "plantuml.com",
    "shields.io",
    "badgen.net",
    "placeholder.com",
    "placehold.co",
    "placehold.it",
    "dummyimage.com",
    "picsum.photos",
    "qrserver.com",
    "math.vercel.app",
    "render.githubusercontent.com",
    "maps.googleapis.com",
    "staticmap.openstreetmap.de",
    "gravatar.com",
    "ui-avatars.com",
    "dicebear.com",
    "og-image.vercel.app",
    "githubassets.com",
    "readme-typing-svg.herokuapp.com",
    "github-readme-stats.vercel.app",
    "star-history.com",
    "imgix.net",
    "cloudinary.com",
    "unsplash.com",
    "wikimedia.org",
    "githubusercontent.com",
    "googleusercontent.com",
    "twimg.com",
    "fbcdn.net",
    "gstatic.com",
    "ytimg.com",
    "shopify.com",
    "wp.com",
    "media-amazon.com",
    "pinimg.com",
    "redd.it",
    "medium.com",
    "imgur.com",
];

/// Whether a host draws what it is asked, or is a known store of images.
pub(crate) fn is_drawer(host: &str) -> bool {
    DRAWERS.iter().any(|known| is_under(host, known))
}

/// Whether a host is this one, or one below it.
pub(crate) fn is_under(host: &str, name: &str) -> bool {
    match host.len().checked_sub(name.len()) {
        Some(0) => host == name,
        // The byte before it first: of a list of names few get further.
        Some(front) => host.as_bytes().get(front - 1) == Some(&b'.') && host.ends_with(name),
        None => false,
    }
}

/// Names that others are made to look like, beside those that the operator allows.
const KNOWN: &[&str] = &[
    "google.com",
    "gmail.com",
    "microsoft.com",
    "microsoftonline.com",
    "office.com",
    "outlook.com",
    "apple.com",
    "icloud.com",
    "amazon.com",
    "paypal.com",
    "facebook.com",
    "instagram.com",
    "whatsapp.com",
    "netflix.com",
    "linkedin.com",
    "twitter.com",
    "github.com",
    "gitlab.com",
    "dropbox.com",
    "docusign.com",
    "adobe.com",
    "openai.com",
    "chatgpt.com",
    "anthropic.com",
    "chase.com",
    "wellsfargo.com",
    "bankofamerica.com",
    "coinbase.com",
    "binance.com",
    "stripe.com",
    "slack.com",
    "steamcommunity.com",
    "youtube.com",
    "wikipedia.org",
    "yahoo.com",
    "ebay.com",
    "spotify.com",
    "cloudflare.com",
];

/// Networks that deliver others' sites under names that hold theirs.
const DELIVERY: &[&str] = &[
    "edgekey.net",
    "edgesuite.net",
    "akadns.net",
    "nsatc.net",
    "cloudflare.net",
    "akamaized.net",
    "trafficmanager.net",
    "translate.goog",
    "cdn.ampproject.org",
    "web.archive.org",
];

/// How sure it is that a host is made to look like a known name.
pub(crate) fn looks_like(host: &str, skeleton: &str, allowed: &[String]) -> f64 {
    let own = allowed.iter().map(String::as_str);
    if KNOWN
        .iter()
        .copied()
        .chain(own.clone())
        .any(|name| is_under(host, name))
    {
        return 0.0;
    }
    // Letters of other scripts.
    if skeleton != host {
        let shown = skeleton;
        if KNOWN
            .iter()
            .copied()
            .chain(own.clone())
            .any(|name| is_under(shown, name))
        {
            return 0.97;
        }
    }
    if DELIVERY.iter().any(|name| is_under(host, name)) {
        return 0.0;
    }
    let plain = host.strip_prefix("www.").unwrap_or(host);
    let spelled = spelled(plain);
    let parts = plain.match_indices(['.', '-']);
    let ends: Vec<&str> = std::iter::once(Some(plain))
        .chain(parts.map(|(at, _)| plain.get(at + 1..)))
        .flatten()
        .collect();
    for name in KNOWN.iter().copied().chain(own.clone()) {
        if ends.iter().any(|end| goes_on_behind(end, name)) {
            return 0.88;
        }
        if spelled == name && plain != name {
            return 0.92;
        }
    }
    // One letter more, less or other than a name that the operator allows.
    for name in own {
        if name.len() >= 7 && is_near(plain, name) {
            return 0.75;
        }
    }
    0.0
}

/// `paypal.com.evil.example`, `paypal.com-login.example`; `google.com.au` is a country's.
fn goes_on_behind(host: &str, name: &str) -> bool {
    let behind = host.as_bytes().get(name.len());
    let country = host.len() == name.len() + 3 && behind == Some(&b'.');
    matches!(behind, Some(b'.' | b'-')) && !country && host.starts_with(name)
}

/// Digits and pairs of letters as the letters that they are read as.
fn spelled(host: &str) -> String {
    if !host.bytes().any(|byte| byte.is_ascii_digit())
        && !host.contains("rn")
        && !host.contains("vv")
    {
        return host.to_owned();
    }
    host.replace("rn", "m")
        .replace("vv", "w")
        .chars()
        .map(|character| match character {
            '0' => 'o',
            '1' => 'l',
            '3' => 'e',
            '5' => 's',
            other => other,
        })
        .collect()
}

/// Whether one edit makes one of the other.
fn is_near(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    if long.len() - short.len() > 1 || short == long {
        return false;
    }
    let head = short
        .bytes()
        .zip(long.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let tail = short
        .bytes()
        .rev()
        .zip(long.bytes().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let swapped = short.len() == long.len() && head + tail + 2 == long.len() && {
        let (a, b) = (short.as_bytes(), long.as_bytes());
        a.get(head) == b.get(head + 1) && a.get(head + 1) == b.get(head)
    };
    head + tail + 1 >= long.len() || swapped
}

/// Whether a label mixes Latin letters with those that look like them.
pub(crate) fn mixes_scripts(host: &str) -> bool {
    host.split('.').any(|label| {
        let latin = label.chars().any(|character| character.is_ascii_alphabetic());
        let like = label.chars().any(|character| matches!(character, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{530}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}'));
        latin && like
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_every_spelling() {
        for host in [
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "0xa9.254.43518",
            "[::ffff:169.254.169.254]",
            "[::ffff:a9fe:a9fe]",
            "metadata.google.internal",
            "[fd00:ec2::254]",
            "169.254.169.254.nip.io",
        ] {
            assert_eq!(leads(host).0, Leads::Metadata, "{host}");
        }
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f000001",
            "localhost",
            "app.localhost",
            "[::1]",
            "0",
            "017700000001",
        ] {
            assert_eq!(leads(host).0, Leads::Loopback, "{host}");
        }
        for host in [
            "10.0.0.8",
            "192.168.1.1",
            "172.31.255.1",
            "100.64.0.1",
            "db.internal",
            "[fe80::1]",
            "[fc00::1]",
        ] {
            assert_eq!(leads(host).0, Leads::Private, "{host}");
        }
        assert_eq!(leads("8.8.8.8"), (Leads::Address, false));
        assert_eq!(leads("134744072"), (Leads::Address, true));
        assert_eq!(leads("1password.com"), (Leads::Name, false));
        assert_eq!(leads("172.32.0.1"), (Leads::Address, false));
    }

    #[test]
    fn names_that_look_like_others() {
        let allowed = ["intranet-shop.example".to_owned()];
        for (host, skeleton) in [
            ("paypal.com.evil.example", ""),
            ("paypa1.com", ""),
            ("rnicrosoft.com", ""),
            ("www.g00gle.com", ""),
            ("github.com-login.example", ""),
            ("intranet-shop.exarnple", ""),
            ("intranet-shopp.example", ""),
            ("xn--80ak6aa92e.com", "apple.com"),
        ] {
            let skeleton = if skeleton.is_empty() { host } else { skeleton };
            assert!(looks_like(host, skeleton, &allowed) > 0.7, "{host}");
        }
        for host in [
            "google.com",
            "docs.google.com",
            "google.com.au",
            "amazon.co.uk",
            "paypal-community.org",
            "example.org",
            "www.apple.com.edgekey.net",
            "modern.com",
            "shop.intranet-shop.example",
        ] {
            assert!(looks_like(host, host, &allowed) < 0.1, "{host}");
        }
    }

    #[test]
    fn one_edit_is_near() {
        assert!(is_near("abcd", "abxd") && is_near("abcd", "abcde") && is_near("abcd", "acbd"));
        assert!(!is_near("abcd", "abcd") && !is_near("abcd", "axxd"));
    }
}
