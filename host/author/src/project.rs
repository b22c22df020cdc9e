//! A plugin's project, and what it says of its plugin.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::metadata::Words;
use crate::names::Name;
use crate::{Error, Language};

/// A folder with a plugin in it.
#[derive(Debug)]
pub struct Project {
    /// The folder.
    pub folder: PathBuf,
    /// What its plugin is written in.
    pub language: Language,
    pub(crate) words: Words,
    /// The world that it is built for: one with counters, or one without.
    pub(crate) world: String,
    /// Where its SDK lies, from its folder.
    pub(crate) sdk: PathBuf,
}

impl Project {
    /// Finds out what is in a folder.
    ///
    /// # Errors
    /// Where there is no project, or it does not say its plugin's name and version.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let is_there = |language: &Language| folder.join(language.project_file()).is_file();
        let language = Language::ALL.into_iter().find(is_there);
        let language = language.ok_or_else(|| Error::NoProject {
            path: folder.to_owned(),
        })?;
        let file = folder.join(language.project_file());
        let (words, world, sdk) = match language {
            Language::Rust => (cargo(folder, &file)?, None, None),
            Language::Python => pyproject(&file)?,
            Language::Js => package_json(&file)?,
            Language::C => (makefile(&file)?, None, None),
        };
        // `new` puts the SDK there.
        let beside = || Path::new(".").join("caponier").join(language.as_str());
        Ok(Self {
            folder: folder.to_owned(),
            language,
            words,
            world: world.unwrap_or_else(|| "plugin".to_owned()),
            sdk: sdk.map_or_else(beside, PathBuf::from),
        })
    }

    /// The plugin's name, as the project has it.
    pub fn name(&self) -> &str {
        &self.words.name
    }

    /// Where its component goes, unless something else is said.
    pub fn component(&self) -> PathBuf {
        self.folder.join(format!("{}.wasm", self.words.name))
    }

    /// The file that says what the plugin is.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join(self.language.project_file())
    }
}

fn wrong(file: &Path, problem: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::Project {
        path: file.to_owned(),
        problem: problem.into(),
        hint: hint.into(),
    }
}

/// Name and version are what nobody can do without.
fn complete(
    file: &Path,
    get: impl Fn(&str) -> Option<String>,
    keys: [&str; 5],
) -> Result<Words, Error> {
    let [name, version, description, licence, source] = keys;
    let need = |key: &str, like: &str| {
        let value = get(key).filter(|value| !value.is_empty());
        value.ok_or_else(|| {
            wrong(
                file,
                format!("`{key}` is not there"),
                format!("add it: {like}"),
            )
        })
    };
    let plugin = need(name, "the plugin's name in kebab-case")?;
    // It becomes a file's name, and the one by which operators know it.
    Name::new(&plugin).map_err(|error| {
        let text = error.to_string();
        let (problem, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
        wrong(file, format!("`{name}`: {problem}"), hint)
    })?;
    let number = need(version, "a version such as 0.1.0")?;
    if !is_version(&number) {
        let problem = format!("`{version}`: `{number}` is no version");
        return Err(wrong(file, problem, "three numbers, as in 0.1.0"));
    }
    Ok(Words {
        name: plugin,
        version: number,
        description: get(description),
        licence: get(licence),
        source: get(source),
    })
}

/// Three numbers, and what semantic versioning has behind them.
fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    let is_number = |number: &&str| {
        !number.is_empty() && number.len() < 10 && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    numbers.len() == 3 && numbers.iter().all(is_number)
}

/// Cargo knows what a workspace fills in.
fn cargo(folder: &Path, file: &Path) -> Result<Words, Error> {
    let mut command = Command::new("cargo");
    command.current_dir(folder).args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let output = command.output().map_err(|_| crate::build::no_cargo())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().next().unwrap_or("cargo does not say why");
        let problem = first.trim_start_matches("error: ").to_owned();
        return Err(wrong(file, problem, "`cargo metadata` must accept it"));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| wrong(file, error.to_string(), "`cargo metadata` must accept it"))?;
    let place = file.canonicalize().map_err(Error::file(file))?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let package = packages.into_iter().flatten().find(|package| {
        let manifest = package.get("manifest_path").and_then(Value::as_str);
        manifest.is_some_and(|manifest| Path::new(manifest) == place)
    });
    let package = package.ok_or_else(|| {
        wrong(
            file,
            "it describes no package",
            "run this in the folder of the plugin, not of its workspace",
        )
    })?;
    let get = |key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
    complete(
        file,
        get,
        ["name", "version", "description", "license", "repository"],
    )
}

/// What a project says of its plugin; its world and where its SDK lies, if it says so.
type Said = (Words, Option<String>, Option<String>);

