//! The rules of the house that no compiler checks: who may know whom, whose licence we can live with,
//! and what must not be in the repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use serde_json::Value;

use crate::support::tell;

/// Who may import whom, as ARCHITECTURE.md draws it.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("waterline-core", &[]),
    ("waterline-migrations", &[]),
    ("waterline-charts", &["waterline-core"]),
    ("waterline-board-pack", &["waterline-core", "waterline-charts"]),
    ("waterline-store", &["waterline-core", "waterline-migrations"]),
    ("waterline-ingestor", &["waterline-core", "waterline-store"]),
    ("waterline-simulator", &["waterline-core"]),
    ("waterline-web", &["waterline-core", "waterline-charts", "waterline-board-pack", "waterline-store"]),
    (
        "waterline",
        &[
            "waterline-core",
            "waterline-charts",
            "waterline-board-pack",
            "waterline-store",
            "waterline-ingestor",
            "waterline-simulator",
            "waterline-web",
        ],
    ),
    (
        "waterline-tests",
        &["waterline-core", "waterline-store", "waterline-ingestor", "waterline-simulator", "waterline-web"],
    ),
];

/// Libraries that only some crates may know.
const KEPT_TO: &[(&str, &[&str])] = &[
    ("sea-orm", &["waterline-store", "waterline-migrations"]),
    ("sea-orm-migration", &["waterline-store", "waterline-migrations"]),
    ("sqlx", &[]),
    ("reqwest", &["waterline-ingestor", "waterline-tests"]),
    ("actix-web", &["waterline-web", "waterline-simulator"]),
];

/// What core must not know even through others: it has no I/O and no async.
const NOT_IN_CORE: &[&str] = &["tokio", "sea-orm", "sqlx", "reqwest", "hyper", "actix-web"];

/// One TLS, in Rust: a second one would double the build and the advisories to follow.
const NOWHERE: &[&str] = &["openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"];

/// Licences whose terms a notice fulfils.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Sources longer than 500 lines, each with the reason why it stays whole.
const LONG: &[(&str, &str)] = &[];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// For Linux, which is where Waterline runs; without that, cargo downloads every library for Windows too.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn list<'a>(json: &'a Value, field: &str) -> &'a [Value] {
    json[field].as_array().unwrap()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap()
}

/// Every package that some part of Waterline is built from, by its id.
fn packages(metadata: &Value) -> BTreeMap<&str, &Value> {
    let used: BTreeSet<&str> =
        list(&metadata["resolve"], "nodes").iter().map(|node| node["id"].as_str().unwrap()).collect();
    let all = list(metadata, "packages").iter().map(|package| (package["id"].as_str().unwrap(), package));
    all.filter(|(id, _)| used.contains(id)).collect()
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn crates_import_only_whom_they_may() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for package in list(&metadata, "packages").iter().filter(|package| package["source"].is_null()) {
        let name = name(package);
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(importer, _)| *importer == name) else {
            faults.push(format!("{name} has no place in MAY_IMPORT"));
            continue;
        };
        for dependency in list(package, "dependencies") {
            let imported = dependency["name"].as_str().unwrap();
            if imported.starts_with("waterline") && !allowed.contains(&imported) {
                faults.push(format!("{name} must not import {imported}"));
            }
            if let Some((_, keepers)) = KEPT_TO.iter().find(|(library, _)| *library == imported)
                && !keepers.contains(&name)
            {
                faults.push(format!("{name} must not use {imported}"));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn core_stays_free_of_io_and_async() {
    let metadata = metadata();
    let packages = packages(&metadata);
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"], "nodes").iter().map(|node| (node["id"].as_str().unwrap(), node)).collect();
    let core = packages.iter().find(|(_, package)| name(package) == "waterline-core").unwrap().0;
    let mut seen = BTreeSet::new();
    let mut waiting = vec![*core];
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            let normal = list(nodes[id], "deps")
                .iter()
                .filter(|dependency| list(dependency, "dep_kinds").iter().any(|kind| kind["kind"].is_null()));
            waiting.extend(normal.map(|dependency| dependency["pkg"].as_str().unwrap()));
        }
    }
    let names: BTreeSet<&str> = seen.iter().map(|id| name(packages[id])).collect();
    let faults: Vec<String> = NOT_IN_CORE
        .iter()
        .filter(|library| names.contains(*library))
        .map(|library| format!("waterline-core pulls in {library}"))
        .collect();
    assert_none(&faults);
}

#[test]
fn every_library_has_a_licence_that_we_can_live_with() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for package in packages(&metadata).values() {
        let name = name(package);
        let licence = package["license"].as_str().unwrap_or_default();
        if !is_fine(licence) {
            faults.push(format!("{name} is under \"{licence}\""));
        }
        if NOWHERE.contains(&name) {
            faults.push(format!("{name} is not to be used, because rustls with ring is our one TLS"));
        }
    }
    assert_none(&faults);
}

