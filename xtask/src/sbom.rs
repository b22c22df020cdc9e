//! What a built-in plugin is made of: a bill of materials in CycloneDX's JSON.
//!
//! It lists the crates that go into the WebAssembly, and not those that only make it: procedural
//! macros and what they are built on leave nothing behind. It has no time and no random number, so
//! that the same checkout gives the same text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use toml::Table;

use crate::compile::cargo;
use crate::place;

/// Where crates come from whose checksum says what they are.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// How the standard library is called here. It is in each component, and in no lock file.
const STANDARD: &str = "std";

/// A crate in a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    name: String,
    version: String,
}

/// A crate as cargo has resolved it for the plugins together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Crate {
    licence: String,
    repository: String,
    features: String,
    depends_on: BTreeSet<Name>,
}

/// The crates that packages are made of.
pub(crate) struct Materials {
    crates: BTreeMap<Name, Crate>,
    /// The checksums of those that a registry has; `None` for the checkout's own.
    checksums: BTreeMap<Name, Option<String>>,
    /// The compiler's version, which is the standard library's.
    rust: String,
}

impl Materials {
    /// Asks cargo for all `packages` at once: built together, they share the features of what they
    /// are built on.
    pub(crate) fn of(packages: &[String], target: &str) -> Result<Self> {
        let mut tree = cargo();
        tree.args(["tree", "--locked", "--target", target])
            .args(["--edges", "normal,no-proc-macro", "--no-dedupe"])
            .args(["--prefix", "depth", "--format", "\t{p}\t{l}\t{r}\t{f}"])
            .args(["--charset", "ascii", "--color", "never"]);
        for package in packages {
            tree.args(["--package", package]);
        }
        let lock = place::root().join("Cargo.lock");
        let lock = std::fs::read_to_string(&lock)
            .with_context(|| format!("reading {}", lock.display()))?;
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.current_dir(place::root()).arg("-Vv");
        let rust = output(&mut rustc)?;
        let rust = rust
            .lines()
            .find_map(|line| line.strip_prefix("release: "))
            .context("`rustc -Vv` names no release")?;
        Ok(Self {
            crates: crates(&output(&mut tree)?)?,
            checksums: checksums(&lock)?,
            rust: rust.to_owned(),
        })
    }

    /// The bill of one package's component, as text that ends with a line feed.
    pub(crate) fn bill(&self, package: &str, component: &[u8]) -> Result<String> {
        let root = self
            .crates
            .keys()
            .find(|name| name.name == package)
            .with_context(|| format!("cargo's tree has no package `{package}`"))?;
        let digest = hex(component);
        let mut own = self.component(root)?;
        // What is delivered is the component and not the crate.
        let purl = format!("{}?checksum=sha256:{digest}", self.reference(root)?);
        own.insert("purl".into(), purl.into());
        own.insert("mime-type".into(), "application/wasm".into());
        own.insert("hashes".into(), hashes(&digest));

        let mut parts = self.reachable(root)?;
        let mut dependencies = Vec::new();
        for name in &parts {
            let mut depends_on = BTreeSet::from([self.standard_reference()]);
            for other in &self.get(name)?.depends_on {
                depends_on.insert(self.reference(other)?);
            }
            dependencies.push(json!({ "ref": self.reference(name)?, "dependsOn": depends_on }));
        }
        dependencies.push(json!({ "ref": self.standard_reference(), "dependsOn": [] }));
        parts.remove(root);
        let mut components = Vec::new();
        for name in &parts {
            components.push(Value::Object(self.component(name)?));
        }
        components.push(self.standard());
        let mut bill = json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": { "lifecycles": [{ "phase": "build" }], "component": own },
            "components": components,
            "dependencies": dependencies,
        });
        let serial = serial(&hex(bill.to_string().as_bytes()))?;
        if let Some(bill) = bill.as_object_mut() {
            bill.insert("serialNumber".into(), serial.into());
        }
        Ok(serde_json::to_string_pretty(&bill)? + "\n")
    }

    fn get(&self, name: &Name) -> Result<&Crate> {
        let Name {
            name: crate_name,
            version,
        } = name;
        self.crates
            .get(name)
            .with_context(|| format!("cargo's tree has no crate {crate_name} {version}"))
    }

    /// A package with everything that it stands on.
    fn reachable(&self, root: &Name) -> Result<BTreeSet<Name>> {
        let (mut found, mut open) = (BTreeSet::new(), vec![root]);
        while let Some(name) = open.pop() {
            if found.insert(name.clone()) {
                open.extend(&self.get(name)?.depends_on);
            }
        }
        Ok(found)
    }

    /// The crate's checksum; an error where nobody can say what it is.
    fn checksum(&self, name: &Name) -> Result<Option<&str>> {
        let Name {
            name: crate_name,
            version,
        } = name;
        let known = self.checksums.get(name);
        let checksum = known.with_context(|| {
            format!("Cargo.lock has no crate {crate_name} {version} from crates.io or the checkout; hint: a bill of materials needs its checksum")
        })?;
        Ok(checksum.as_deref())
    }

    /// What the crate is called in the bill, which is its package URL.
    fn reference(&self, name: &Name) -> Result<String> {
        let kind = match self.checksum(name)? {
            Some(_) => "cargo",
            // No registry has it: another may publish what it likes under this name.
            None => "generic",
        };
        Ok(format!(
            "pkg:{kind}/{}@{}",
            name.name,
            name.version.replace('+', "%2B")
        ))
    }

    fn component(&self, name: &Name) -> Result<Map<String, Value>> {
        let own = self.get(name)?;
        let Name {
            name: crate_name,
            version,
        } = name;
        ensure!(
            !own.licence.is_empty(),
            "the crate {crate_name} {version} names no licence; hint: a bill of materials needs it"
        );
        let reference = self.reference(name)?;
        let mut made = Map::new();
        let mut put = |key: &str, value: Value| made.insert(key.to_owned(), value);
        put("type", "library".into());
        put("bom-ref", reference.clone().into());
        put("name", crate_name.clone().into());
        put("version", version.clone().into());
        put("purl", reference.into());
        // An older way to write a choice, which is no expression of SPDX.
        let expression = own.licence.replace('/', " OR ");
        put("licenses", json!([{ "expression": expression }]));
        if let Some(checksum) = self.checksum(name)? {
            put("hashes", hashes(checksum));
        }
        if !own.repository.is_empty() {
            put(
                "externalReferences",
                json!([{ "type": "vcs", "url": own.repository }]),
            );
        }
        if !own.features.is_empty() {
            put(
                "properties",
                json!([{ "name": "cargo:features", "value": own.features }]),
            );
        }
        Ok(made)
    }

    fn standard_reference(&self) -> String {
        format!("pkg:github/rust-lang/rust@{}", self.rust)
    }

    fn standard(&self) -> Value {
        json!({
            "type": "library",
            "bom-ref": self.standard_reference(),
            "name": STANDARD,
            "version": self.rust,
            "description": "Rust's standard library, with the crates that it is built from.",
            "purl": self.standard_reference(),
            "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            "externalReferences": [{ "type": "vcs", "url": "https://github.com/rust-lang/rust" }],
        })
    }
}

