//! Guests written by hand: core modules in text form, wrapped as components of the real contract.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part of this; a guest that cannot be made fails its test"
)]

use std::fmt::Write;
use std::sync::OnceLock;

use caponier_component::{Call, Engine, EngineOptions, Limits, LoadError, LoadOptions, Plugin};
use caponier_core::{Context, Fault, Kind, Report, Role, Segment, Stage};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/policy.wit");

/// Where a guest's static parts lie. The heap begins with the second page.
const MANIFEST: u32 = 16;
const STRINGS: u32 = 256;
/// `result<_, string>` of `configure`, all zero: ok.
pub(crate) const CONFIGURED: u32 = 1024;
/// `result<report, string>` of `inspect`, all zero: an empty report.
pub(crate) const REPORT: u32 = 1100;
/// The `option<list<u8>>` in it that is the state: behind the `result`'s case and five lists.
pub(crate) const STATE: u32 = REPORT + 4 + 5 * 8;
/// Room for a guest's own use.
pub(crate) const FREE: u32 = 2048;

/// What differs between guests; everything is WebAssembly text.
#[derive(Clone)]
pub(crate) struct Guest {
    /// More of the world, in WIT.
    pub(crate) world: &'static str,
    /// Other packages, in WIT.
    pub(crate) packages: &'static [&'static str],
    /// Imports of the core module.
    pub(crate) imports: &'static str,
    /// What `cabi_realloc` does first.
    pub(crate) realloc: &'static str,
    /// Functions, globals, tables.
    pub(crate) items: &'static str,
    /// Body of `configure`, with `$ptr` and `$len`.
    pub(crate) configure: String,
    /// Body of `inspect`, with `$args`.
    pub(crate) inspect: String,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            world: "",
            packages: &[],
            imports: "",
            realloc: "",
            items: "",
            configure: format!("i32.const {CONFIGURED}"),
            inspect: format!("i32.const {REPORT}"),
        }
    }
}

/// A guest that does this when it inspects.
pub(crate) fn inspecting(body: &str) -> Guest {
    Guest {
        inspect: format!("{body}\ni32.const {REPORT}"),
        ..Guest::default()
    }
}

impl Guest {
    /// The core module.
    fn text(&self) -> String {
        let mut strings = String::new();
        let mut place = |text: &str| {
            let at = STRINGS + u32::try_from(strings.len()).unwrap();
            strings.push_str(text);
            [at, u32::try_from(text.len()).unwrap()]
        };
        let name = place("guest");
        let version = place("1.0.0");
        let rule = place("rule");
        let schema = place("{}");
        let stages = place("\u{0}\u{1}\u{2}");
        let kinds = place("\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\u{9}\u{a}");
        // One rule of 40 bytes: id, title, severity, category, window.
        let rules = STRINGS + 128;
        let mut manifest: Vec<u32> = Vec::new();
        for pair in [name, version, [0, 0], stages, kinds] {
            manifest.extend(pair);
        }
        manifest.push(0);
        manifest.extend([rules, 1]);
        manifest.extend(schema);
        manifest.extend([0, 0]);
        let mut rule_words: Vec<u32> = rule.to_vec();
        rule_words.extend([0; 8]);
        let words = |words: &[u32]| {
            words.iter().flat_map(|word| word.to_le_bytes()).fold(
                String::new(),
                |mut text, byte| {
                    write!(text, "\\{byte:02x}").unwrap();
                    text
                },
            )
        };
        let escaped = strings.bytes().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:02x}").unwrap();
            text
        });
        format!(
            r#"(module
              {imports}
              (memory (export "memory") 2)
              (global $heap (mut i32) (i32.const 65536))
              {items}
              (data (i32.const {MANIFEST}) "{manifest}")
              (data (i32.const {STRINGS}) "{escaped}")
              (data (i32.const {rules}) "{rule_words}")
              (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
                (local $at i32) (local $end i32)
                {realloc}
                (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
                (local.set $end (i32.add (local.get $at) (local.get $size)))
                (block $room
                  (br_if $room (i32.le_u (local.get $end) (i32.mul (memory.size) (i32.const 65536))))
                  (br_if $room (i32.ne (i32.const -1)
                    (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get $size) (i32.const 65536))))))
                  unreachable)
                (global.set $heap (local.get $end))
                (local.get $at))
              (func (export "caponier:policy/guard@0.1.0#describe") (result i32) (i32.const {MANIFEST}))
              (func (export "caponier:policy/guard@0.1.0#configure") (param $ptr i32) (param $len i32) (result i32)
                (local $a i32) (local $b i32)
                {configure})
              (func (export "caponier:policy/guard@0.1.0#inspect") (param $args i32) (result i32)
                (local $a i32) (local $b i32)
                {inspect})
            )"#,
            imports = self.imports,
            realloc = self.realloc,
            items = self.items,
            manifest = words(&manifest),
            rule_words = words(&rule_words),
            configure = self.configure,
            inspect = self.inspect,
        )
    }

    /// The component.
    pub(crate) fn component(&self) -> Vec<u8> {
        let contract = std::fs::read_to_string(CONTRACT).unwrap();
        self.component_of(&contract)
    }

    /// The component, of another contract.
    pub(crate) fn component_of(&self, contract: &str) -> Vec<u8> {
        let mut resolve = Resolve::default();
        resolve.push_str("policy.wit", contract).unwrap();
        for package in self.packages {
            resolve.push_str("more.wit", package).unwrap();
        }
        let version = if contract.contains("policy@0.2.0") {
            "0.2.0"
        } else {
            "0.1.0"
        };
        let world = format!(
            "package test:guest;\nworld guest {{\n include caponier:policy/policy@{version};\n{}\n}}",
            self.world
        );
        let package = resolve.push_str("guest.wit", &world).unwrap();
        let world = resolve.select_world(&[package], Some("guest")).unwrap();
        let text = self
            .text()
            .replace("guard@0.1.0", &format!("guard@{version}"));
        let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .unwrap();
        ComponentEncoder::default()
            .module(&module)
            .unwrap()
            .validate(true)
            .encode()
            .unwrap()
    }

    /// Loads it as an operator would who changed nothing.
    pub(crate) fn load(&self) -> Plugin {
        self.try_load(LoadOptions::default()).unwrap()
    }

    /// Loads it.
    pub(crate) fn try_load(&self, options: LoadOptions) -> Result<Plugin, LoadError> {
        engine().load(&self.component(), options)
    }
}

/// One engine for all tests of a file.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        Engine::new(EngineOptions {
            threads: 8,
            ..EngineOptions::default()
        })
        .unwrap()
    })
}

/// Options with small limits.
pub(crate) fn limited(change: impl FnOnce(&mut Limits)) -> LoadOptions {
    let mut options = LoadOptions::default();
    change(&mut options.limits);
    options
}

/// A context in which nothing matters but the stage.
pub(crate) fn context() -> Context {
    Context {
        exchange: "exchange".to_owned(),
        stage: Stage::Prompt,
        tenant: Some("tenant".to_owned()),
        principal: None,
        route: "/v1/*".to_owned(),
        model: None,
        time: 1,
        seed: 2,
        attributes: Vec::new(),
    }
}

/// One call with one short text.
pub(crate) fn inspect(plugin: &Plugin) -> Result<Report, Fault> {
    inspect_text(plugin, "some text")
}

/// One call with one text.
pub(crate) fn inspect_text(plugin: &Plugin, text: &str) -> Result<Report, Fault> {
    let segment = Segment::new(7, Role::User, Kind::Text, text);
    plugin.inspect(&Call::new(&context(), &[&segment], b""))
}
