//! The binary as a shell sees it: what it writes where, and with which code it ends.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;

/// Runs `waterline` in a folder of its own, with nothing of ours in the environment.
fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_waterline"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever reads no input may be gone before it is written.
    let _gone = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

/// Code, standard output and standard error.
fn outcome(folder: &TempDir, arguments: &[&str], input: &str) -> (i32, String, String) {
    let output = run(folder.path(), arguments, input);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn empty() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn help_is_for_people_and_succeeds() {
    let (code, out, _) = outcome(&empty(), &["--help"], "");
    assert_eq!(code, 0);
    assert!(out.contains("waterline demo") && out.contains("keeps the lights on"), "{out}");
    for command in ["demo", "serve", "ingest", "import", "check", "figures", "user", "db"] {
        assert_eq!(outcome(&empty(), &[command, "--help"], "").0, 0, "{command}");
    }
}

#[test]
fn wrong_use_ends_with_2_and_says_what_was_wrong() {
    let cases: [(&[&str], &str); 9] = [
        (&[], "Usage"),
        (&["paint"], "unrecognized subcommand 'paint'"),
        (&["figures", "--from", "2026-13", "--to", "2026-13"], "\"2026-13\" is not a month"),
        (&["figures", "--from", "2026-02", "--to", "2026-01"], "the period ends (2026-01) before it begins"),
        (
            &["figures", "--from", "2026-01", "--to", "2026-01", "--by", "person"],
            "\"person\" is not a breakdown",
        ),
        (&["figures", "--from", "2026-01", "--to", "2026-01", "--basis", "money"], "effort or items"),
        (&["ingest", "nobody"], "there is no source \"nobody\"; configured are: none"),
        (&["user", "add", "anna", "--role", "king"], "\"king\" is not a role"),
        (&["check", "--log", "a=b=c"], "\"a=b=c\" is not a log filter"),
    ];
    for (arguments, sentence) in cases {
        let (code, out, error) = outcome(&empty(), arguments, "");
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert!(error.contains(sentence), "{arguments:?}: {error}");
    }
}

#[test]
fn a_broken_configuration_ends_with_1_and_one_sentence_for_each_fault() {
    let folder = empty();
    fs::write(folder.path().join("waterline.toml"), "[serve]\ncolour = 1\n").unwrap();
    for arguments in [&["check"][..], &["serve"], &["ingest"], &["db", "verify"]] {
        let (code, out, error) = outcome(&folder, arguments, "");
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}");
        assert!(error.starts_with("error: waterline.toml, line 2: unknown key `colour`"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }

    let source = "[[source]]\nname = \"desk\"\nconnector = \"servicenow\"\nurl = \"https://a.example\"\n\
                  auth = { user = \"u\", password = { env = \"ABSENT\" } }\n";
    fs::write(folder.path().join("other.toml"), format!("[reporting]\nzone = \"X\"\n{source}")).unwrap();
    let (code, out, error) = outcome(&folder, &["check", "--config", "other.toml"], "");
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(error.matches("error: ").count(), 2, "{error}");
    assert!(error.contains("\"X\" is not a time zone") && error.contains("ABSENT is not set"), "{error}");

    let (code, _, error) = outcome(&folder, &["check", "--config", "absent.toml"], "");
    assert_eq!(code, 1);
    assert!(error.starts_with("error: cannot read the configuration absent.toml: "), "{error}");
}

#[test]
fn check_tells_what_the_configuration_came_to_without_a_secret() {
    let folder = empty();
    let config = "[database]\nurl = \"postgres://waterline:hunter2@db.example/waterline\"\n";
    fs::write(folder.path().join("waterline.toml"), config).unwrap();
    let (code, out, error) = outcome(&folder, &["check"], "");
    assert_eq!((code, error.as_str()), (0, ""));
    assert!(out.contains("postgres://waterline:***@db.example/waterline"), "{out}");
    assert!(out.ends_with("Everything is in order.\n") && !out.contains("hunter2"), "{out}");
}

#[test]
fn a_database_that_cannot_be_opened_is_one_sentence() {
    let folder = empty();
    fs::write(folder.path().join("file"), "not a folder").unwrap();
    let config = "[database]\nurl = \"sqlite://file/waterline.db\"\n";
    fs::write(folder.path().join("waterline.toml"), config).unwrap();
    let (code, _, error) = outcome(&folder, &["check", "--connect"], "");
    assert_eq!(code, 1);
    assert!(error.starts_with("error: cannot open the database"), "{error}");
    assert!(!error.contains("panicked"), "{error}");
}

#[test]
fn people_are_added_listed_and_locked_out() {
    let folder = empty();
    let user = |arguments: &[&str], input| outcome(&folder, &[&["user"], arguments].concat(), input);
    let good = "correct horse battery staple\n";
    assert!(user(&["list"], "").1.starts_with("Nobody may sign in yet"));
    assert_eq!(user(&["add", "anna", "--role", "tagger"], good).0, 0);
    assert_eq!(user(&["set-role", "anna", "admin"], "").0, 0);
    assert_eq!(user(&["set-password", "anna", "--password-stdin"], good).0, 0);
    assert_eq!(user(&["disable", "anna"], "").0, 0);
    let (code, out, _) = user(&["list"], "");
    assert_eq!(code, 0);
    assert!(out.starts_with("anna") && out.contains("admin") && out.contains("disabled"), "{out}");
    assert_eq!(user(&["enable", "anna"], "").0, 0);

    let (code, _, error) = user(&["add", "anna", "--role", "board"], good);
    assert_eq!((code, error.as_str()), (1, "error: there is already a user called \"anna\"\n"));
    assert_eq!(user(&["disable", "otto"], "").2, "error: there is no user called \"otto\"\n");
    assert_eq!(user(&["set-password", "anna"], "").2, "error: no password came on the standard input\n");
    assert_eq!(user(&["set-password", "anna"], "short\n").0, 1);
}

#[test]
fn an_empty_database_has_figures_that_say_so_and_verifies() {
    let folder = empty();
    let period = ["figures", "--from", "2026-09", "--to", "2026-10"];
    for reading in [&period[..], &["db", "verify"], &["db", "backup", "copy.db"]] {
        let (code, _, error) = outcome(&folder, reading, "");
        assert_eq!(code, 1);
        assert!(error.starts_with("error: there is no database at "), "{error}");
    }
    assert_eq!(outcome(&folder, &["db", "migrate"], "").0, 0);

    let (code, out, error) = outcome(&folder, &period, "");
    assert_eq!((code, error.as_str()), (0, ""));
    assert!(out.contains("not known: no work was finished in this period"), "{out}");
    let (_, csv, _) = outcome(&folder, &[&period[..], &["--format", "csv", "--by", "month"]].concat(), "");
    assert_eq!(csv.lines().count(), 4, "{csv}");
    let (_, json, _) = outcome(&folder, &[&period[..], &["--format", "json"]].concat(), "");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&json).unwrap()["error"],
        "not yet measured: 0 of at least 50 audited"
    );

    assert_eq!(outcome(&folder, &["db", "verify"], "").0, 0);
    assert_eq!(outcome(&folder, &["db", "backup", "copy.db"], "").0, 0);
    assert!(folder.path().join("copy.db").exists());
    assert_eq!(outcome(&folder, &["db", "backup", "copy.db"], "").0, 1);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = empty();
    let mut process = Command::new(env!("CARGO_BIN_EXE_waterline"))
        .arg("check")
        .current_dir(folder.path())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(process.stdout.take());
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
}