/// Where the bill of a built-in plugin goes.
pub(crate) fn path(plugin: &str) -> std::path::PathBuf {
    place::wasm().join(format!("sbom/{plugin}.cdx.json"))
}

/// What a command says.
fn output(command: &mut Command) -> Result<String> {
    let program = Path::new(command.get_program()).display().to_string();
    let output = command
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{program} ended with {}: {}", output.status, said.trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Reads lines of `cargo tree`: depth, name and version, licence, repository, features. A line
/// belongs to the last one above it that is less deep.
fn crates(tree: &str) -> Result<BTreeMap<Name, Crate>> {
    let mut found: BTreeMap<Name, Crate> = BTreeMap::new();
    let mut above: Vec<Name> = Vec::new();
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let unclear = || format!("cargo's tree has a line that is not understood: {line}");
        let mut fields = line.split('\t');
        let mut next = || fields.next().with_context(unclear);
        let (depth, package) = (next()?, next()?);
        let (licence, repository, features) = (next()?, next()?, next()?);
        let depth: usize = depth.parse().with_context(unclear)?;
        let mut words = package.split(' ');
        let name = words.next().unwrap_or_default().to_owned();
        let version = words.next().and_then(|word| word.strip_prefix('v'));
        let version = version.with_context(unclear)?.to_owned();
        ensure!(depth <= above.len(), unclear());
        above.truncate(depth);
        let name = Name { name, version };
        if let Some(parent) = above.last().and_then(|parent| found.get_mut(parent)) {
            parent.depends_on.insert(name.clone());
        }
        let own = found.entry(name.clone()).or_default();
        own.licence = licence.to_owned();
        own.repository = repository.to_owned();
        own.features = features.to_owned();
        above.push(name);
    }
    Ok(found)
}

/// Reads the checksums of a lock file. A crate from elsewhere is left out.
fn checksums(lock: &str) -> Result<BTreeMap<Name, Option<String>>> {
    let lock: Table = lock.parse().context("reading Cargo.lock")?;
    let mut found = BTreeMap::new();
    let packages = lock.get("package").and_then(toml::Value::as_array);
    for package in packages.context("Cargo.lock has no packages")? {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str);
        let (Some(name), Some(version)) = (text("name"), text("version")) else {
            bail!("Cargo.lock has a package without name or version");
        };
        let checksum = match (text("source"), text("checksum")) {
            (None, _) => None,
            (Some(REGISTRY), Some(checksum)) => Some(checksum.to_owned()),
            _ => continue,
        };
        let (name, version) = (name.to_owned(), version.to_owned());
        found.insert(Name { name, version }, checksum);
    }
    Ok(found)
}

fn hashes(sha256: &str) -> Value {
    json!([{ "alg": "SHA-256", "content": sha256 }])
}

fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A UUID of the kind whose meaning is its maker's, from a digest.
fn serial(digest: &str) -> Result<String> {
    let part = |range: std::ops::Range<usize>| digest.get(range).context("a short digest");
    Ok(format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        part(0..8)?,
        part(8..12)?,
        part(12..15)?,
        part(15..18)?,
        part(18..30)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "0\tours v0.1.0 (/a folder/ours)\tApache-2.0\t\t\n\
        1\tone v1.0.0\tMIT/Apache-2.0\thttps://example.org/one\tdefault,std\n\
        2\ttwo v2.0.0+3\tMIT\t\t\n\
        1\ttwo v2.0.0+3\tMIT\t\t\n\
        \n\
        0\tother v0.1.0 (/other)\tApache-2.0\t\t\n\
        1\tfar v1.0.0 (https://example.org/far#12345678)\tMIT\t\t\n";
    const LOCK: &str = r#"
        version = 4
        [[package]]
        name = "ours"
        version = "0.1.0"
        [[package]]
        name = "other"
        version = "0.1.0"
        [[package]]
        name = "one"
        version = "1.0.0"
        source = "registry+https://github.com/rust-lang/crates.io-index"
        checksum = "11"
        [[package]]
        name = "two"
        version = "2.0.0+3"
        source = "registry+https://github.com/rust-lang/crates.io-index"
        checksum = "22"
        [[package]]
        name = "far"
        version = "1.0.0"
        source = "git+https://example.org/far#12345678"
    "#;

    fn materials(tree: &str, lock: &str) -> Materials {
        Materials {
            crates: crates(tree).unwrap(),
            checksums: checksums(lock).unwrap(),
            rust: "1.95.0".into(),
        }
    }

    #[test]
    fn a_bill_lists_what_is_reached_and_nothing_else() {
        let text = materials(TREE, LOCK).bill("ours", b"wasm").unwrap();
        assert_eq!(text, materials(TREE, LOCK).bill("ours", b"wasm").unwrap());
        let bill: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            bill["components"],
            json!([
                {
                    "type": "library",
                    "bom-ref": "pkg:cargo/one@1.0.0",
                    "name": "one",
                    "version": "1.0.0",
                    "purl": "pkg:cargo/one@1.0.0",
                    "licenses": [{ "expression": "MIT OR Apache-2.0" }],
                    "hashes": [{ "alg": "SHA-256", "content": "11" }],
                    "externalReferences": [{ "type": "vcs", "url": "https://example.org/one" }],
                    "properties": [{ "name": "cargo:features", "value": "default,std" }],
                },
                {
                    "type": "library",
                    "bom-ref": "pkg:cargo/two@2.0.0%2B3",
                    "name": "two",
                    "version": "2.0.0+3",
                    "purl": "pkg:cargo/two@2.0.0%2B3",
                    "licenses": [{ "expression": "MIT" }],
                    "hashes": [{ "alg": "SHA-256", "content": "22" }],
                },
                materials(TREE, LOCK).standard(),
            ])
        );
        let rust = "pkg:github/rust-lang/rust@1.95.0";
        assert_eq!(
            bill["dependencies"],
            json!([
                { "ref": "pkg:cargo/one@1.0.0", "dependsOn": ["pkg:cargo/two@2.0.0%2B3", rust] },
                { "ref": "pkg:generic/ours@0.1.0", "dependsOn": ["pkg:cargo/one@1.0.0", "pkg:cargo/two@2.0.0%2B3", rust] },
                { "ref": "pkg:cargo/two@2.0.0%2B3", "dependsOn": [rust] },
                { "ref": rust, "dependsOn": [] },
            ])
        );
        let own = &bill["metadata"]["component"];
        assert_eq!(own["hashes"], hashes(&hex(b"wasm")));
        // Another component has another bill, by another number.
        let other = materials(TREE, LOCK).bill("ours", b"wasn").unwrap();
        let other: Value = serde_json::from_str(&other).unwrap();
        assert_ne!(bill["serialNumber"], other["serialNumber"]);
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        let without = |line: &str| TREE.replace(line, "");
        for (tree, lock, package, words) in [
            (TREE.to_owned(), LOCK, "third", "no package `third`"),
            (TREE.to_owned(), LOCK, "other", "far 1.0.0"),
            (TREE.to_owned(), "package = []", "ours", "ours 0.1.0"),
            (
                without("MIT/Apache-2.0"),
                LOCK,
                "ours",
                "one 1.0.0 names no licence",
            ),
        ] {
            let error = materials(&tree, lock).bill(package, b"wasm").unwrap_err();
            assert!(format!("{error:#}").contains(words), "{error:#}");
        }
        for tree in [
            "ours v0.1.0\n",
            "0\tours\tMIT\t\t\n",
            "0\tours v1\tMIT\n",
            "1\tours v1\tMIT\t\t\n",
            "x\tours v1\tMIT\t\t\n",
        ] {
            assert!(crates(tree).is_err(), "{tree:?}");
        }
        for lock in ["", "package = 1", "[[package]]\nname = \"a\"", "{"] {
            assert!(checksums(lock).is_err(), "{lock:?}");
        }
    }
}
