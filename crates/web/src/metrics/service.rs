use chrono::{DateTime, Utc};
use prometheus::{
    CounterVec, Encoder, Gauge, GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};
use waterline_core::{Basis, Coverage, Iceberg, Side, watch::Alarm};
use waterline_store::{FeedStatus, Watched};

use crate::{
    app::Site,
    period::{Choice, FigureQuery},
    problem::PageError,
};

/// Everything that `/metrics` says, in the text format.
pub(crate) async fn scrape(site: &Site) -> Result<String, PageError> {
    let app = &site.app;
    let now = (app.clock)();
    let choice = Choice::ask(site, &FigureQuery::default()).await?;
    let rows = app.store.work_done(choice.with_year_before(), waterline_core::Dimension::All).await?;
    let audits = app.store.audits(choice.period).await?;
    let in_force = app.store.in_force().await?;
    let figures = [Basis::Effort, Basis::Items]
        .map(|basis| Iceberg::new(choice.period, basis, &rows, in_force.classifier.taxonomy(), &audits));
    let feeds = app.store.feed_statuses(now).await?;
    let coverage = app.store.coverage(now).await?;

    // A registry per scrape: what the ledger no longer says must not linger.
    let registry = Registry::new();
    describe_build(&registry)?;
    describe_figures(&registry, &figures)?;
    describe_error(&registry, &figures)?;
    describe_coverage(&registry, &coverage)?;
    describe_alarms(&registry, &app.store.alarms().await?)?;
    describe_feeds(&registry, &feeds, now)?;
    describe_traffic(&registry, &feeds)?;
    let mut families = site.http.registry.gather();
    families.extend(registry.gather());
    let mut text = Vec::new();
    TextEncoder::new().encode(&families, &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
    let gauges = GaugeVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(gauges.clone()))?;
    Ok(gauges)
}

fn gauge(registry: &Registry, name: &str, help: &str, value: f64) -> prometheus::Result<()> {
    let gauge = Gauge::new(name, help)?;
    gauge.set(value);
    registry.register(Box::new(gauge))
}

fn counters(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> prometheus::Result<IntCounterVec> {
    let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(counters.clone()))?;
    Ok(counters)
}

/// Absent until somebody looked: not having looked is not the same as nothing being odd.
fn describe_alarms(registry: &Registry, watched: &Watched) -> prometheus::Result<()> {
    if watched.at.is_none() {
        return Ok(());
    }
    let alarms = gauges(
        registry,
        "waterline_alarms",
        "What somebody should look at in the classification, by sort, when it was last looked for.",
        &["alarm"],
    )?;
    for id in Alarm::IDS {
        let count = watched.alarms.iter().filter(|alarm| alarm.id() == id).count();
        alarms.with_label_values(&[id]).set(count as f64);
    }
    Ok(())
}

fn describe_build(registry: &Registry) -> prometheus::Result<()> {
    let build = gauges(
        registry,
        "waterline_build_info",
        "Always 1; the label says which version is running.",
        &["version"],
    )?;
    build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1.0);
    Ok(())
}

/// The same figures as the first page shows unless asked otherwise. Where no work is held there is no
/// share, and none is given: no 0 is made up.
fn describe_figures(registry: &Registry, figures: &[Iceberg; 2]) -> prometheus::Result<()> {
    let by_basis = |name, help| gauges(registry, name, help, &["basis"]);
    let share = by_basis(
        "waterline_share_ratio",
        "Visible work divided by all work, over the last 12 complete months held. Absent while no work is held.",
    )?;
    let lower = by_basis(
        "waterline_share_lower_ratio",
        "The share if all unclassified work kept the lights on, over the last 12 complete months held.",
    )?;
    let upper = by_basis(
        "waterline_share_upper_ratio",
        "The share if all unclassified work were visible, over the last 12 complete months held.",
    )?;
    let unclassified = by_basis(
        "waterline_unclassified_ratio",
        "Unclassified work divided by all work, over the last 12 complete months held.",
    )?;
    for berg in figures {
        let Some(found) = berg.share else { continue };
        let basis = [berg.basis.as_str()];
        share.with_label_values(&basis).set(found.value);
        lower.with_label_values(&basis).set(found.lower);
        upper.with_label_values(&basis).set(found.upper);
        unclassified.with_label_values(&basis).set(found.unclassified);
    }
    let [by_effort, _] = figures;
    if let Some(found) = by_effort.share {
        gauge(
            registry,
            "waterline_estimated_effort_ratio",
            "Effort that is estimated, not logged, divided by all effort, over the last 12 complete months held.",
            found.estimated,
        )?;
    }
    describe_categories(registry, by_effort)
}

/// What audits say about the figures. An interval that nobody measured is absent, never from 0 to 0.
fn describe_error(registry: &Registry, figures: &[Iceberg; 2]) -> prometheus::Result<()> {
    let by_basis = |name, help| gauges(registry, name, help, &["basis"]);
    let value = by_basis(
        "waterline_share_measured_ratio",
        "The share put right by the errors that audits found, over the last 12 complete months held. Absent while not measured.",
    )?;
    let low = by_basis(
        "waterline_share_measured_low_ratio",
        "Where the 95% interval of the share begins, over the last 12 complete months held. Absent while not measured.",
    )?;
    let high = by_basis(
        "waterline_share_measured_high_ratio",
        "Where the 95% interval of the share ends, over the last 12 complete months held. Absent while not measured.",
    )?;
    for berg in figures {
        let Some(found) = berg.error.measured() else { continue };
        let basis = [berg.basis.as_str()];
        value.with_label_values(&basis).set(found.value);
        low.with_label_values(&basis).set(found.low);
        high.with_label_values(&basis).set(found.high);
    }
    let [by_effort, _] = figures;
    gauge(
        registry,
        "waterline_audited_items",
        "Pieces of work of the last 12 complete months held that people re-checked in audits.",
        f64::from(by_effort.error.audited()),
    )
}

