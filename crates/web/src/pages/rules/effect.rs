//! What a draft would move, in words, tables and pictures.

use waterline_charts::{Layout as Width, Move, MoveEnd, ShiftedMonth, points};
use waterline_core::{CategoryId, Month, MonthRange, Taxonomy};
use waterline_store::{Change, DryRun, Flow, MonthShift, MovedExample, SideChange};

use super::{
    category_name,
    history::{board, by_points},
    side_name, signed,
};
use crate::words;

/// From here on a shift of the board's figure is called out: one point.
const LARGE: f64 = 0.01;
/// More bands than this cross too often to be followed.
const FLOWS_DRAWN: usize = 12;

pub(super) struct Effect {
    /// How many items move.
    pub(super) headline: String,
    /// What becomes of the board's figure.
    pub(super) board: String,
    /// Whether that is a lot.
    pub(super) large: bool,
    pub(super) flows: Vec<FlowRow>,
    /// Empty where nothing moves.
    pub(super) picture: String,
    pub(super) months: Vec<MonthRow>,
    pub(super) chart_wide: String,
    pub(super) chart_narrow: String,
    /// Categories that change sides, in sentences.
    pub(super) sides: Vec<String>,
    pub(super) examples: Vec<ExampleRow>,
}

pub(super) struct FlowRow {
    pub(super) from: String,
    pub(super) from_side: &'static str,
    pub(super) to: String,
    pub(super) to_side: &'static str,
    pub(super) crosses: bool,
    pub(super) items: String,
    pub(super) hours: String,
}

pub(super) struct MonthRow {
    pub(super) name: String,
    pub(super) effort: [String; 3],
    pub(super) items: [String; 3],
}

pub(super) struct ExampleRow {
    pub(super) reference: String,
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) before: String,
    pub(super) after: String,
}

impl Effect {
    /// `old` is the taxonomy in force, `new` that of the draft.
    pub(super) fn new(run: &DryRun, old: &Taxonomy, new: &Taxonomy) -> Self {
        let shift = board(&run.year).difference();
        let shifted = continuous(&run.months);
        let chart = |width| match shifted.is_empty() {
            true => String::new(),
            false => waterline_charts::share_shift(&shifted, width),
        };
        Self {
            headline: headline(run),
            board: board_sentence(board(&run.year)),
            large: shift.is_some_and(|shift| shift.abs() >= LARGE),
            flows: run.flows.iter().map(|flow| FlowRow::new(flow, old, new)).collect(),
            picture: waterline_charts::moves(&drawn(&run.flows, old, new)),
            months: run.months.iter().rev().map(MonthRow::new).collect(),
            chart_wide: chart(Width::Wide),
            chart_narrow: chart(Width::Narrow),
            sides: run.sides.iter().map(|change| side_sentence(change, old, new)).collect(),
            examples: run.examples.iter().map(|example| ExampleRow::new(example, old, new)).collect(),
        }
    }
}

fn headline(run: &DryRun) -> String {
    let all = words::items(signed(run.items));
    let side = match run.moved_side {
        0 => "none of them across the waterline".to_owned(),
        side if side == run.moved && side == 1 => "across the waterline".to_owned(),
        side if side == run.moved => "all of them across the waterline".to_owned(),
        side => format!("{} of them across the waterline", words::count(signed(side))),
    };
    match run.moved {
        0 => format!("None of the {all} would move."),
        moved => format!("{} of {all} would move, {side}.", words::count(signed(moved))),
    }
}

fn board_sentence(year: Change) -> String {
    let (Some(before), Some(after)) = (year.before, year.after) else {
        return "No work was finished in the last twelve months, so there is no figure for the board to \
                move."
            .to_owned();
    };
    let shift = after - before;
    if by_points(shift) == "did not move" {
        return format!("The board’s figure would stay at {}.", tenths(before));
    }
    // As fine as it takes to see it move.
    let fine = |places: usize| [before, after].map(|part| format!("{:.places$}%", part * 100.0));
    let [from, to] = if tenths(before) == tenths(after) { fine(2) } else { fine(1) };
    let way = if shift > 0.0 { "up" } else { "down" };
    let size = points(shift.abs());
    let size = size.trim_start_matches('+');
    format!("The board’s figure would go from {from} to {to}, {way} by {size} points.")
}

/// "21.3%"
fn tenths(part: f64) -> String {
    format!("{:.1}%", part * 100.0)
}

fn cells(change: Change) -> [String; 3] {
    let part = |part: Option<f64>| part.map_or_else(|| "No work".to_owned(), tenths);
    let shift = change.difference().map_or_else(|| "Not known".to_owned(), points);
    [part(change.before), part(change.after), shift]
}

impl MonthRow {
    fn new(month: &MonthShift) -> Self {
        Self {
            name: month.month.in_words(),
            effort: cells(month.shift.effort),
            items: cells(month.shift.items),
        }
    }
}

