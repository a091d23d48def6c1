use chrono::{DateTime, Utc};
use serde::Serialize;
use waterline_core::{Figures, GroupFigure, audit::ShareError};

/// Part of the agreement with whoever reads it: keys are only ever added. Ratios run from 0 to 1, times
/// are seconds, and what is not known is `null`.
#[derive(Serialize)]
struct Document<'a> {
    from: String,
    to: String,
    basis: &'static str,
    by: &'static str,
    example_data: bool,
    error: String,
    share_error: ShareError,
    coverage: Coverage,
    all: Group<'a>,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Coverage {
    ratio: Option<f64>,
    held: i64,
    upstream: i64,
    feeds_unknown: i64,
    rejected: i64,
    last_success: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct Group<'a> {
    id: Option<&'a str>,
    name: &'a str,
    side: Option<&'static str>,
    items: i64,
    logged_seconds: i64,
    estimated_seconds: i64,
    part: f64,
    share: Option<f64>,
    share_lower: Option<f64>,
    share_upper: Option<f64>,
    unclassified: Option<f64>,
    estimated: Option<f64>,
}

impl<'a> From<&'a GroupFigure> for Group<'a> {
    fn from(figure: &'a GroupFigure) -> Self {
        Self {
            id: figure.id.as_deref(),
            name: &figure.name,
            side: figure.side.map(waterline_core::Side::as_str),
            items: figure.tally.items,
            logged_seconds: figure.tally.logged_seconds,
            estimated_seconds: figure.tally.estimated_seconds,
            part: figure.part,
            share: figure.share.map(|share| share.value),
            share_lower: figure.share.map(|share| share.lower),
            share_upper: figure.share.map(|share| share.upper),
            unclassified: figure.share.map(|share| share.unclassified),
            estimated: figure.estimated(),
        }
    }
}

pub(super) fn json(figures: &Figures, example_data: bool) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&Document {
        from: figures.period.first().to_string(),
        to: figures.period.last().to_string(),
        basis: figures.basis.as_str(),
        by: figures.by.as_str(),
        example_data,
        error: figures.error.to_string(),
        share_error: figures.error,
        coverage: Coverage {
            ratio: figures.coverage.ratio(),
            held: figures.coverage.held,
            upstream: figures.coverage.upstream,
            feeds_unknown: figures.coverage.feeds_unknown,
            rejected: figures.coverage.rejected,
            last_success: figures.coverage.last_success,
        },
        all: Group::from(&figures.all),
        groups: figures.groups.iter().map(Group::from).collect(),
    })
}
