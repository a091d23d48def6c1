//! Debian's Prometheus, scraping a running `/metrics`.

use std::{
    io::Write,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::{
    site::{self, Visitor},
    support::{client, started},
};

/// Stopped when the test ends, however it ends.
struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let _killed = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[tokio::test]
async fn promtool_finds_nothing_to_complain_about() {
    if started("WATERLINE_TEST_PROMETHEUS", "promtool").is_none() {
        return;
    }
    let site = site::open().await;
    let metrics = Visitor::new(&site).page("/metrics").await;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && complaints.is_empty(), "{complaints}");
}

#[tokio::test]
async fn prometheus_scrapes_it() {
    if started("WATERLINE_TEST_PROMETHEUS", "Prometheus").is_none() {
        return;
    }
    let site = site::open().await;
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = folder.path().join("prometheus.yml");
    let shipped = include_str!("../../dashboards/prometheus.yml");
    let text = shipped.replace("127.0.0.1:8080", &site.address.to_string()).replace("15s", "1s");
    assert_ne!(text, shipped);
    std::fs::write(&config, text).unwrap();
    let _prometheus = Prometheus(
        Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    assert_eq!(ask(port, "up{job=\"waterline\"}").await, ["1"]);
    let share: f64 = ask(port, "waterline_share_ratio{basis=\"items\"}").await[0].parse().unwrap();
    assert!(share > 0.0 && share < 1.0, "{share}");
    assert!(ask(port, "waterline_source_up").await.iter().all(|up| up == "1"));
}

/// The values that a query finds, once it finds some.
async fn ask(port: u16, query: &str) -> Vec<String> {
    let client = client();
    for _ in 0..120 {
        let request = client.get(format!("http://127.0.0.1:{port}/api/v1/query")).query(&[("query", query)]);
        let answer = match request.send().await {
            Ok(answer) => answer.json::<Value>().await.unwrap_or_default(),
            Err(_) => Value::Null,
        };
        let found: Vec<String> = answer["data"]["result"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|series| series["value"][1].as_str().unwrap().to_owned())
            .collect();
        if !found.is_empty() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("after a minute, {query} finds nothing");
}