/// Every month from the first that moves to the last: those between them do not move at all.
fn continuous(months: &[MonthShift]) -> Vec<ShiftedMonth> {
    let ends = months.first().zip(months.last());
    let Some(Ok(range)) = ends.map(|(first, last)| MonthRange::new(first.month, last.month)) else {
        return Vec::new();
    };
    let shift = |month: Month| match months.iter().find(|one| one.month == month) {
        Some(moved) => board(&moved.shift).difference(),
        None => Some(0.0),
    };
    range.months().map(|month| ShiftedMonth { month, shift: shift(month) }).collect()
}

impl FlowRow {
    fn new(flow: &Flow, old: &Taxonomy, new: &Taxonomy) -> Self {
        let (from, to) = (end(flow.from.as_ref(), old), end(flow.to.as_ref(), new));
        Self {
            crosses: from.side != to.side,
            from: from.name,
            from_side: side_name(from.side),
            to: to.name,
            to_side: side_name(to.side),
            items: words::count(signed(flow.items)),
            hours: words::hours(flow.seconds),
        }
    }
}

fn end(category: Option<&CategoryId>, taxonomy: &Taxonomy) -> MoveEnd {
    MoveEnd {
        name: category_name(taxonomy, category),
        side: category.and_then(|category| taxonomy.side(category)),
    }
}

fn drawn(flows: &[Flow], old: &Taxonomy, new: &Taxonomy) -> Vec<Move> {
    let one = |flow: &Flow| Move {
        from: end(flow.from.as_ref(), old),
        to: end(flow.to.as_ref(), new),
        items: flow.items,
    };
    flows.iter().take(FLOWS_DRAWN).map(one).collect()
}

fn side_sentence(change: &SideChange, old: &Taxonomy, new: &Taxonomy) -> String {
    let known = if new.category(&change.category).is_some() { new } else { old };
    let name = category_name(known, Some(&change.category));
    match (change.from, change.to) {
        (_, None) => format!("The category “{name}” would no longer exist."),
        (None, Some(to)) => {
            format!("The category “{name}” would be new, on the side “{}”.", side_name(Some(to)))
        }
        (Some(from), Some(to)) => format!(
            "All work in “{name}” would change sides, from “{}” to “{}”.",
            side_name(Some(from)),
            side_name(Some(to)),
        ),
    }
}

impl ExampleRow {
    fn new(example: &MovedExample, old: &Taxonomy, new: &Taxonomy) -> Self {
        Self {
            reference: example.reference.clone(),
            title: example.title.clone().unwrap_or_else(|| "No title kept".to_owned()),
            kind: example.kind.as_str(),
            from: category_name(old, example.from.as_ref()),
            to: category_name(new, example.to.as_ref()),
            before: words::capital(&example.reason_before),
            after: words::capital(&example.reason_after),
        }
    }
}

#[cfg(test)]
mod tests {
    use waterline_store::Shift;

    use super::*;

    fn run(items: u64, moved: u64, moved_side: u64, year: (f64, f64)) -> DryRun {
        let change = Change { before: Some(year.0), after: Some(year.1) };
        DryRun {
            rule_set: 2,
            model: None,
            items,
            moved,
            moved_side,
            flows: Vec::new(),
            sides: Vec::new(),
            months: Vec::new(),
            year: Shift { items: change, effort: change },
            examples: Vec::new(),
        }
    }

    fn effect(run: &DryRun) -> Effect {
        let taxonomy = Taxonomy::parse(include_str!("../../../../../config/taxonomy.toml")).unwrap();
        Effect::new(run, &taxonomy, &taxonomy)
    }

    #[test]
    fn the_effect_is_told_in_two_sentences_and_a_large_one_is_called_out() {
        let told: Vec<String> = [
            run(45_000, 1_204, 310, (0.213, 0.236)),
            run(45_000, 12, 12, (0.213, 0.2128)),
            run(1, 1, 1, (0.0, 1.0)),
            run(20, 3, 0, (0.25, 0.25)),
            run(20, 0, 0, (0.25, 0.25)),
        ]
        .iter()
        .map(effect)
        .map(|told| format!("{} {} {}", told.headline, told.board, told.large))
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        1,204 of 45,000 items would move, 310 of them across the waterline. The board’s figure would go from 21.3% to 23.6%, up by 2.3 points. true
        12 of 45,000 items would move, all of them across the waterline. The board’s figure would go from 21.30% to 21.28%, down by 0.02 points. false
        1 of 1 item would move, across the waterline. The board’s figure would go from 0.0% to 100.0%, up by 100.0 points. true
        3 of 20 items would move, none of them across the waterline. The board’s figure would stay at 25.0%. false
        None of the 20 items would move. The board’s figure would stay at 25.0%. false
        ");
    }

    #[test]
    fn months_between_those_that_move_do_not_move() {
        let month = |month: &str, after| MonthShift {
            month: month.parse().unwrap(),
            shift: Shift { effort: Change { before: Some(0.2), after }, ..Shift::default() },
        };
        let told = continuous(&[month("2026-01", Some(0.3)), month("2026-04", None)]);
        let shifts: Vec<_> = told.iter().map(|month| month.shift.map(points)).collect();
        assert_eq!(shifts, [Some("+10.0".to_owned()), Some("0".to_owned()), Some("0".to_owned()), None]);
        assert!(continuous(&[]).is_empty());
    }
}
