//! The file as it is written. The comments here are the descriptions of the JSON Schema.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::actions::Trust;
use crate::audit::OnFull;
use crate::gateway::{DenyAs, JwtAlgorithm, Protocol, StreamMode, UnknownEndpoints};
use crate::limits::{HoldExceeded, OverLimit, Treatment};
use crate::plugins::Bounds;
use crate::scalars::{
    Digest, EnvName, FilePath, Listen, Name, Pattern, Size, Source, SourcePattern, Span, Text, Url,
};
use crate::words::{Action, Mode, OnError, Role, Severity, Stage};

/// Defines structs that are read strictly: every key is known and has a value.
macro_rules! raw {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),+ $(,)? })+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, serde::Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields, expecting = "a mapping")]
            pub(crate) struct $name { $($(#[$field_meta])* pub(crate) $field: $type),+ }
        )+
    };
}

raw! {
    /// Configuration of Caponier.
    Root {
        /// The version of this format: 1.
        version: u64,
        /// `monitor`: nothing acts, everything says what it would have done. Default: enforce.
        mode: Option<Mode>,
        /// The proxy in front of model APIs. Without this section no proxy runs.
        gateway: Option<Gateway>,
        /// The port that decides on texts. Without this section it does not run.
        decision: Option<Decision>,
        /// The port for health, metrics and versions. Without this section it does not run.
        admin: Option<Admin>,
        /// The plugins, in chain order. Default: every built-in plugin that looks for something without
        /// being told what.
        plugins: Option<Vec<Plugin>>,
        /// Whose signatures plugins need; the first entry that covers a source counts. Sources that
        /// no entry covers need none.
        verify: Option<Vec<Verify>>,
        /// Rules: a list of files and directories, or a mapping. Default: the shipped policy alone.
        rego: Option<Rego>,
        /// JSON or YAML files, or directories of them, that rules see below `data`.
        data: Option<Vec<FilePath>>,
        /// What happens to findings, by globs over rule names. The most specific glob wins; the
        /// shipped entries stay for rules that no entry here names more closely.
        actions: Option<BTreeMap<String, ActionEntry>>,
        /// How much is inspected, and what happens to what cannot be.
        limits: Option<Limits>,
        /// The audit log. Without this section none is written.
        audit: Option<Audit>,
        /// The cache of compiled plugins.
        cache: Option<Cache>,
        /// Threads that evaluate. Default: one for each core.
        threads: Option<u64>,
    }

    /// The proxy in front of model APIs.
    Gateway {
        /// Address and port. Default: 127.0.0.1:8787.
        listen: Option<Listen>,
        /// Certificate and key. An address that others can reach needs this, or `insecure: true`.
        tls: Option<Tls>,
        /// Accept plain HTTP on an address that others can reach. Default: false.
        insecure: Option<bool>,
        /// Ways to tell who is calling; the first that applies counts. Default: callers are anonymous.
        identity: Option<Vec<Identity>>,
        /// Paths, and what stands behind them. Default: `/v1/*` and the built-in echo model.
        routes: Option<Vec<Route>>,
        /// Limits of connections and of reading requests.
        connections: Option<Connections>,
        /// How long exchanges may go on after a stop was asked for. Default: 30s.
        shutdown_grace: Option<Span>,
    }

    /// A certificate chain and its key. Both are read again when they change.
    Tls {
        /// PEM file with the certificate chain.
        cert: FilePath,
        /// PEM file with the private key.
        key: FilePath,
    }

    /// How JSON Web Tokens are checked.
    Jwt {
        /// File with the JSON Web Key Set.
        jwks: FilePath,
        /// The issuer that is demanded.
        issuer: Text,
        /// The audience, or several of which one must match.
        audience: OneOrMany<Text>,
        /// Accepted signature algorithms. Default: RS256, PS256, ES256, EdDSA.
        algorithms: Option<Vec<JwtAlgorithm>>,
        /// Which claims say what.
        claims: Option<Claims>,
        /// Clock difference that is tolerated. Default: 30s.
        leeway: Option<Span>,
    }

    /// Which claims of a token say what. A dot goes one level down.
    Claims {
        /// The caller's id. Default: sub.
        id: Option<Text>,
        /// The tenant.
        tenant: Option<Text>,
        /// Roles or groups.
        roles: Option<Text>,
    }

    /// A path and what stands behind it.
    Route {
        /// An exact path, or a prefix that ends in `/*`.
        path: Pattern,
        /// What is spoken on it: `models`, whose wire formats are told apart by path, or `mcp`. Default: models.
        protocol: Option<Protocol>,
        /// The model API. Default: the built-in echo model.
        upstream: Option<Url>,
        /// A key that replaces the client's: as `authorization: Bearer`, or as `x-api-key` where the
        /// client names an `anthropic-version`. Default: the client's own credentials go through.
        credentials: Option<Secret>,
        /// PEM file with authorities to trust for the upstream instead of the public ones.
        trusted_ca: Option<FilePath>,
        /// Names of the plugins. Default: all.
        plugins: Option<Vec<Text>>,
        /// How streamed answers are inspected: as they pass, or as a whole. Default: hold.
        stream: Option<StreamMode>,
        /// How a denied answer looks: like one the model refused, or an error. Default: refusal.
        deny_as: Option<DenyAs>,
        /// What happens when a stream would hold back more than `limits.hold`. Default: deny.
        hold_exceeded: Option<HoldExceeded>,
        /// Endpoints that pass uninspected: exact paths, or prefixes that end in `/*`.
        pass: Option<Vec<Pattern>>,
        /// What happens to endpoints that no wire format knows. Default: deny.
        unknown_endpoints: Option<UnknownEndpoints>,
        /// What happens to a WebSocket upgrade. It cannot be inspected. Default: deny.
        websocket: Option<Treatment>,
        /// Time limits towards the upstream.
        timeouts: Option<Timeouts>,
    }

    /// Time limits towards the upstream.
    Timeouts {
        /// To connect. Default: 5s.
        connect: Option<Span>,
        /// From the request to the answer's headers. Default: 5m.
        first_byte: Option<Span>,
        /// Between two reads of the answer. Default: 2m.
        idle: Option<Span>,
        /// For the exchange as a whole. Default: 15m.
        total: Option<Span>,
    }

    /// Limits of connections and of reading requests.
    Connections {
        /// Connections open at one time. Default: 10000.
        max_connections: Option<u64>,
        /// Bytes of a request's headers. Default: 64KiB.
        header_bytes: Option<Size>,
        /// Headers of one request. Default: 128.
        max_headers: Option<u64>,
        /// To receive the headers, and for a kept-alive connection to send its next request. Default: 30s.
        header_timeout: Option<Span>,
        /// Between two reads of a request's body. Default: 30s.
        body_timeout: Option<Span>,
        /// Bytes a second that a body must arrive with; 0: any. Default: 1KiB.
        min_body_rate: Option<Size>,
        /// For the TLS handshake. Default: 10s.
        tls_timeout: Option<Span>,
        /// HTTP/2.
        http2: Option<Http2>,
    }

    /// HTTP/2.
    Http2 {
        /// Default: true.
        enabled: Option<bool>,
        /// Streams open at one time on a connection. Default: 128.
        max_concurrent_streams: Option<u64>,
        /// Resets a client may cause before its connection is closed. Default: 32.
        max_resets: Option<u64>,
    }

    /// The port that decides on texts without proxying anything.
    Decision {
        /// Address and port. Default: 127.0.0.1:8789.
        listen: Option<Listen>,
        /// Bearer tokens, separated by line breaks, commas or spaces. Default: none are asked for.
        tokens: Option<Secret>,
        /// Certificate and key.
        tls: Option<Tls>,
        /// Accept plain HTTP, or callers without a token, on an address that others can reach. Default: false.
        insecure: Option<bool>,
    }

    /// The port for health, metrics and versions.
    Admin {
        /// Address and port. Default: 127.0.0.1:8788.
        listen: Option<Listen>,
        /// Accept an address that others can reach: this port has neither TLS nor tokens. Default: false.
        insecure: Option<bool>,
    }

    /// One plugin of the chain.
    Plugin {
        /// Where it comes from: `builtin:NAME`, `file:PATH`, `oci://HOST/REPOSITORY@sha256:…`, or
        /// `oci://HOST/REPOSITORY:TAG`, which the lock file pins.
        #[serde(rename = "use")]
        source: Source,
        /// Its name here. Default: the plugin's own.
        name: Option<Name>,
        /// The stages it works in. Default: those it declares.
        stages: Option<Vec<Stage>>,
        /// What it is told when it is configured. A mapping with `env` or `file` as its only key
        /// and a string as its value is a secret, and is replaced by what it names.
        settings: Option<BTreeMap<String, serde_json::Value>>,
        /// What one call may use.
        limits: Option<PluginLimits>,
        /// What its fault means. Default: deny.
        on_error: Option<OnError>,
        /// Whether it acts. Default: enforce.
        mode: Option<Mode>,
        /// What it may do beside looking. Default: what a built-in plugin needs; nothing for others.
        grants: Option<Grants>,
        /// The SHA-256 that its file must have.
        digest: Option<Digest>,
        /// Whether its memory accesses are checked in a packed module. Default: trusted for built-in
        /// plugins, checked for others.
        bounds: Option<Bounds>,
    }

    /// What one call of a plugin may use.
    PluginLimits {
        /// Memory. Default: 64MiB.
        memory: Option<Size>,
        /// CPU time.
        time: Option<Time>,
        /// Bytes that cross in host calls. Default: 16MiB.
        host_call_bytes: Option<Size>,
        /// Findings. Default: 10000.
        findings: Option<u64>,
        /// Bytes handed back. Default: 8MiB.
        output: Option<Size>,
        /// Bytes kept for the next call of the exchange. Default: 256KiB, which is the most.
        state: Option<Size>,
    }

    /// CPU time of one call.
    Time {
        /// For any call. Default: 20ms.
        base: Option<Span>,
        /// For each MiB of text. Default: 150ms.
        per_mib: Option<Span>,
    }

    /// What a plugin may do beside looking.
    Grants {
        /// The directory it may read when it is configured.
        data: Option<FilePath>,
        /// Keep counters. Default: false.
        counters: Option<bool>,
        /// Ask for edits. Default: false.
        rewrite: Option<bool>,
        /// Write to the host's log. Default: false.
        log: Option<bool>,
    }

    /// The signatures that some sources need: one of `key`, `all_of` and `any_of`.
    Verify {
        /// The sources as they are written, without tag and digest: `*` is any text, `?` any
        /// letter. Paths are matched without `./` and `x/../`, registries without port 443, Docker's
        /// as `docker.io`; links are not followed. Built-in plugins are never asked.
        #[serde(rename = "match")]
        sources: SourcePattern,
        /// PEM file with the public key that must have signed.
        key: Option<FilePath>,
        /// What that signature's annotations must say.
        annotations: Option<BTreeMap<String, String>>,
        /// All of these must have signed.
        #[serde(alias = "allOf")]
        all_of: Option<Vec<Signers>>,
        /// One of these must have signed.
        #[serde(alias = "anyOf")]
        any_of: Option<Vec<Signers>>,
    }

    /// Who must have signed: one of `key`, `all_of` and `any_of`.
    Signers {
        /// PEM file with the public key.
        key: Option<FilePath>,
        /// What that signature's annotations must say.
        annotations: Option<BTreeMap<String, String>>,
        /// All of these must have signed.
        #[serde(alias = "allOf")]
        all_of: Option<Vec<Signers>>,
        /// One of these must have signed.
        #[serde(alias = "anyOf")]
        any_of: Option<Vec<Signers>>,
    }

    /// Rules, and what they see.
    RegoSection {
        /// Files and directories.
        paths: Option<Vec<FilePath>>,
        /// Show rules the text of segments. Default: false.
        /// A streamed text comes to them in pieces, unless its route says `stream: buffer`.
        expose_text: Option<bool>,
    }

    /// What happens to findings.
    ActionSection {
        /// What happens.
        action: Action,
        /// Findings with less confidence are allowed. Default: 0.
        #[schemars(range(min = 0.0, max = 1.0))]
        min_confidence: Option<f64>,
        /// Of these, findings from this confidence on are flagged. Default: none are.
        #[schemars(range(min = 0.0, max = 1.0))]
        flag_confidence: Option<f64>,
        /// Findings of a lower severity are allowed. Default: info.
        min_severity: Option<Severity>,
        /// Only in these stages. Default: all.
        stages: Option<OneOrMany<Stage>>,
        /// Only in segments of these roles. Default: all.
        roles: Option<OneOrMany<Role>>,
        /// Only in segments of this trust. Default: any.
        trust: Option<OneOrMany<Trust>>,
        /// Whether these rules act. Default: enforce.
        mode: Option<Mode>,
    }

    /// How much is inspected, and what happens to what cannot be.
    Limits {
        /// Bytes of a body, decompressed. Default: 32MiB.
        body: Option<Size>,
        /// Bytes of text in one stage. Default: 4MiB.
        text: Option<Size>,
        /// What happens to more than that. Default: deny.
        over_limit: Option<OverLimit>,
        /// What happens to parts, fields, roles or events of unknown meaning. Default: flag.
        unrecognized: Option<Treatment>,
        /// What happens to parts that are not text.
        opaque: Option<Opaque>,
        /// Bytes that a stream may hold back. Default: 256KiB.
        hold: Option<Size>,
        /// What happens when it would hold more. Default: deny.
        hold_exceeded: Option<HoldExceeded>,
        /// Time of one evaluation of the rules. Default: 5ms.
        rego: Option<Span>,
        /// Depth of nested JSON. Default: 128.
        depth: Option<u64>,
        /// Segments of one exchange. Default: 16384.
        segments: Option<u64>,
        /// Findings that rules see one by one. Default: 1000.
        findings: Option<u64>,
        /// Texts larger than this are evaluated in the pool. Default: 16KiB.
        inline: Option<Size>,
        /// Evaluations that may wait for the pool. Default: 1024.
        queue: Option<u64>,
    }

    /// What happens to parts that are not text.
    Opaque {
        /// Images. Default: allow.
        image: Option<Treatment>,
        /// Audio. Default: flag.
        audio: Option<Treatment>,
        /// Files. Default: deny.
        file: Option<Treatment>,
    }

    /// The audit log.
    Audit {
        /// The file: one JSON object a line.
        path: FilePath,
        /// What happens when records come faster than they can be written: the record is dropped
        /// and counted, or the request is refused. Default: drop.
        on_full: Option<OnFull>,
        /// Records that may wait to be written. Default: 8192.
        queue: Option<u64>,
        /// When a new file is begun. Default: never.
        rotate: Option<Rotate>,
        /// The key of the digests in the records. Default: a new one at each start.
        key: Option<Secret>,
    }

    /// When a new audit file is begun.
    Rotate {
        /// Bytes of a full file. Default: 100MiB.
        size: Option<Size>,
        /// Full files that are kept. Default: 5.
        keep: Option<u64>,
    }

    /// The cache of compiled plugins.
    Cache {
        /// Default: true.
        enabled: Option<bool>,
        /// The directory. Default: in the user's cache directory.
        dir: Option<FilePath>,
    }
}

