//! What is wrong with a URL.

use caponier_sdk::{Severity, Stage};

use crate::data::{Cargo, cargo};
use crate::find::Role;
use crate::host::{self, Leads};
use crate::settings::{Hosts, Reach, Shorteners};
use crate::url::{Url, is_scheme};

/// What is found: id, title, severity.
pub(crate) const RULES: &[(&str, &str, Severity)] = &[
    (
        "data-in-image",
        "Image or other fetch that carries data away",
        Severity::High,
    ),
    (
        "data-in-link",
        "Link that carries data away",
        Severity::Medium,
    ),
    ("denied", "Host that the settings deny", Severity::High),
    (
        "disguised-host",
        "Host written so that it is taken for another",
        Severity::High,
    ),
    (
        "look-alike",
        "Host that looks like a known one",
        Severity::High,
    ),
    (
        "not-allowed",
        "Host that the settings do not allow",
        Severity::Medium,
    ),
    (
        "placeholder",
        "URL with a place for data to be filled in",
        Severity::Medium,
    ),
    ("port", "Port that is unusual", Severity::Low),
    (
        "private-address",
        "Address inside: this machine, its network, its cloud's metadata",
        Severity::High,
    ),
    (
        "public-address",
        "Address in place of a name",
        Severity::Low,
    ),
    (
        "scheme",
        "Scheme that runs something or reads files",
        Severity::High,
    ),
    ("shortener", "Link that hides where it leads", Severity::Low),
    (
        "userinfo",
        "Name before the host that is taken for the host",
        Severity::High,
    ),
];

/// What the settings say.
pub(crate) struct Judge {
    pub(crate) allow: Hosts,
    pub(crate) deny: Hosts,
    pub(crate) schemes: Vec<String>,
    pub(crate) images: Reach,
    pub(crate) links: Reach,
    pub(crate) shorteners: Shorteners,
}

/// Where the text that a URL stands in comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) stage: Stage,
    /// An argument of a tool call: what it names is fetched.
    pub(crate) tool: bool,
}