#[test]
fn sources_that_do_not_answer_are_named_and_watching_ends_well_when_asked_to_stop() {
    let folder = empty();
    // A port that was free a moment ago, so that nothing answers there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = format!(
        "[[source]]\nname = \"desk\"\nconnector = \"servicenow\"\nurl = \"http://127.0.0.1:{port}\"\n\
         auth = {{ user = \"u\", password = {{ file = \"secret\" }} }}\nfeeds = [\"incident\"]\n"
    );
    fs::write(folder.path().join("waterline.toml"), config).unwrap();
    fs::write(folder.path().join("secret"), "correct horse\n").unwrap();
    let (code, out, error) = outcome(&folder, &["check", "--connect"], "");
    assert_eq!(code, 1, "{error}");
    assert!(out.contains("The database answers.") && !out.contains("in order"), "{out}");
    assert!(error.starts_with(&format!("error: http://127.0.0.1:{port}/api/now/table/incident")), "{error}");

    let mut watching = Command::new(env!("CARGO_BIN_EXE_waterline"))
        .args(["ingest", "--watch"])
        .current_dir(folder.path())
        .env_clear()
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(watching.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.any(|line| line.starts_with("desk/incident: waiting until")));
    assert!(Command::new("kill").args(["-INT", &watching.id().to_string()]).status().unwrap().success());
    assert!(told.any(|line| line.starts_with("Stopping")));
    assert_eq!(watching.wait().unwrap().code(), Some(0));
}