/// Whether an SPDX expression can be met with the licences above. Old packages write `/` for `OR`.
fn is_fine(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    alternatives(&mut rest) && rest.is_empty()
}

fn alternatives(rest: &mut &[&str]) -> bool {
    let mut fine = conditions(rest);
    while rest.first() == Some(&"OR") {
        *rest = &rest[1..];
        // Read to the end whatever came before.
        fine = conditions(rest) || fine;
    }
    fine
}

fn conditions(rest: &mut &[&str]) -> bool {
    let mut fine = licence(rest);
    while rest.first() == Some(&"AND") {
        *rest = &rest[1..];
        fine = licence(rest) && fine;
    }
    fine
}

fn licence(rest: &mut &[&str]) -> bool {
    match **rest {
        ["(", ..] => {
            *rest = &rest[1..];
            let fine = alternatives(rest);
            let closed = rest.first() == Some(&")");
            *rest = rest.get(1..).unwrap_or_default();
            fine && closed
        }
        [licence, "WITH", exception, ..] => {
            *rest = &rest[3..];
            LICENCES.contains(&format!("{licence} WITH {exception}").as_str())
        }
        [licence, ..] => {
            *rest = &rest[1..];
            LICENCES.contains(&licence)
        }
        [] => false,
    }
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    for fine in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-2.0) AND ISC",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_fine(fine), "{fine}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT )", "MIT WITH GPL"] {
        assert!(!is_fine(bad), "{bad}");
    }
}

/// Tracked files with their text; `None` where this is not a checkout, or a file is not text.
fn tracked() -> Option<Vec<(String, String)>> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().ok()?;
    if !output.status.success() {
        tell("repository checks not run: this is not a git checkout");
        return None;
    }
    let names = String::from_utf8(output.stdout).unwrap();
    let read = |name: &str| Some((name.to_owned(), std::fs::read_to_string(root().join(name)).ok()?));
    Some(names.split_terminator('\0').filter_map(read).collect())
}

#[test]
fn sources_are_short_enough_to_be_read() {
    let faults: Vec<String> = tracked()
        .unwrap_or_default()
        .iter()
        .filter(|(name, text)| name.ends_with(".rs") && text.lines().count() > 500)
        .filter(|(name, _)| !LONG.iter().any(|(long, _)| long == name))
        .map(|(name, text)| format!("{name} has {} lines; split it by meaning", text.lines().count()))
        .collect();
    assert_none(&faults);
}

#[test]
fn the_repository_names_no_registry_and_no_ones_machine() {
    let here = "tests/end_to_end/house.rs";
    let mut faults = Vec::new();
    for (name, text) in tracked().unwrap_or_default().iter().filter(|(name, _)| name != here) {
        if name.ends_with("package-lock.json") && text.contains("\"resolved\": \"http") {
            faults.push(format!(
                "{name} names a registry; npm writes none with omit-lockfile-registry-resolved"
            ));
        }
        for (number, line) in text.lines().enumerate() {
            let folders = ["/work/", "/root/", "/home/", "/Users/", "C:\\"];
            if let Some(folder) = folders.iter().find(|folder| line.contains(**folder)) {
                faults.push(format!("{name}, line {}: {folder} is a folder of one machine", number + 1));
            }
        }
    }
    assert_none(&faults);
}