/// A finding: its rule and how sure it is.
pub(crate) type Verdict = (&'static str, f64);

impl Judge {
    /// What is wrong with the URL that `raw` is.
    pub(crate) fn judge(&self, raw: &str, role: Role, origin: Origin) -> Vec<Verdict> {
        let mut found = Vec::new();
        let Some(url) = Url::read(raw) else {
            return found;
        };
        if url.host.is_empty() {
            self.scheme(&url, role, origin, &mut found);
            return found;
        }
        let allowed = self.allow.has(&url.host) && !url.disguised;
        if self.deny.has(&url.host) {
            found.push(("denied", 1.0));
        }
        self.scheme(&url, role, origin, &mut found);
        let from = match role {
            Role::Drawn | Role::Reference => self.images,
            Role::Link | Role::Bare => self.links,
        };
        if from == Reach::None || (from == Reach::AllowedOnly && !allowed) {
            found.push(("not-allowed", 0.99));
        }
        if allowed {
            return found;
        }
        self.host(&url, role, origin, &mut found);
        let web = matches!(
            url.scheme.as_str(),
            "" | "http" | "https" | "ws" | "wss" | "ftp"
        );
        if web {
            carried(&url, role, origin, &mut found);
        }
        found
    }

    fn scheme(&self, url: &Url, role: Role, origin: Origin, found: &mut Vec<Verdict>) {
        let scheme = url.scheme.as_str();
        if scheme.is_empty() {
            return;
        }
        if !self.schemes.is_empty() {
            // By itself `word:` is a word and a colon.
            if !self.schemes.iter().any(|known| known == scheme)
                && (role != Role::Bare || !url.host.is_empty())
            {
                found.push(("scheme", 0.97));
            }
            return;
        }
        let placed = role != Role::Bare || origin.tool;
        let content = url.path.trim_start();
        let confidence = match scheme {
            "javascript" | "vbscript" | "livescript" => {
                let idle = content.is_empty()
                    || content.starts_with("void(0)")
                    || content.starts_with(';');
                match (idle, placed) {
                    (true, _) => 0.2,
                    (false, true) => 0.95,
                    (false, false) => 0.6,
                }
            }
            "data" => {
                let kind = content
                    .get(..content.len().min(40))
                    .unwrap_or("")
                    .to_ascii_lowercase();
                if [
                    "text/html",
                    "text/xml",
                    "application/xhtml",
                    "application/xml",
                    "text/javascript",
                    "application/javascript",
                ]
                .iter()
                .any(|active| kind.starts_with(active))
                {
                    if placed { 0.92 } else { 0.7 }
                } else if kind.starts_with("image/svg") {
                    if role == Role::Link { 0.7 } else { 0.2 }
                } else {
                    0.0
                }
            }
            "jar" | "view-source" | "blob" => {
                if placed {
                    0.4
                } else {
                    0.0
                }
            }
            "file" => match (origin.tool, placed) {
                (true, _) => 0.75,
                (_, true) => 0.7,
                _ => 0.2,
            },
            "gopher" | "dict" | "ldap" | "ldaps" | "tftp" | "phar" | "php" | "expect"
            | "netdoc" | "sftp" => match (origin.tool, scheme) {
                (_, "php" | "phar" | "expect" | "netdoc") => 0.85,
                (_, "gopher" | "dict") => 0.8,
                (true, _) => 0.7,
                _ => 0.1,
            },
            // `\x01javascript:` and its like never come so far; what is no scheme is no matter.
            _ => {
                if is_scheme(scheme) {
                    0.0
                } else {
                    0.3
                }
            }
        };
        if confidence >= 0.05 {
            found.push(("scheme", confidence));
        }
    }

    fn host(&self, url: &Url, role: Role, origin: Origin, found: &mut Vec<Verdict>) {
        let web = matches!(
            url.scheme.as_str(),
            "" | "http" | "https" | "ws" | "wss" | "ftp"
        );
        if !web {
            return;
        }
        let (leads, odd) = host::leads(&url.host);
        if url.disguised || odd {
            found.push((
                "disguised-host",
                if role == Role::Bare && !odd && !url.host.contains('.') {
                    0.4
                } else {
                    0.9
                },
            ));
        }
        if let Some(user) = &url.user {
            // A host's name before the `@`, and a name and password, are told apart by a dot.
            let name = user.split(':').next().unwrap_or("");
            let confidence = match (
                name.contains('.') || name.contains("%2e") || name.contains('/'),
                user.contains(':'),
            ) {
                (true, _) => 0.95,
                (false, true) => 0.35,
                (false, false) => 0.3,
            };
            found.push(("userinfo", confidence));
        }
        if url
            .host
            .contains(|character: char| character.is_ascii_alphabetic())
            || !url.host.is_ascii()
        {
            let mut like = host::looks_like(&url.host, &url.skeleton, &self.allow.names);
            if host::mixes_scripts(&shown(&url.host, &url.skeleton)) {
                like = like.max(0.85);
            }
            if like >= 0.05 {
                found.push(("look-alike", like));
            }
        }
        let asked = origin.tool || role == Role::Drawn;
        let inside = match leads {
            Leads::Metadata => Some(if asked { 0.97 } else { 0.8 }),
            Leads::Loopback | Leads::Private if odd || url.disguised => Some(0.92),
            Leads::Loopback => Some(if origin.tool { 0.6 } else { 0.2 }),
            Leads::Private => Some(if origin.tool { 0.65 } else { 0.25 }),
            Leads::Address | Leads::Name => None,
        };
        match inside {
            Some(confidence) => found.push(("private-address", confidence)),
            None if leads == Leads::Address => found.push((
                "public-address",
                if role == Role::Drawn { 0.75 } else { 0.4 },
            )),
            None => {}
        }
        let usual = [
            80, 443, 8000, 8008, 8080, 8081, 8443, 8888, 3000, 5000, 9000, 9090,
        ];
        let expected = leads == Leads::Loopback || leads == Leads::Private;
        if url.port.is_some_and(|port| !usual.contains(&port)) && !expected {
            found.push(("port", if role == Role::Drawn { 0.6 } else { 0.3 }));
        }
        if self.shorteners == Shorteners::Flag && host::is_shortener(&url.host) {
            found.push(("shortener", 0.9));
        }
    }
}

/// A host with its letters as they are shown: `xn--…` decoded.
fn shown(host: &str, skeleton: &str) -> String {
    if host.is_ascii() && skeleton.is_ascii() {
        return String::new();
    }
    host.to_owned()
}

/// What a URL carries away, by what becomes of it.
fn carried(url: &Url, role: Role, origin: Origin, found: &mut Vec<Verdict>) {
    let Cargo {
        taken,
        opaque,
        words,
        blank,
    } = cargo(url);
    let collector = host::is_collector(&url.host);
    let drawer = host::is_drawer(&url.host);
    let drawn = matches!(role, Role::Drawn | Role::Reference)
        || (origin.tool && origin.stage == Stage::Output);
    if blank > 0.0 {
        let confidence = match (drawn, origin.stage) {
            _ if drawer => 0.2,
            (true, _) => blank,
            (false, Stage::Retrieval) => blank * 0.6,
            // Documentation of an interface has such URLs.
            (false, _) => blank * 0.3,
        };
        found.push(("placeholder", confidence));
    }
    let mut confidence: f64 = if drawn {
        taken.max(opaque).max(words)
    } else {
        (taken * 0.72).max(opaque * 0.5).max(words * 0.2)
    };
    if collector && (taken.max(opaque).max(words) > 0.0 || !url.query.is_empty()) {
        confidence = confidence.max(if drawn { 0.92 } else { 0.7 });
    }
    if collector && drawn {
        confidence = confidence.max(0.7);
    }
    if drawer {
        confidence *= 0.3;
    }
    // An address is made to be written to, and a search for words to be searched.
    if role == Role::Reference {
        confidence *= 0.85;
    }
    // Only an answer carries away what this exchange knows.
    if origin.stage != Stage::Output {
        confidence *= if collector { 0.6 } else { 0.35 };
    }
    if confidence >= 0.05 {
        found.push((
            if drawn {
                "data-in-image"
            } else {
                "data-in-link"
            },
            confidence,
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(raw: &str, role: Role, stage: Stage, tool: bool) -> Vec<Verdict> {
        let judge = Judge {
            allow: Hosts::default(),
            deny: Hosts::default(),
            schemes: Vec::new(),
            images: Reach::Any,
            links: Reach::Any,
            shorteners: Shorteners::Flag,
        };
        judge.judge(raw, role, Origin { stage, tool })
    }

    fn confidence(found: &[Verdict], rule: &str) -> f64 {
        found
            .iter()
            .find(|(own, _)| *own == rule)
            .map_or(0.0, |(_, confidence)| *confidence)
    }

    #[test]
    fn the_same_data_is_worse_in_an_image() {
        let raw = "https://evil.example/?q=VGhlIHBhc3N3b3JkIGlzIGh1bnRlcjI=";
        let image = confidence(
            &judge(raw, Role::Drawn, Stage::Output, false),
            "data-in-image",
        );
        let link = confidence(
            &judge(raw, Role::Link, Stage::Output, false),
            "data-in-link",
        );
        let prompt = confidence(
            &judge(raw, Role::Drawn, Stage::Prompt, false),
            "data-in-image",
        );
        assert!(
            image > 0.9 && link > 0.6 && link < 0.8 && prompt < 0.5,
            "{image} {link} {prompt}"
        );
        assert!(
            confidence(
                &judge(raw, Role::Bare, Stage::Output, true),
                "data-in-image"
            ) > 0.9
        );
    }

    #[test]
    fn metadata_is_worst_where_it_is_fetched() {
        let raw = "http://169.254.169.254/latest/meta-data/";
        assert!(
            confidence(
                &judge(raw, Role::Bare, Stage::Output, true),
                "private-address"
            ) > 0.95
        );
        assert!(
            confidence(
                &judge("http://localhost:3000/", Role::Bare, Stage::Output, false),
                "private-address"
            ) < 0.5
        );
        assert!(
            confidence(
                &judge("http://2130706433/", Role::Bare, Stage::Output, false),
                "private-address"
            ) > 0.9
        );
    }
}
