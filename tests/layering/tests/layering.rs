//! Which crate may know which, and what none may do.

use caponier_layering_test::{Package, packages, root, sources};

/// Each host crate, and those of the workspace that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("caponier-core", &[]),
    ("caponier-abi", &["caponier-core"]),
    ("caponier-config", &[]),
    ("caponier-protocol", &["caponier-core"]),
    ("caponier-registry", &[]),
    ("caponier-rego", &["caponier-core"]),
    ("caponier-component", &["caponier-abi", "caponier-core"]),
    (
        "caponier-decide",
        &[
            "caponier-config",
            "caponier-core",
            "caponier-protocol",
            "caponier-rego",
        ],
    ),
    (
        "caponier-runtime",
        &[
            "caponier-component",
            "caponier-config",
            "caponier-core",
            "caponier-decide",
            "caponier-registry",
            "caponier-rego",
        ],
    ),
    (
        "caponier-server",
        &[
            "caponier-config",
            "caponier-core",
            "caponier-decide",
            "caponier-protocol",
            "caponier-runtime",
        ],
    ),
    (
        "caponier-pack",
        &[
            "caponier-abi",
            "caponier-component",
            "caponier-config",
            "caponier-decide",
            "caponier-rego",
        ],
    ),
    (
        "caponier-envoy",
        &[
            "caponier-abi",
            "caponier-config",
            "caponier-core",
            "caponier-decide",
            "caponier-protocol",
            "caponier-rego",
        ],
    ),
    (
        "caponier-author",
        &[
            "caponier-component",
            "caponier-core",
            "caponier-pack",
            "caponier-sdk",
        ],
    ),
    (
        "caponier-cli",
        &[
            "caponier-author",
            "caponier-config",
            "caponier-core",
            "caponier-decide",
            "caponier-pack",
            "caponier-plugin-injection",
            "caponier-plugin-quota",
            "caponier-plugin-schema",
            "caponier-plugin-terms",
            "caponier-plugin-poison",
            "caponier-plugin-code",
            "caponier-plugin-leak",
            "caponier-plugin-urls",
            "caponier-plugin-unicode",
            "caponier-plugin-pii",
            "caponier-plugin-secrets",
            "caponier-protocol",
            "caponier-registry",
            "caponier-runtime",
            "caponier-sdk",
            "caponier-server",
        ],
    ),
    ("caponier-sdk", &[]),
    ("xtask", &["caponier-plugin-injection"]),
];

/// The crates that are the same code in both hosts: no I/O, no unsafe code.
const PURE: &[&str] = &["core", "protocol", "config", "rego", "decide"];

fn is_ours(name: &str, all: &[Package]) -> bool {
    all.iter().any(|package| package.name == name)
}

#[test]
fn crates_depend_only_on_the_layers_below() {
    let all = packages().unwrap();
    let mut wrong = Vec::new();
    for package in &all {
        let allowed: &[&str] = if package.directory.starts_with("plugins/") {
            &["caponier-sdk"]
        } else if package.directory.starts_with("tests/")
            || package.directory.starts_with("examples/")
        {
            continue;
        } else {
            match ARROWS.iter().find(|(name, _)| *name == package.name) {
                Some((_, allowed)) => allowed,
                None => {
                    wrong.push(format!("{} is not in the list of layers", package.name));
                    continue;
                }
            }
        };
        for dependency in package
            .dependencies
            .iter()
            .filter(|name| is_ours(name, &all))
        {
            if !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{} may not depend on {dependency}", package.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_plugins_are_built_on_never_meets_the_host() {
    for package in packages().unwrap() {
        if !package.directory.starts_with("plugins/") && !package.directory.starts_with("sdk/") {
            continue;
        }
        for dependency in package.dependencies.iter().chain(&package.dev_dependencies) {
            let host =
                ARROWS.iter().any(|(name, _)| name == dependency) && dependency != "caponier-sdk";
            assert!(!host, "{} depends on {dependency}", package.name);
        }
    }
}

#[test]
fn some_names_belong_to_few() {
    for package in packages().unwrap() {
        if package.directory.starts_with("tests/") {
            continue;
        }
        for dependency in &package.dependencies {
            let owners: &[&str] = match dependency.as_str() {
                "wasmtime" | "wasmtime-wasi" | "wasmtime-wizer" => &["caponier-component"],
                "regorus" => &["caponier-rego"],
                "anyhow" => &["caponier-cli", "xtask"],
                "serde" | "tokio" if package.name == "caponier-core" => &[],
                _ => continue,
            };
            assert!(
                owners.contains(&package.name.as_str()),
                "{} names {dependency}",
                package.name
            );
        }
    }
}

#[test]
fn pure_crates_touch_nothing_outside() {
    let mut wrong = Vec::new();
    for name in PURE {
        let directory = root().join("host").join(name).join("src");
        for (path, text) in sources(&directory).unwrap() {
            // Tests may read their cases, and the evaluator of rules has one clock, for its time limit.
            let is_test = path.components().any(|part| part.as_os_str() == "tests")
                || path.ends_with("tests.rs");
            if is_test {
                continue;
            }
            let has_clock = path.ends_with("rego/src/clock.rs");
            let code = text.split("#[cfg(test)]").next().unwrap();
            for (number, line) in code.lines().enumerate() {
                let line = line.split("//").next().unwrap();
                for banned in [
                    "std::fs",
                    "std::env",
                    "std::process",
                    "SystemTime",
                    "Instant::now",
                    "TcpStream",
                    "TcpListener",
                    "UdpSocket",
                    "ToSocketAddrs",
                ] {
                    if line.contains(banned) && !(has_clock && banned == "Instant::now") {
                        wrong.push(format!("{}:{}: {banned}", path.display(), number + 1));
                    }
                }
            }
        }
        let lib = std::fs::read_to_string(directory.join("lib.rs")).unwrap();
        if !lib.contains("#![forbid(unsafe_code)]") {
            wrong.push(format!("{name}: lib.rs does not forbid unsafe code"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_code_map_is_the_workspace() {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let mapped: Vec<&str> = text
        .lines()
        .skip_while(|line| *line != "## Code map")
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let mut wrong = Vec::new();
    let all = packages().unwrap();
    for package in &all {
        if !mapped.contains(&package.directory.as_str()) {
            wrong.push(format!("`{}` is not in the code map", package.directory));
        }
    }
    for directory in mapped {
        let is_package = all.iter().any(|package| package.directory == directory);
        if !is_package && !root().join(directory).is_dir() {
            wrong.push(format!(
                "the code map names `{directory}`, which is not there"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