fn pyproject(file: &Path) -> Result<Said, Error> {
    let text = std::fs::read_to_string(file).map_err(Error::file(file))?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| wrong(file, error.to_string(), "it must be TOML"))?;
    let project = table.get("project").and_then(toml::Value::as_table);
    let get = |key: &str| {
        let project = project?;
        let value = match key {
            "source" => project.get("urls")?.get("source").or_else(|| {
                let urls = project.get("urls")?;
                ["Source", "repository", "Repository"]
                    .iter()
                    .find_map(|key| urls.get(key))
            })?,
            // Since PEP 639 it is a string; before, it was a table.
            "license" => project
                .get("license")
                .map(|licence| licence.get("text").unwrap_or(licence))?,
            key => project.get(key)?,
        };
        value.as_str().map(str::to_owned)
    };
    let words = complete(
        file,
        get,
        ["name", "version", "description", "license", "source"],
    )?;
    let tool = table.get("tool").and_then(|tool| tool.get("caponier"));
    let own = |key: &str| tool?.get(key)?.as_str().map(str::to_owned);
    Ok((words, own("world"), own("sdk")))
}

fn package_json(file: &Path) -> Result<Said, Error> {
    let text = std::fs::read_to_string(file).map_err(Error::file(file))?;
    let package: Value = serde_json::from_str(&text)
        .map_err(|error| wrong(file, error.to_string(), "it must be JSON"))?;
    let get = |key: &str| {
        let value = package.get(key)?;
        let value = value.get("url").unwrap_or(value).as_str()?;
        Some(value.strip_prefix("git+").unwrap_or(value).to_owned())
    };
    let words = complete(
        file,
        get,
        ["name", "version", "description", "license", "repository"],
    )?;
    let own = |key: &str| {
        package
            .get("caponier")?
            .get(key)?
            .as_str()
            .map(str::to_owned)
    };
    Ok((words, own("world"), own("sdk")))
}

/// Lines such as `NAME := my-plugin`.
fn makefile(file: &Path) -> Result<Words, Error> {
    let text = std::fs::read_to_string(file).map_err(Error::file(file))?;
    let get = |key: &str| {
        text.lines().find_map(|line| {
            let rest = line.strip_prefix(key)?.trim_start();
            let value = ["::=", ":=", "?=", "="]
                .iter()
                .find_map(|sign| rest.strip_prefix(sign))?;
            Some(
                value
                    .split(" #")
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_owned(),
            )
        })
    };
    complete(
        file,
        get,
        ["NAME", "VERSION", "DESCRIPTION", "LICENSE", "SOURCE"],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(file: &str, text: &str) -> Result<Project, Error> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
        Project::open(folder.path())
    }

    #[test]
    fn each_language_says_what_its_plugin_is() {
        let python = "[project]\nname = \"a\"\nversion = \"1.0.0\"\nlicense = { text = \"MIT\" }\n[project.urls]\nSource = \"https://example.org/a\"\n";
        let js = r#"{"name": "a", "version": "1.0.0", "license": "MIT", "repository": {"type": "git", "url": "git+https://example.org/a"}}"#;
        let c = "NAME := a\nVERSION = 1.0.0 # the first\nLICENSE ?= MIT\nSOURCE := https://example.org/a\nNAMES = b\n";
        for (file, text) in [
            ("pyproject.toml", python),
            ("package.json", js),
            ("Makefile", c),
        ] {
            let words = project(file, text).unwrap().words;
            assert_eq!(
                (words.name.as_str(), words.version.as_str()),
                ("a", "1.0.0"),
                "{file}"
            );
            assert_eq!(words.licence.as_deref(), Some("MIT"), "{file}");
            assert_eq!(
                words.source.as_deref(),
                Some("https://example.org/a"),
                "{file}"
            );
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        for (file, text, named) in [
            ("pyproject.toml", "[project]\nname = \"a\"\n", "`version`"),
            ("package.json", "{}", "`name`"),
            ("package.json", "{", "package.json"),
            ("Makefile", "NAME := a\n", "`VERSION`"),
            ("README.md", "", "no plugin project"),
            (
                "Makefile",
                "NAME := ../../evil\nVERSION := 1.0.0\n",
                "`evil`",
            ),
            ("Makefile", "NAME := a\nVERSION := one\n", "no version"),
            (
                "package.json",
                r#"{"name": "@acme/plug", "version": "1.0.0"}"#,
                "kebab",
            ),
        ] {
            let error = project(file, text).unwrap_err().to_string();
            assert!(
                error.contains(named) && error.contains("hint: "),
                "{file}: {error}"
            );
        }
    }
}
