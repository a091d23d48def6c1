//! `waterline rules` and `waterline model` as a shell sees them.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

use std::{fs, process::Command};

use tempfile::TempDir;

const TICKETS: &str = "\
Ref,Title,Status,Asked,Done
1,Projector lamp is dark,Done,2026-09-01,2026-09-02
2,Password reset,Done,2026-09-01,2026-09-03
3,Password reset,Done,2026-10-01,2026-10-02
";

const MAPPING: &str = "\
rows = \"one_per_item\"
snapshot = false
[dates]
format = [\"%Y-%m-%d\"]
zone = \"Europe/London\"
[fields]
external_id = \"Ref\"
kind = { value = \"incident\" }
title = \"Title\"
state = { column = \"Status\", values = { \"Done\" = \"finished\" } }
opened_at = \"Asked\"
finished_at = \"Done\"
updated_at = [\"Done\", \"Asked\"]
";

/// A rule that moves the first ticket, before all others.
const RULE: &str = "[[rule]]\nname = \"Lamps\"\ncategory = \"advice\"\npriority = 1\n\
                    when.title.contains = \"projector lamp\"\n";

/// Code, standard output and standard error.
fn outcome(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_waterline"))
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// What succeeds; gives the standard output.
fn done(folder: &TempDir, arguments: &[&str]) -> String {
    let (code, out, error) = outcome(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}: {error}");
    out
}

/// A folder with a ledger of three tickets.
fn ledger() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tickets.csv"), TICKETS).unwrap();
    fs::write(folder.path().join("mapping.toml"), MAPPING).unwrap();
    done(&folder, &["import", "tickets.csv", "--source", "desk", "--mapping", "mapping.toml"]);
    folder
}

/// The rules in force with one more.
fn changed(folder: &TempDir) {
    assert_eq!(done(folder, &["rules", "export", "--out", "new.toml"]), "new.toml holds rule set 1 now.\n");
    let file = folder.path().join("new.toml");
    let rules = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{rules}\n{RULE}")).unwrap();
}

#[test]
fn rules_are_tried_put_in_force_and_taken_back() {
    let folder = ledger();
    changed(&folder);
    let told = done(&folder, &["rules", "dry-run", "new.toml"]);
    assert!(
        told.starts_with("Rule set 2, tried on 3 items: 1 would move, 1 of them to another side"),
        "{told}"
    );
    assert!(told.contains("rule 1 \"Lamps\" matched \"projector lamp\" in the title"), "{told}");
    let json = done(&folder, &["rules", "dry-run", "--number", "2", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["moved"], &json["flows"][0]["to"]), (&1.into(), &"advice".into()));
    assert!(done(&folder, &["rules", "list"]).contains("2  never in force; brought in by command line"));

    let (code, out, _) = outcome(&folder, &["rules", "import", "new.toml", "--adopt", "--reason", "lamps"]);
    assert_eq!(code, 0);
    assert!(out.ends_with("Rule set 2 is in force; 1 of 3 items moved.\n"), "{out}");
    assert_eq!(done(&folder, &["rules", "export"]), done(&folder, &["rules", "export", "--number", "2"]));
    assert!(done(&folder, &["db", "verify"]).contains("every figure is what its items say"));

    assert_eq!(done(&folder, &["rules", "undo"]), "Rule set 1 is in force; 1 of 3 items moved.\n");
    assert_eq!(done(&folder, &["rules", "adopt", "2"]), "Rule set 2 is in force; 1 of 3 items moved.\n");
}

#[test]
fn rules_are_looked_over_against_what_is_held() {
    let folder = ledger();
    let told = done(&folder, &["rules", "lint"]);
    assert!(told.trim_end().ends_with("on rule set 1, seen against 3 items."), "{told}");
}

#[test]
fn what_is_wrong_with_rules_is_told_with_its_line() {
    let folder = ledger();
    fs::write(folder.path().join("bad.toml"), "[[rule]]\nname = \"A\"\ncategory = \"nonsense\"\n").unwrap();
    for command in [&["rules", "import", "bad.toml"], &["rules", "dry-run", "bad.toml"]] {
        let (code, out, error) = outcome(&folder, command);
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(error.starts_with("error: bad.toml, line "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let cases: [(&[&str], &str); 6] = [
        (&["rules", "dry-run"], "required"),
        (&["rules", "dry-run", "--number", "9"], "there is no rule set number 9"),
        (&["rules", "adopt", "9"], "there is no rule set number 9"),
        (&["rules", "adopt", "1"], "rule set 1 is in force already"),
        (&["rules", "undo"], "nothing else was in force before"),
        (&["rules", "export", "--number", "9"], "there is no rule set number 9"),
    ];
    for (arguments, sentence) in cases {
        let (code, out, error) = outcome(&folder, arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert!(error.contains(sentence), "{arguments:?}: {error}");
    }
}

#[test]
fn a_model_is_trained_from_tags_and_there_are_none_yet() {
    let folder = ledger();
    assert!(done(&folder, &["model", "list"]).starts_with("There is no model yet"));
    assert!(done(&folder, &["model", "train"]).starts_with("No model was trained: a model needs at least"));
}

#[test]
fn a_taxonomy_that_changed_in_the_configuration_is_put_in_force() {
    let folder = ledger();
    let taxonomy =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/taxonomy.toml")).unwrap();
    let turned = taxonomy.replacen("\nside = \"visible\"", "\nside = \"ktlo\"", 1);
    fs::write(folder.path().join("taxonomy.toml"), turned).unwrap();
    // A source that cannot be reached: what is before the pull happens all the same.
    let config = "[classification]\ntaxonomy = \"taxonomy.toml\"\n[[source]]\nname = \"far\"\n\
                  connector = \"servicenow\"\nurl = \"http://127.0.0.1:9\"\n\
                  auth = { user = \"u\", password = { file = \"secret\" } }\nfeeds = [\"incident\"]\n";
    fs::write(folder.path().join("waterline.toml"), config).unwrap();
    fs::write(folder.path().join("secret"), "correct horse\n").unwrap();
    let mut ingest = Command::new(env!("CARGO_BIN_EXE_waterline"))
        .arg("ingest")
        .current_dir(folder.path())
        .env_clear()
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = std::io::BufRead::lines(std::io::BufReader::new(ingest.stderr.take().unwrap()));
    let mut says = |sentence: &str| told.any(|line| line.unwrap().starts_with(sentence));
    assert!(says(
        "The taxonomy in the configuration changed, so every ticket is sorted afresh by rule set 2"
    ));
    assert!(says("Rule set 2 is in force; 0 of 3 items moved."));
    ingest.kill().unwrap();
    ingest.wait().unwrap();
    assert!(done(&folder, &["rules", "list"]).contains("2  in force since"));

    // Rules that name a category which the taxonomy no longer has.
    let emptied = taxonomy.replace("id = \"access\"", "id = \"entry\"");
    fs::write(folder.path().join("taxonomy.toml"), emptied).unwrap();
    let (code, _, error) = outcome(&folder, &["ingest"]);
    assert_eq!(code, 1);
    assert!(error.contains("line"), "{error}");
}
