use std::{fs, sync::Arc};

use chrono::{TimeZone, Utc};
use tempfile::TempDir;

use super::*;

fn clock() -> Clock {
    Arc::new(|| Utc.with_ymd_and_hms(2026, 11, 2, 9, 0, 0).unwrap())
}

/// A folder with a `waterline.toml` and whatever else.
fn folder(config: &str, others: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("waterline.toml", config)].iter().chain(others) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn load(folder: &TempDir, environment: &Environment) -> Result<Config, String> {
    Config::load(Some(&folder.path().join("waterline.toml")), environment)
        .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

fn with_environment<const N: usize>(config: &str, variables: [(&str, &str); N]) -> Result<Config, String> {
    load(&folder(config, &[]), &Environment::from(variables))
}

/// What is wrong with a configuration, without the folder's name.
fn problem(config: &str) -> String {
    with_environment(config, []).err().unwrap_or_default()
}

fn problem_beside(config: &str, others: &[(&str, &str)]) -> String {
    load(&folder(config, others), &Environment::default()).err().unwrap_or_default()
}

const SOURCE: &str = r#"
[[source]]
name = "service-desk"
connector = "servicenow"
url = "https://trust.service-now.com"
auth = { user = "waterline", password = { env = "SNOW_PASSWORD" } }
"#;

#[test]
fn without_a_word_the_defaults_hold() {
    let config = with_environment("", []).unwrap();
    assert_eq!(config.zone.name(), "Europe/London");
    assert_eq!((config.smallest_group, config.ingest_every.as_secs()), (5, 300));
    assert_eq!(config.serve.listen.to_string(), "127.0.0.1:8080");
    assert!(config.database.url().ends_with("/waterline-data/waterline.db"));
    assert_eq!(config.default_effort[&Kind::Incident], 45 * 60);
    assert!(config.sources.is_empty());
}

#[test]
fn unknown_keys_and_wrong_types_are_refused_with_their_line() {
    insta::assert_snapshot!(problem("[serve]\nlisten = \"127.0.0.1:80\"\ncolour = 1\n"), @"waterline.toml, line 3: unknown key `colour`, expected one of `listen`, `public_url`, `allow_insecure_http`, `metrics_token`");
    insta::assert_snapshot!(problem("[colours]\n"), @"waterline.toml, line 1: unknown key `colours`, expected one of `reporting`, `database`, `classification`, `effort_defaults`, `ingest`, `serve`, `source`");
    insta::assert_snapshot!(problem("[ingest]\n\nevery = \"often\"\n"), @"waterline.toml, line 3: invalid type: string, expected a whole number above 0");
    insta::assert_snapshot!(problem("[ingest]\nevery = 0\n"), @"waterline.toml, line 2: invalid value: integer `0`, expected a whole number above 0");
    insta::assert_snapshot!(problem("[effort_defaults]\nmeeting = 5\n"), @"waterline.toml, line 2: unknown word `meeting`, expected one of `incident`, `request`, `problem`, `change`, `task`, `project`, `patching`");
    insta::assert_snapshot!(problem("serve = 5\n"), @"waterline.toml, line 1: invalid type: integer `5`, expected the section [serve]");
    insta::assert_snapshot!(problem(&SOURCE.replace("name", "nome")), @"waterline.toml, line 3: unknown key `nome`, expected one of `name`, `connector`, `url`, `text`, `since`, `redact`, `example_data`, `auth`, `feeds`, `servicenow`, `request_tracker`");
}

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    insta::assert_snapshot!(problem("[reporting]\nzone = Europe/London\n"), @"waterline.toml, line 2: string values must be quoted, expected literal string");
    insta::assert_snapshot!(problem("[reporting\n"), @"waterline.toml, line 1: unclosed table, expected `]`");
    insta::assert_snapshot!(problem("[serve]\n[serve]\n"), @"waterline.toml, line 2: duplicate key");
}