#[test]
fn ingest_without_a_source_says_where_to_find_one() {
    let (code, _, error) = outcome(&empty(), &["ingest"], "");
    assert_eq!(code, 1);
    assert!(error.contains("no [[source]]"), "{error}");
}

/// Asks for a path of the pages as a browser would, as often as it takes; gives the whole answer.
fn answer(address: &str, path: &str) -> String {
    for _ in 0..200 {
        if let Ok(mut stream) = TcpStream::connect(address) {
            write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            return answer;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    String::new()
}

/// What the demo says at the end, the metrics, and the command line as table, JSON and CSV. The page and
/// the file that it offers are compared with the metrics where the pages are tested.
fn the_interval_is_the_same_everywhere(folder: &TempDir, pages: &str, told: &str) {
    let between = |text: &str, before: &str, after: &str| -> String {
        let (_, rest) = text.split_once(before).unwrap();
        rest.split_once(after).unwrap().0.to_owned()
    };
    let month = |words: String| {
        let day = chrono::NaiveDate::parse_from_str(&format!("1 {words}"), "%d %B %Y").unwrap();
        day.format("%Y-%m").to_string()
    };
    let (from, to) = (month(between(told, "From ", " to ")), month(between(told, " to ", ",")));
    let held = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string());
    let database = held.map(Result::unwrap).find(|name| name.ends_with(".db")).unwrap();
    fs::write(folder.path().join("waterline.toml"), format!("[database]\nurl = \"sqlite://{database}\"\n"))
        .unwrap();
    let figures = |format: &str| {
        let arguments = ["figures", "--from", &from, "--to", &to, "--format", format];
        let (code, out, error) = outcome(folder, &arguments, "");
        assert_eq!(code, 0, "{error}");
        out
    };

    let error = between(told, "Error: ", " Coverage").trim_end_matches('.').to_owned();
    assert!(error.starts_with("between "), "{told}");
    assert!(figures("table").contains(&format!("Error          {error}\n")));
    let json: serde_json::Value = serde_json::from_str(&figures("json")).unwrap();
    assert_eq!(json["error"], error.as_str());
    let metrics = answer(pages, "/metrics");
    let csv = figures("csv");
    let cells: Vec<&str> = csv.trim_end().lines().last().unwrap().rsplit(',').collect();
    for (at, name, metric) in
        [(3, "value", "measured"), (2, "low", "measured_low"), (1, "high", "measured_high")]
    {
        let scraped =
            between(&metrics, &format!("\nwaterline_share_{metric}_ratio{{basis=\"effort\"}} "), "\n");
        let scraped: f64 = scraped.parse().unwrap();
        // Read back from text, the last digit may differ.
        assert!((json["share_error"][name].as_f64().unwrap() - scraped).abs() < 1e-12, "{name}");
        assert_eq!(cells[at], format!("{scraped:.4}"), "{name}");
    }
    assert!(metrics.contains(&format!("\nwaterline_audited_items {}\n", json["share_error"]["audited"])));
}

#[test]
fn the_demo_serves_at_once_tells_its_figure_and_stops_when_asked() {
    let folder = empty();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_waterline"))
        .args(["demo", "--port", "0", "--scale", "0.002", "--data", "."])
        .current_dir(folder.path())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(
        out.next().unwrap(),
        "Example data from a simulated trust: Northmere Hospitals NHS Foundation Trust"
    );
    let pages = out.find_map(|line| line.strip_prefix("  Pages    http://").map(str::to_owned)).unwrap();
    let pages = pages.trim_end_matches('/');
    assert!(answer(pages, "/sign-in").starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(out.any(|line| line.starts_with("  Sign in  board    ")));
    let told = out.find(|line| line.starts_with("All tickets are in. From ")).unwrap();
    assert!(told.ends_with(" audited). Coverage: 100.0%."), "{told}");
    the_interval_is_the_same_everywhere(&folder, pages, &told);

    let stop = Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap();
    assert!(stop.success());
    assert_eq!(demo.wait().unwrap().code(), Some(0));
}
