//! A small simulated trust behind its service desk, and a clock that only tests move.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use waterline_core::Clock;
use waterline_ingestor::Source;
use waterline_simulator::{ServerHandle, ServiceNow, ServiceNowSettings, Trust, TrustSettings};

use crate::support;

/// Its service desk runs until this is dropped or stopped.
pub(crate) struct Hospital {
    pub(crate) trust: Arc<Trust>,
    pub(crate) desk: ServerHandle,
    now: Arc<AtomicI64>,
}

/// Starts at nine in the morning after the last day that has records.
pub(crate) fn open(scale: f64) -> Hospital {
    let last_day = NaiveDate::from_ymd_opt(2026, 10, 31).unwrap();
    let trust = Arc::new(Trust::generate(TrustSettings { seed: 11, last_day, months: 24, scale }));
    let start: DateTime<Utc> = Utc.with_ymd_and_hms(2026, 11, 1, 9, 0, 0).unwrap();
    let now = Arc::new(AtomicI64::new(start.timestamp()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let desk = ServiceNow::start(&trust, ServiceNowSettings::default(), listener, clock(&now)).unwrap();
    Hospital { trust, desk, now }
}

fn clock(now: &Arc<AtomicI64>) -> Clock {
    let now = now.clone();
    Arc::new(move || Utc.timestamp_opt(now.load(Ordering::Relaxed), 0).unwrap())
}

impl Hospital {
    pub(crate) fn clock(&self) -> Clock {
        clock(&self.now)
    }

    pub(crate) fn wait(&self, time: TimeDelta) {
        self.now.fetch_add(time.num_seconds(), Ordering::Relaxed);
    }

    /// As somebody would configure it, in batches small enough that even this trust has several.
    pub(crate) fn source(&self) -> Source {
        let settings = ServiceNowSettings::default();
        let toml = format!(
            r#"
            name = "servicenow"
            connector = "servicenow"
            url = "{}"
            example_data = true
            auth = {{ user = "{}", password = {{ env = "SNOW_PASSWORD" }} }}
            [servicenow]
            batch = 250
            "#,
            self.desk.url(),
            settings.user,
        );
        support::source(&toml, &settings.password, &self.clock())
    }
}