#[test]
fn a_password_in_the_wrong_place_is_not_repeated() {
    let sentence = problem(&SOURCE.replace("{ env = \"SNOW_PASSWORD\" }", "\"hunter2, a secret\""));
    insta::assert_snapshot!(sentence, @r#"waterline.toml, line 6: invalid type: string, expected { env = "NAME" } or { file = "/path" }"#);
    let key = "WATERLINE__SOURCE__SERVICE_DESK__AUTH__PASSWORD";
    insta::assert_snapshot!(with_environment(SOURCE, [(key, "hunter2")]).err().unwrap(), @r#"the environment variable WATERLINE__SOURCE__SERVICE_DESK__AUTH__PASSWORD: invalid type: string, expected { env = "NAME" } or { file = "/path" }"#);
    insta::assert_snapshot!(problem("[database]\nurl = \"mysql://root:hunter2@db/waterline\"\n"), @"waterline.toml, database: the url begins with neither sqlite: nor postgres:");
}

#[test]
fn a_value_that_cannot_be_is_refused_with_its_key() {
    insta::assert_snapshot!(problem("[reporting]\nzone = \"Mars/Olympus\"\n"), @r#"waterline.toml, reporting.zone: "Mars/Olympus" is not a time zone; write an IANA name such as Europe/London"#);
    insta::assert_snapshot!(problem("[serve]\nlisten = \"everywhere\"\n"), @r#"waterline.toml, serve: listen = "everywhere" is not an address and a port; write it as 127.0.0.1:8080 or [::1]:8080"#);
    insta::assert_snapshot!(problem("[serve]\npublic_url = \"waterline\"\n"), @r#"waterline.toml, serve: public_url = "waterline" is no address: relative URL without a base"#);
    insta::assert_snapshot!(problem("[serve]\npublic_url = \"https://trust.example/waterline\"\n"), @r#"waterline.toml, serve: public_url = "https://trust.example/waterline" must be the address of a whole host, such as https://waterline.trust.example"#);
    insta::assert_snapshot!(problem("[serve]\nmetrics_token = { env = \"SCRAPE\" }\n"), @"waterline.toml, serve: metrics_token: the environment variable SCRAPE is not set");
    insta::assert_snapshot!(problem("[database]\nurl = \"a\"\nurl_file = \"b\"\n"), @"waterline.toml, database: give either url or url_file, not both");
    insta::assert_snapshot!(problem("[database]\nurl_file = \"absent\"\n"), @"waterline.toml, database: cannot read absent: No such file or directory (os error 2)");
    insta::assert_snapshot!(problem(&format!("{SOURCE}{SOURCE}")), @r#"waterline.toml, source: there are two sources called "service-desk""#);
}

#[test]
fn beyond_this_machine_pages_need_https_or_so_many_words() {
    insta::assert_snapshot!(problem("[serve]\nlisten = \"0.0.0.0:80\"\n"), @r#"waterline.toml, serve: listen = "0.0.0.0:80" answers other machines, and passwords would cross the network in the clear; set public_url to the https:// address in front of it, or allow_insecure_http = true"#);
    let open = |more: &str| with_environment(&format!("[serve]\nlisten = \"0.0.0.0:80\"\n{more}"), []);
    assert!(open("public_url = \"http://waterline.example\"").is_err());
    assert!(open("public_url = \"https://waterline.example\"").is_ok());
    assert!(open("allow_insecure_http = true").is_ok());
}

#[test]
fn rules_and_taxonomy_are_refused_with_their_file() {
    let rules = "[classification]\nrules = \"own.toml\"\n";
    insta::assert_snapshot!(problem(rules), @"classification.rules: cannot read own.toml: No such file or directory (os error 2)");
    let refused = |category: &str, when: &str| {
        let rule = format!("[[rule]]\nname = \"Printers\"\ncategory = \"{category}\"\nwhen.{when}\n");
        problem_beside(rules, &[("own.toml", &rule)])
    };
    insta::assert_snapshot!(refused("gardening", "title.contains = [\"printer\"]"), @r#"own.toml, line 3, rule "Printers": the taxonomy has no category "gardening"; it has new_product, improvement, rollout, advice, incident, access, device, routine_request, routine_change, patching, security, legacy, infrastructure, compliance, supplier"#);
    insta::assert_snapshot!(refused("device", "title.matches = '(printer'"), @r#"own.toml, line 4, rule "Printers": "(printer" is not a regular expression: unclosed group"#);
    insta::assert_snapshot!(refused("device", "colour = \"red\""), @r#"own.toml, line 4, rule "Printers": there is no field "colour"; there are text, title, description, kind, state, department, team, system, priority, source_category, label, parent, reference, opened, finished, logged_hours, all, any, not"#);
    let taxonomy = "[classification]\ntaxonomy = \"own.toml\"\n";
    insta::assert_snapshot!(problem_beside(taxonomy, &[("own.toml", "\ncategory = 1\n")]), @"own.toml, line 2: invalid type: integer `1`, expected a sequence");
    let one_sided = "[[category]]\nid = \"a\"\nname = \"A\"\nside = \"visible\"\n";
    insta::assert_snapshot!(problem_beside(taxonomy, &[("own.toml", one_sided)]), @"own.toml: the taxonomy has no category on the ktlo side; give at least one");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    insta::assert_snapshot!(
        problem("[reporting]\nzone = \"X\"\n[serve]\nlisten = \"Y\"\n[classification]\nrules = \"Z\"\n"),
        @r#"
    waterline.toml, reporting.zone: "X" is not a time zone; write an IANA name such as Europe/London
    error: waterline.toml, serve: listen = "Y" is not an address and a port; write it as 127.0.0.1:8080 or [::1]:8080
    error: classification.rules: cannot read Z: No such file or directory (os error 2)
    "#
    );
}

#[test]
fn the_environment_overrides_the_file() {
    let config = with_environment(
        "[serve]\nlisten = \"127.0.0.1:1\"\n[ingest]\nevery = 60\n",
        [
            ("WATERLINE__SERVE__LISTEN", "127.0.0.1:2"),
            ("WATERLINE__INGEST__EVERY", "90"),
            ("WATERLINE__EFFORT_DEFAULTS__INCIDENT", "10"),
            // A number and a day, both of which are names here.
            ("WATERLINE__REPORTING__TRUST_NAME", "42"),
            ("WATERLINE__DATABASE__URL", "postgres://waterline:pass@db/waterline?sslmode=require"),
            ("WATERLINE_CONFIG", "ignored"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.serve.listen.port(), 2);
    assert_eq!((config.ingest_every.as_secs(), config.trust_name.as_str()), (90, "42"));
    assert_eq!(config.default_effort[&Kind::Incident], 600);
    assert_eq!(config.database.shown(), "postgres://waterline:***@db/waterline");
}

#[test]
fn the_environment_overrides_a_source_by_its_name() {
    let config = with_environment(
        SOURCE,
        [
            ("WATERLINE__SOURCE__SERVICE_DESK__TEXT", "none"),
            ("WATERLINE__SOURCE__SERVICE_DESK__SINCE", "2024-11-01"),
            ("WATERLINE__SOURCE__SERVICE_DESK__SERVICENOW__BATCH", "50"),
        ],
    )
    .unwrap();
    assert_eq!(config.sources[0].since.unwrap().to_string(), "2024-11-01");
    assert_eq!(config.sources[0].servicenow.as_ref().unwrap().batch, 50);
}

#[test]
fn a_variable_that_sets_nothing_is_refused_by_its_name() {
    let refused = |name: &str, value: &str| with_environment(SOURCE, [(name, value)]).err().unwrap();
    insta::assert_snapshot!(refused("WATERLINE__SERVE__COLOUR", "red"), @"the environment variable WATERLINE__SERVE__COLOUR: unknown key `colour`, expected one of `listen`, `public_url`, `allow_insecure_http`, `metrics_token`");
    insta::assert_snapshot!(refused("WATERLINE__COLOUR", "red"), @"the environment variable WATERLINE__COLOUR: unknown key `colour`, expected one of `reporting`, `database`, `classification`, `effort_defaults`, `ingest`, `serve`, `source`");
    insta::assert_snapshot!(refused("WATERLINE__INGEST__EVERY", "often"), @"the environment variable WATERLINE__INGEST__EVERY: invalid type: string, expected a whole number above 0");
    insta::assert_snapshot!(refused("WATERLINE__SOURCE__OTHER__URL", "https://a.example"), @"the environment variable WATERLINE__SOURCE__OTHER__URL: no [[source]] in the file has this name");
    insta::assert_snapshot!(refused("WATERLINE__SERVE", "127.0.0.1:80"), @"the environment variable WATERLINE__SERVE: invalid type: string, expected the section [serve]");
    insta::assert_snapshot!(refused("WATERLINE__SERVE__LISTEN__PORT", "80"), @"the environment variable WATERLINE__SERVE__LISTEN__PORT: invalid type: map, expected a string");
}

#[test]
fn sources_are_built_with_their_secrets_and_asked_for_by_name() {
    let config = with_environment(SOURCE, []).unwrap();
    let sources = |names: &[&str], environment: &Environment| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        config.sources(&names, environment, &clock()).map(|sources| sources.len())
    };
    let environment = Environment::from([("SNOW_PASSWORD", "correct horse")]);
    assert_eq!(sources(&[], &environment).unwrap(), 1);
    assert_eq!(sources(&["service-desk"], &environment).unwrap(), 1);
    insta::assert_snapshot!(sources(&["nobody"], &environment).unwrap_err(), @r#"there is no source "nobody"; configured are: service-desk"#);
    insta::assert_snapshot!(sources(&[], &Environment::default()).unwrap_err(), @r#"source "service-desk", auth.password: the environment variable SNOW_PASSWORD is not set"#);
}

#[test]
fn a_secret_in_a_file_lies_beside_the_configuration() {
    let beside = SOURCE.replace("{ env = \"SNOW_PASSWORD\" }", "{ file = \"secrets/desk\" }");
    let folder = folder(&beside, &[]);
    fs::create_dir(folder.path().join("secrets")).unwrap();
    fs::write(folder.path().join("secrets/desk"), "correct horse\n").unwrap();
    let config = load(&folder, &Environment::default()).unwrap();
    assert_eq!(config.sources(&[], &Environment::default(), &clock()).unwrap().len(), 1);
}

#[test]
fn the_example_files_can_be_used_as_they_are() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let config = Config::load(Some(&examples.join("waterline.toml")), &Environment::default()).unwrap();
    let default = with_environment("", []).unwrap();
    assert_eq!(config.default_effort, default.default_effort);
    assert_eq!((config.trust_name, config.serve.listen), (default.trust_name, default.serve.listen));

    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "a secret\n").unwrap();
    let sources = fs::read_to_string(examples.join("sources.example.toml"))
        .unwrap()
        .replace("/run/secrets/servicenow-test", &secret.path().display().to_string());
    let config = with_environment(&sources, []).unwrap();
    let environment = Environment::from([("SERVICENOW_SECRET", "a secret"), ("RT_TOKEN", "a secret")]);
    assert_eq!(config.sources(&[], &environment, &clock()).unwrap().len(), 3);
}