/// One way to tell who is calling.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Identity {
    /// A signed token in `Authorization: Bearer`.
    Jwt(Jwt),
    /// A file of hashed keys. Each names principal, roles and tenant.
    ApiKeys(FilePath),
}

/// Where a secret comes from: an environment variable or a file.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(crate) enum Secret {
    /// The environment variable of this name.
    Env(EnvName),
    /// The file at this path.
    File(FilePath),
}

/// An action, or an action with conditions.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum ActionEntry {
    Short(Action),
    Long(ActionSection),
}

/// A list of files and directories, or a mapping.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum Rego {
    Short(Vec<FilePath>),
    Long(RegoSection),
}

/// One value, or a list of them.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub(crate) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Inner {
            Env(EnvName),
            File(FilePath),
        }
        struct SecretVisitor;
        impl<'de> Visitor<'de> for SecretVisitor {
            type Value = Secret;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`{ env: NAME }` or `{ file: PATH }`")
            }
            fn visit_str<E: Error>(self, _: &str) -> Result<Secret, E> {
                Err(E::custom(
                    "a secret does not stand in this file itself; hint: write `{ env: NAME }` or `{ file: PATH }`",
                ))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Secret, A::Error> {
                let inner = Inner::deserialize(MapAccessDeserializer::new(&mut map))?;
                if map.next_key::<IgnoredAny>()?.is_some() {
                    return Err(A::Error::custom(
                        "`env` and `file` exclude each other; hint: keep one",
                    ));
                }
                Ok(match inner {
                    Inner::Env(name) => Secret::Env(name),
                    Inner::File(path) => Secret::File(path),
                })
            }
        }
        deserializer.deserialize_any(SecretVisitor)
    }
}

impl<'de> Deserialize<'de> for ActionEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ActionVisitor;
        impl<'de> Visitor<'de> for ActionVisitor {
            type Value = ActionEntry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an action, or a mapping with `action`")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<ActionEntry, E> {
                Action::deserialize(StrDeserializer::new(word)).map(ActionEntry::Short)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ActionEntry, A::Error> {
                ActionSection::deserialize(MapAccessDeserializer::new(map)).map(ActionEntry::Long)
            }
        }
        deserializer.deserialize_any(ActionVisitor)
    }
}

impl<'de> Deserialize<'de> for Rego {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RegoVisitor;
        impl<'de> Visitor<'de> for RegoVisitor {
            type Value = Rego;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of files and directories, or a mapping with `paths`")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Rego, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(Rego::Short)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rego, A::Error> {
                RegoSection::deserialize(MapAccessDeserializer::new(map)).map(Rego::Long)
            }
        }
        deserializer.deserialize_any(RegoVisitor)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word or a list of words")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<OneOrMany<T>, E> {
                T::deserialize(StrDeserializer::new(word)).map(OneOrMany::One)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<OneOrMany<T>, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(OneOrMany::Many)
            }
        }
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}
