use waterline_core::{Basis, Breakdown, Coverage, Dimension, Figures, GroupFigure, ReportingZone, Side};

use crate::words::{count, hours, percent};

/// A table that a person reads, and under it what the figures rest on.
pub(crate) fn table(figures: &Figures, zone: ReportingZone, example: bool) -> String {
    let mut lines = vec![format!(
        "Work done, {}, by {}",
        figures.period.in_words(),
        match figures.basis {
            Basis::Effort => "effort",
            Basis::Items => "items finished",
        }
    )];
    if example {
        lines.push("Example data from a simulated trust".to_owned());
    }
    lines.push(String::new());
    let mut rows = vec![heading(figures.by)];
    rows.extend(figures.groups.iter().chain([&figures.all]).map(|group| cells(figures.by, group)));
    lines.extend(aligned(&rows));
    lines.push(String::new());
    lines.extend(rests_on(figures, zone));
    lines.join("\n")
}

fn heading(by: Breakdown) -> Vec<String> {
    let group = match by {
        Breakdown::Category => "Category",
        Breakdown::Month => "Month",
        Breakdown::Dimension(Dimension::Team) => "Team",
        Breakdown::Dimension(Dimension::Department) => "Department",
        Breakdown::Dimension(Dimension::System) => "System",
        Breakdown::Dimension(Dimension::Source) => "Source",
        Breakdown::Dimension(Dimension::Kind) => "Kind",
        Breakdown::Dimension(Dimension::All) => "Work",
    };
    let own = match by {
        Breakdown::Category => ["Side", ""],
        _ => ["Visible", "At most"],
    };
    [group, "Items", "Hours", "Estimated", "Of all work"]
        .into_iter()
        .chain(own)
        .map(ToOwned::to_owned)
        .collect()
}

fn cells(by: Breakdown, group: &GroupFigure) -> Vec<String> {
    let or_unknown = |ratio: Option<f64>| ratio.map_or("–".to_owned(), percent);
    let own = match by {
        Breakdown::Category => [group.side.map_or("", side).to_owned(), String::new()],
        _ => [
            or_unknown(group.share.map(|share| share.value)),
            or_unknown(group.share.map(|share| share.upper)),
        ],
    };
    [
        group.name.clone(),
        count(group.tally.items),
        hours(group.tally.seconds()),
        or_unknown(group.estimated()),
        percent(group.part),
    ]
    .into_iter()
    .chain(own)
    .collect()
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Visible => "visible",
        Side::Ktlo => "keeps the lights on",
    }
}

/// Names to the left, numbers to the right, and a rule above the last row, which is all work.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
        .collect();
    let is_text = |column: usize| column == 0 || rows[0][column] == "Side";
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let width = widths[column];
                if is_text(column) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    let rule = "─".repeat(lines.iter().map(|line| line.chars().count()).max().unwrap_or_default());
    lines.insert(lines.len() - 1, rule.clone());
    lines.insert(1, rule);
    lines
}

/// No figure without its bounds, its error, its coverage, and what of it is estimated.
fn rests_on(figures: &Figures, zone: ReportingZone) -> Vec<String> {
    let mut lines = match figures.all.share {
        None => vec!["Visible share  not known: no work was finished in this period".to_owned()],
        Some(share) => vec![
            format!(
                "Visible share  {}; at most {} if all unclassified work proved to be visible",
                percent(share.value),
                percent(share.upper)
            ),
            format!("Unclassified   {} of all work", percent(share.unclassified)),
        ],
    };
    lines.push(format!("Error          {}", figures.error));
    if let Some(estimated) = figures.all.estimated() {
        lines.push(format!("Estimated      {} of the effort; the rest was logged", percent(estimated)));
    }
    lines.push(format!("Coverage       {}", coverage(&figures.coverage)));
    let pulled =
        figures.coverage.last_success.map_or("not every source has been pulled yet".to_owned(), |at| {
            format!("every source since {}", zone.local(at).format("%-d %B %Y, %H:%M"))
        });
    lines.push(format!("Pulled         {pulled}"));
    lines
}

fn coverage(coverage: &Coverage) -> String {
    let mut text = match coverage.ratio() {
        None => "not known: no source says how much it has".to_owned(),
        Some(ratio) => format!(
            "{} of what the sources have ({} of {})",
            percent(ratio),
            count(coverage.held),
            count(coverage.upstream)
        ),
    };
    if coverage.feeds_unknown > 0 && coverage.upstream > 0 {
        text.push_str(&format!(
            "; feeds that do not say how much they have: {}",
            count(coverage.feeds_unknown)
        ));
    }
    if coverage.rejected > 0 {
        text.push_str(&format!("; records that could not be read: {}", count(coverage.rejected)));
    }
    text
}
