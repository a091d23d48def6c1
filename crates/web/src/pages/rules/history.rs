//! What was adopted when, by whom and why, and what it moved.

use waterline_core::{Basis, ReportingZone};
use waterline_store::{AdoptionState, AdoptionView, Change, Shift};

use super::{address, signed};
use crate::words;

/// One adoption, in words.
pub(super) struct AdoptionRow {
    pub(super) what: String,
    pub(super) state: &'static str,
    pub(super) colour: &'static str,
    pub(super) when: String,
    pub(super) by: String,
    pub(super) reason: String,
    /// What it moved, or why it failed.
    pub(super) outcome: String,
    pub(super) progress: String,
    /// Where the difference to what was in force before is told.
    pub(super) compare: Option<String>,
}

/// Newest first, as they come.
pub(super) fn rows(adoptions: &[AdoptionView], zone: ReportingZone) -> Vec<AdoptionRow> {
    let in_force_before = |place: usize| {
        adoptions[place + 1..].iter().find(|one| one.in_force_at.is_some()).map(|one| one.rule_set)
    };
    let row = |(place, one): (usize, &AdoptionView)| AdoptionRow {
        what: what(one.rule_set, one.model),
        state: state_words(one.state),
        colour: colour(one.state),
        when: words::moment(one.in_force_at.unwrap_or(one.asked_at), zone),
        by: one.asked_by.clone(),
        reason: one.reason.clone(),
        outcome: outcome(one),
        progress: format!("/rules/adoption/{}", one.id),
        compare: in_force_before(place).filter(|before| *before != one.rule_set).map(|before| {
            address("/rules/compare", &[("from", &before.to_string()), ("to", &one.rule_set.to_string())])
        }),
    };
    adoptions.iter().enumerate().map(row).collect()
}

/// "Rule set 3 with model 2"
pub(super) fn what(rule_set: i32, model: Option<i32>) -> String {
    match model {
        Some(model) => format!("Rule set {rule_set} with model {model}"),
        None => format!("Rule set {rule_set}"),
    }
}

fn state_words(state: AdoptionState) -> &'static str {
    match state {
        AdoptionState::Waiting => "Waiting",
        AdoptionState::Sorting => "Under way",
        AdoptionState::InForce => "In force",
        AdoptionState::Superseded => "Was in force",
        AdoptionState::Failed => "Failed",
    }
}

fn colour(state: AdoptionState) -> &'static str {
    match state {
        AdoptionState::InForce => "green",
        AdoptionState::Failed => "red",
        AdoptionState::Waiting | AdoptionState::Sorting => "yellow",
        AdoptionState::Superseded => "grey",
    }
}

fn outcome(one: &AdoptionView) -> String {
    if let Some(trouble) = &one.trouble {
        return words::capital(trouble);
    }
    match (one.state, one.shift.and_then(|shift| board(&shift).difference())) {
        (AdoptionState::Waiting | AdoptionState::Sorting, _) => "Nothing has changed yet".to_owned(),
        (_, None) => moved(one.moved),
        (_, Some(shift)) => format!("{}, the board’s figure {}", moved(one.moved), by_points(shift)),
    }
}

pub(super) fn moved(items: u64) -> String {
    match items {
        0 => "No item moved".to_owned(),
        items => format!("{} moved", words::items(signed(items))),
    }
}

/// The board's figure counts by effort unless somebody chooses otherwise.
pub(super) fn board(shift: &Shift) -> Change {
    match Basis::default() {
        Basis::Effort => shift.effort,
        Basis::Items => shift.items,
    }
}

/// "did not move", "went up by 2.3 points"
pub(super) fn by_points(shift: f64) -> String {
    let size = waterline_charts::points(shift.abs());
    match size.trim_start_matches('+') {
        "0" => "did not move".to_owned(),
        size => format!("went {} by {size} points", if shift > 0.0 { "up" } else { "down" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::now;

    fn adoption(id: i64, rule_set: i32, state: AdoptionState) -> AdoptionView {
        let was = matches!(state, AdoptionState::InForce | AdoptionState::Superseded);
        AdoptionView {
            id,
            rule_set,
            model: None,
            state,
            reason: "printers".to_owned(),
            asked_by: "ada".to_owned(),
            asked_at: now(),
            in_force_at: was.then(now),
            done: 0,
            total: 0,
            moved: 1_204,
            shift: was.then(|| Shift {
                effort: Change { before: Some(0.213), after: Some(0.236) },
                ..Shift::default()
            }),
            trouble: (state == AdoptionState::Failed).then(|| "the disk is full".to_owned()),
        }
    }

    #[test]
    fn an_adoption_is_compared_with_what_was_in_force_before_it() {
        let told = rows(
            &[
                adoption(4, 7, AdoptionState::InForce),
                adoption(3, 6, AdoptionState::Failed),
                adoption(2, 3, AdoptionState::Superseded),
                adoption(1, 3, AdoptionState::Superseded),
            ],
            ReportingZone::default(),
        );
        let compared: Vec<_> = told.iter().map(|row| row.compare.as_deref()).collect();
        let from_3 = |to| format!("/rules/compare?from=3&to={to}");
        assert_eq!(compared, [Some(from_3(7).as_str()), Some(&from_3(6)), None, None]);
        assert_eq!(told[0].outcome, "1,204 items moved, the board’s figure went up by 2.3 points");
        assert_eq!(told[1].outcome, "The disk is full");
    }

    #[test]
    fn points_are_told_with_their_way() {
        let told = [0.023, -0.0004, 0.0].map(by_points);
        assert_eq!(told, ["went up by 2.3 points", "went down by 0.04 points", "did not move"]);
    }
}
