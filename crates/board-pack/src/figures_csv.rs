use std::io;

use waterline_core::{Figures, GroupFigure, audit::ShareError};

/// Part of the agreement with whoever reads the file: columns are only ever added, at the end.
const COLUMNS: [&str; 22] = [
    "from",
    "to",
    "basis",
    "by",
    "id",
    "name",
    "side",
    "items",
    "logged_seconds",
    "estimated_seconds",
    "part",
    "share",
    "share_lower",
    "share_upper",
    "unclassified",
    "estimated",
    "coverage",
    "error",
    "share_measured",
    "share_measured_low",
    "share_measured_high",
    "audited",
];

/// Figures as CSV: one row for each group, then one for all work (`by` is `all` there, so that it can
/// be told from the groups). Ratios run from 0 to 1, and what is not known is empty. Every row says
/// what it rests on, so that no figure travels without its coverage, however the file is cut up.
///
/// Fails only where memory runs out, as any writer may.
pub fn figures_csv(figures: &Figures) -> io::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(COLUMNS)?;
    for group in &figures.groups {
        csv.write_record(cells(figures, figures.by.as_str(), group, None))?;
    }
    csv.write_record(cells(figures, "all", &figures.all, Some(figures.error)))?;
    csv.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// `error` is `None` for a group: audits measure the share of all work only.
fn cells(
    figures: &Figures,
    by: &str,
    group: &GroupFigure,
    error: Option<ShareError>,
) -> [String; COLUMNS.len()] {
    let of_share = |pick: fn(&waterline_core::Share) -> f64| ratio(group.share.as_ref().map(pick));
    let measured = error.and_then(ShareError::measured);
    [
        figures.period.first().to_string(),
        figures.period.last().to_string(),
        figures.basis.as_str().to_owned(),
        by.to_owned(),
        harmless(group.id.as_deref().unwrap_or_default()),
        harmless(&group.name),
        group.side.map(|side| side.as_str().to_owned()).unwrap_or_default(),
        group.tally.items.to_string(),
        group.tally.logged_seconds.to_string(),
        group.tally.estimated_seconds.to_string(),
        ratio(Some(group.part)),
        of_share(|share| share.value),
        of_share(|share| share.lower),
        of_share(|share| share.upper),
        of_share(|share| share.unclassified),
        ratio(group.estimated()),
        ratio(figures.coverage.ratio()),
        error.map_or_else(|| "measured for all work only".to_owned(), |error| error.to_string()),
        ratio(measured.map(|measured| measured.value)),
        ratio(measured.map(|measured| measured.low)),
        ratio(measured.map(|measured| measured.high)),
        error.map(|error| error.audited().to_string()).unwrap_or_default(),
    ]
}

/// Four digits: a hundredth of a percentage point, finer than any error.
fn ratio(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.4}")).unwrap_or_default()
}

/// Names come from tickets, and a spreadsheet runs a cell that begins like a formula. The apostrophe
/// makes it text, as OWASP advises. Numbers never pass through here: a correction may be negative.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use waterline_core::{Basis, CategoryId, Coverage, Evidence, MonthRange, Tally, Taxonomy, WorkRow};

    use super::*;

    fn csv_of(by: &str, rows: &[(Option<&str>, Option<&str>, i64)]) -> String {
        let period = MonthRange::ending("2026-10".parse().unwrap(), 1);
        let rows: Vec<WorkRow> = rows
            .iter()
            .map(|(group, category, items)| WorkRow {
                month: period.first(),
                group: group.map(ToOwned::to_owned),
                category: category.map(CategoryId::new),
                tally: Tally { items: *items, logged_seconds: items * 600, estimated_seconds: items * 200 },
            })
            .collect();
        let taxonomy = Taxonomy::parse(include_str!("../../../config/taxonomy.toml")).unwrap();
        let coverage = Coverage { held: 19, upstream: 20, ..Coverage::default() };
        let evidence = Evidence { coverage, audits: &[] };
        let figures = Figures::new(period, Basis::Effort, by.parse().unwrap(), &rows, &taxonomy, evidence, 5);
        String::from_utf8(figures_csv(&figures).unwrap()).unwrap()
    }

    #[test]
    fn every_row_says_what_it_rests_on_and_the_whole_stands_last() {
        let rows = [
            (Some("Service desk"), Some("incident"), 6),
            (Some("Service desk"), Some("advice"), 2),
            (Some("Web, digital"), None, 8),
            (Some("Small team"), Some("advice"), 1),
        ];
        insta::assert_snapshot!(csv_of("team", &rows), @r#"
        from,to,basis,by,id,name,side,items,logged_seconds,estimated_seconds,part,share,share_lower,share_upper,unclassified,estimated,coverage,error,share_measured,share_measured_low,share_measured_high,audited
        2026-10,2026-10,effort,team,Service desk,Service desk,,8,4800,1600,0.4706,0.2500,0.2500,0.2500,0.0000,0.2500,0.9500,measured for all work only,,,,
        2026-10,2026-10,effort,team,"Web, digital","Web, digital",,8,4800,1600,0.4706,0.0000,0.0000,1.0000,1.0000,0.2500,0.9500,measured for all work only,,,,
        2026-10,2026-10,effort,team,,Groups with fewer than 5 items,,1,600,200,0.0588,1.0000,1.0000,1.0000,0.0000,0.2500,0.9500,measured for all work only,,,,
        2026-10,2026-10,effort,all,all,All work,,17,10200,3400,1.0000,0.1765,0.1765,0.6471,0.4706,0.2500,0.9500,not yet measured: 0 of at least 50 audited,,,,0
        "#);
    }

    #[test]
    fn a_name_that_looks_like_a_formula_is_only_text() {
        for name in ["=1+2", "+44", "-1", "@sum", "\tx", "\rx"] {
            let csv = csv_of("system", &[(Some(name), Some("incident"), 1)]);
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let row = reader.records().next().unwrap().unwrap();
            assert_eq!((&row[4], &row[5]), (format!("'{name}").as_str(), format!("'{name}").as_str()));
        }
    }

    #[test]
    fn a_period_without_work_has_empty_cells_where_nothing_is_known() {
        insta::assert_snapshot!(csv_of("source", &[]), @r"
        from,to,basis,by,id,name,side,items,logged_seconds,estimated_seconds,part,share,share_lower,share_upper,unclassified,estimated,coverage,error,share_measured,share_measured_low,share_measured_high,audited
        2026-10,2026-10,effort,all,all,All work,,0,0,0,0.0000,,,,,,0.9500,not yet measured: 0 of at least 50 audited,,,,0
        ");
    }
}
