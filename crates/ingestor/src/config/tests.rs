use std::{io::Write, sync::Arc};

use chrono::{TimeZone, Utc};
use secrecy::ExposeSecret;

use super::*;

const WHOLE: &str = r#"
name = "desk"
connector = "servicenow"
url = "https://trust.service-now.example"
since = 2024-11-01
auth = { user = "waterline", password = { env = "SNOW_PASSWORD" } }
feeds = ["problem", "incident"]
"#;

fn parse(text: &str) -> SourceConfig {
    toml::from_str(text).unwrap()
}

fn build(text: &str) -> Result<Source, ConfigError> {
    let clock: Clock = Arc::new(|| Utc.with_ymd_and_hms(2026, 11, 1, 9, 0, 0).unwrap());
    parse(text).build(&|name| (name == "SNOW_PASSWORD").then(|| "hush".to_owned()), &clock)
}

fn refused(from: &str, to: &str) -> String {
    let text = WHOLE.replace(from, to);
    assert_ne!(text, WHOLE, "{from} is not in the file");
    match build(&text) {
        Ok(_) => panic!("{to} was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_whole_source_is_built_with_its_feeds_in_the_connectors_order() {
    let source = build(WHOLE).unwrap();
    assert_eq!((source.name.as_str(), source.connector.id()), ("desk", "servicenow"));
    assert_eq!(source.feeds(), ["incident", "problem"]);
    assert_eq!(parse(WHOLE).since, NaiveDate::from_ymd_opt(2024, 11, 1));
}

#[test]
fn each_mistake_is_told_in_a_sentence_with_source_and_key() {
    for (from, to, sentence) in [
        ("\"desk\"", "\"Service Desk\"", "source \"Service Desk\", name: a name has 1 to 64"),
        (
            "\"servicenow\"",
            "\"jira\"",
            "connector: \"jira\" is not a connector; there are servicenow, request_tracker",
        ),
        (
            "\"problem\"",
            "\"problems\"",
            "feeds: servicenow has no feed \"problems\"; it has incident, sc_req_item",
        ),
        ("[\"problem\", \"incident\"]", "[]", "feeds: the list is empty"),
        ("https://", "http://", "url: plain http would carry passwords"),
        ("https://", "file://", "url: only https addresses"),
        ("https://", "https://me:secret@", "url: it holds a user name or password"),
        ("now.example", "now.example?key=1", "url: it holds a ? or #"),
        ("SNOW_PASSWORD", "SNOW_PASSWRD", "auth.password: the environment variable SNOW_PASSWRD is not set"),
        (
            "{ env = \"SNOW_PASSWORD\" }",
            "{ file = \"/nowhere/secret\" }",
            "auth.password: cannot read /nowhere/secret",
        ),
        ("{ env = \"SNOW_PASSWORD\" }", "{}", "auth.password: say where it is kept"),
        ("user = \"waterline\", ", "", "auth: give user with password, or client_id"),
        ("user = \"waterline\", password =", "token =", "auth.token: ServiceNow takes user with password"),
        ("since =", "redact = [\"(\"]\nsince =", "redact: "),
        ("feeds =", "servicenow = { batch = 0 }\nfeeds =", "servicenow.batch: 0 is not from 1 to 10000"),
        (
            "feeds =",
            "servicenow = { states = { cmdb = { \"1\" = \"open\" } } }\nfeeds =",
            "servicenow.states: \"cmdb\" is not a table we drain",
        ),
        (
            "feeds =",
            "request_tracker = { kinds = {} }\nfeeds =",
            "request_tracker: this table has no effect, because the connector is servicenow",
        ),
        ("\"servicenow\"", "\"request_tracker\"", "request_tracker: Request Tracker does not say what kind"),
    ] {
        let told = refused(from, to);
        assert!(told.contains(sentence), "{told}");
        assert!(
            told.starts_with("source \"") && !told.contains("hush") && !told.contains("secret@"),
            "{told}"
        );
    }
}

#[test]
fn toml_mistakes_keep_their_line() {
    for (from, to, sentence) in [
        ("since = 2024-11-01", "since = 2024-11-01T09:00:00Z", "is not a day"),
        ("connector", "conector", "unknown field `conector`"),
        ("{ env =", "{ environment =", "unknown field `environment`"),
        ("https://trust.service-now.example", "trust", "relative URL without a base"),
    ] {
        let told = toml::from_str::<SourceConfig>(&WHOLE.replace(from, to)).unwrap_err().to_string();
        assert!(told.contains(sentence) && told.contains("line "), "{told}");
    }
}

#[test]
fn plain_http_is_taken_on_this_machine_only() {
    for address in ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"] {
        assert!(build(&WHOLE.replace("https://trust.service-now.example", address)).is_ok(), "{address}");
    }
    assert!(refused("https://trust.service-now.example", "http://127.0.0.1.example").contains("plain http"));
}

#[test]
fn a_secret_in_a_file_loses_its_line_end_and_is_shown_nowhere() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"hush hush\r\n").unwrap();
    let place = SecretRef { env: None, file: Some(file.path().to_owned()) };
    let secret = place.look_up(&|_| None).unwrap();
    assert_eq!(secret.expose_secret(), "hush hush");
    let auth = Auth::Password { user: "waterline".to_owned(), password: secret };
    assert!(!format!("{auth:?}").contains("hush"));
    file.write_all(b"second line").unwrap();
    assert!(place.look_up(&|_| None).unwrap_err().contains("more than one line"));
}