fn describe_categories(registry: &Registry, berg: &Iceberg) -> prometheus::Result<()> {
    let effort = gauges(
        registry,
        "waterline_effort_seconds",
        "Effort, logged and estimated, by side and category, over the last 12 complete months held.",
        &["side", "category"],
    )?;
    let items = gauges(
        registry,
        "waterline_items",
        "Pieces of work finished, by side and category, over the last 12 complete months held.",
        &["side", "category"],
    )?;
    for figure in &berg.categories {
        let side = figure.side.map_or("unclassified", Side::as_str);
        let category = figure.category.as_ref().map_or("unclassified", |id| id.as_str());
        effort.with_label_values(&[side, category]).set(figure.tally.seconds() as f64);
        items.with_label_values(&[side, category]).set(figure.tally.items as f64);
    }
    Ok(())
}

fn describe_coverage(registry: &Registry, coverage: &Coverage) -> prometheus::Result<()> {
    if let Some(ratio) = coverage.ratio() {
        gauge(
            registry,
            "waterline_coverage_ratio",
            "Items held divided by items that the sources say they have. Absent where none says.",
            ratio,
        )?;
    }
    gauge(
        registry,
        "waterline_coverage_unknown_feeds",
        "Feeds whose source does not say how much it has.",
        coverage.feeds_unknown as f64,
    )
}

const OF_A_FEED: [&str; 2] = ["source", "feed"];

fn describe_feeds(registry: &Registry, feeds: &[FeedStatus], now: DateTime<Utc>) -> prometheus::Result<()> {
    let integers = |name, help| -> prometheus::Result<IntGaugeVec> {
        let gauges = IntGaugeVec::new(Opts::new(name, help), &OF_A_FEED)?;
        registry.register(Box::new(gauges.clone()))?;
        Ok(gauges)
    };
    let up = integers(
        "waterline_source_up",
        "1 if the last pull of the feed ended well; 0 if it failed, or if none has ended yet.",
    )?;
    let running = integers("waterline_source_running", "1 while the feed is being pulled.")?;
    let success = integers(
        "waterline_source_last_success_timestamp_seconds",
        "When a pull of the feed last ended well, in Unix time; 0 if none ever did.",
    )?;
    let lag = integers(
        "waterline_source_lag_seconds",
        "How long ago the newest record held of the feed was changed at its source. Absent while none is held.",
    )?;
    let items = integers("waterline_source_items", "Items held that the source still has.")?;
    let gone = integers("waterline_source_gone_items", "Items held that the source no longer has.")?;
    let upstream = integers(
        "waterline_source_upstream_items",
        "Items that the source says it has. Absent where it does not say.",
    )?;
    let rejected = integers(
        "waterline_source_rejected_records",
        "Records that could not be read and wait in quarantine.",
    )?;
    for feed in feeds {
        let labels = [feed.source.as_str(), feed.feed.as_str()];
        up.with_label_values(&labels).set(i64::from(feed.up == Some(true)));
        running.with_label_values(&labels).set(i64::from(feed.running));
        success.with_label_values(&labels).set(feed.last_success_at.map_or(0, |at| at.timestamp()));
        if let Some(at) = feed.newest_at {
            lag.with_label_values(&labels).set((now - at).num_seconds());
        }
        items.with_label_values(&labels).set(feed.held);
        gone.with_label_values(&labels).set(feed.gone);
        if let Some(total) = feed.upstream_total {
            upstream.with_label_values(&labels).set(total);
        }
        rejected.with_label_values(&labels).set(feed.rejected);
    }
    Ok(())
}

/// Kept in the database, so they survive restarts and cover every process; hence counters here too.
fn describe_traffic(registry: &Registry, feeds: &[FeedStatus]) -> prometheus::Result<()> {
    let requests = counters(
        registry,
        "waterline_source_requests_total",
        "Requests sent to the source, by status; status 0 is no answer.",
        &["source", "feed", "status"],
    )?;
    let of_feed = |name, help| counters(registry, name, help, &OF_A_FEED);
    let retries = of_feed("waterline_source_retries_total", "Requests that had to be sent again.")?;
    let batches = of_feed("waterline_source_batches_total", "Batches written.")?;
    let records = of_feed("waterline_source_records_total", "Records received, changed or not.")?;
    let throttled = CounterVec::new(
        Opts::new(
            "waterline_source_throttled_seconds_total",
            "Time spent waiting because the source asked for it.",
        ),
        &OF_A_FEED,
    )?;
    registry.register(Box::new(throttled.clone()))?;
    let amount = |number: i64| u64::try_from(number).unwrap_or(0);
    for feed in feeds {
        let labels = [feed.source.as_str(), feed.feed.as_str()];
        for (status, sent) in &feed.requests {
            let status = status.to_string();
            requests.with_label_values(&[labels[0], labels[1], &status]).inc_by(amount(*sent));
        }
        retries.with_label_values(&labels).inc_by(amount(feed.retries));
        batches.with_label_values(&labels).inc_by(amount(feed.batches));
        records.with_label_values(&labels).inc_by(amount(feed.records));
        throttled.with_label_values(&labels).inc_by(feed.throttled_seconds.max(0.0));
    }
    Ok(())
}
