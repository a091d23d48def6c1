//! The state of each source, for whoever asks why a figure moved. Holds no ticket's text.

use actix_web::web::Data;
use askama::Template;
use askama_web::WebTemplate;
use chrono::{DateTime, Utc};
use waterline_core::{ReportingZone, TextPolicy};
use waterline_store::{FeedStatus, Quarantined};

use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

#[derive(Template, WebTemplate)]
#[template(path = "pages/sources.html")]
pub(crate) struct SourcesPage {
    layout: Layout,
    zone: &'static str,
    sources: Vec<Source>,
}

struct Source {
    name: String,
    connector: String,
    text: &'static str,
    example_data: bool,
    feeds: Vec<Feed>,
    quarantined: Vec<String>,
}

/// How many reasons are shown; a feed with more has one cause that shows in the first ones.
const REASONS: u64 = 20;

struct Feed {
    name: String,
    state: FeedState,
    pulling: bool,
    last_success: String,
    newest: String,
    held: String,
    upstream: String,
    coverage: String,
    gone: String,
    rejected: String,
    error: Option<String>,
}

/// `GET /sources`
pub(crate) async fn page(site: Data<Site>, visit: Visit) -> Result<SourcesPage, PageError> {
    let now = (site.app.clock)();
    let zone = site.app.store.zone();
    let statuses = site.app.store.feed_statuses(now).await?;
    let quarantined = site.app.store.quarantine(REASONS).await?;
    Ok(SourcesPage {
        layout: Layout::new(&site, &visit, Place::Sources).await?,
        zone: zone.name(),
        sources: by_source(&statuses, &quarantined, now, zone),
    })
}

/// The store gives feeds ordered by source.
fn by_source(
    statuses: &[FeedStatus],
    quarantined: &[Quarantined],
    now: DateTime<Utc>,
    zone: ReportingZone,
) -> Vec<Source> {
    statuses
        .chunk_by(|left, right| left.source == right.source)
        .filter_map(|feeds| {
            let first = feeds.first()?;
            Some(Source {
                name: first.source.clone(),
                connector: first.connector.clone(),
                text: text_words(first.text),
                example_data: first.example_data,
                feeds: feeds.iter().map(|feed| Feed::new(feed, now, zone)).collect(),
                quarantined: quarantined
                    .iter()
                    .filter(|waiting| waiting.source == first.source)
                    .map(|Quarantined { feed, reason, records, .. }| {
                        format!("{feed}, {}: {reason}", words::count(*records))
                    })
                    .collect(),
            })
        })
        .collect()
}

/// What of the text of its tickets is kept.
pub(super) fn text_words(text: TextPolicy) -> &'static str {
    match text {
        TextPolicy::None => "no text",
        TextPolicy::Title => "titles, with numbers and addresses of people taken out",
        TextPolicy::Full => "titles and descriptions, with numbers and addresses of people taken out",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FeedState {
    FirstPull,
    NeverPulled,
    Up,
    Down,
}

impl FeedState {
    fn of(feed: &FeedStatus) -> Self {
        match feed.up {
            Some(true) => Self::Up,
            Some(false) => Self::Down,
            None if feed.running => Self::FirstPull,
            None => Self::NeverPulled,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::FirstPull => "First pull going on",
            Self::NeverPulled => "Never pulled",
            Self::Up => "Up",
            Self::Down => "Down",
        }
    }

    /// Never the only sign: the words say the same.
    fn colour(self) -> &'static str {
        match self {
            Self::FirstPull => "blue",
            Self::NeverPulled => "grey",
            Self::Up => "green",
            Self::Down => "red",
        }
    }
}

impl Feed {
    fn new(feed: &FeedStatus, now: DateTime<Utc>, zone: ReportingZone) -> Self {
        let told = |instant: DateTime<Utc>| {
            format!("{} ({})", words::moment(instant, zone), words::ago(now, instant))
        };
        let coverage = feed.upstream_total.filter(|total| *total > 0).map(|total| {
            let part = (feed.held as f64 / total as f64).min(1.0);
            words::percent(part)
        });
        Self {
            name: feed.feed.clone(),
            state: FeedState::of(feed),
            pulling: feed.running && feed.up.is_some(),
            last_success: feed.last_success_at.map_or_else(|| "Never".to_owned(), told),
            newest: feed.newest_at.map_or_else(|| "Nothing held".to_owned(), told),
            held: words::count(feed.held),
            upstream: feed.upstream_total.map_or_else(|| "Not known".to_owned(), words::count),
            coverage: coverage.unwrap_or_else(|| "Not known".to_owned()),
            gone: words::count(feed.gone),
            rejected: words::count(feed.rejected),
            error: feed.last_error.clone().filter(|_| feed.up != Some(true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone};

    use super::*;
    use crate::testing::feed;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 8, 6, 13, 0, 0).unwrap()
    }

    fn shown(status: &FeedStatus) -> Feed {
        Feed::new(status, now(), ReportingZone::default())
    }

    #[test]
    fn silence_never_looks_like_a_source_that_is_up() {
        let silent = feed("Service desk", "incident");
        assert_eq!(FeedState::of(&silent), FeedState::NeverPulled);
        let pulling = FeedStatus { running: true, ..silent.clone() };
        assert_eq!(FeedState::of(&pulling), FeedState::FirstPull);
        let shown = shown(&silent);
        assert_eq!((shown.last_success.as_str(), shown.newest.as_str()), ("Never", "Nothing held"));
        assert_eq!((shown.upstream.as_str(), shown.coverage.as_str()), ("Not known", "Not known"));
    }

    #[test]
    fn the_last_error_is_shown_until_a_pull_succeeds() {
        let down = FeedStatus {
            up: Some(false),
            last_error: Some("the service desk refused our password".to_owned()),
            ..feed("Service desk", "incident")
        };
        assert_eq!(shown(&down).error.as_deref(), Some("the service desk refused our password"));
        assert_eq!(shown(&FeedStatus { up: Some(true), ..down }).error, None);
    }

    #[test]
    fn times_are_told_in_words_and_exactly() {
        let up = FeedStatus {
            up: Some(true),
            last_success_at: Some(now() - TimeDelta::minutes(5)),
            held: 90,
            upstream_total: Some(100),
            ..feed("Service desk", "incident")
        };
        let shown = shown(&up);
        assert_eq!(shown.last_success, "6 August 2026 at 13:55 (5 minutes ago)");
        assert_eq!(shown.coverage, "90%");
    }

    #[test]
    fn feeds_stand_under_their_source() {
        let statuses = [feed("A", "x"), feed("A", "y"), feed("B", "x")];
        let quarantined = [Quarantined {
            source: "B".to_owned(),
            feed: "x".to_owned(),
            reason: "opened_at is missing".to_owned(),
            records: 1200,
        }];
        let sources = by_source(&statuses, &quarantined, now(), ReportingZone::default());
        assert_eq!(sources.iter().map(|source| source.feeds.len()).collect::<Vec<_>>(), [2, 1]);
        assert!(sources[0].quarantined.is_empty());
        assert_eq!(sources[1].quarantined, ["x, 1,200: opened_at is missing"]);
    }
}
