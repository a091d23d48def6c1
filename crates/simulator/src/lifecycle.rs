//! How a record lives from being opened to being closed.

use crate::{
    calendar::Calendar,
    dice::Dice,
    record::{Stage, Table},
    teams::Team,
};

const DAY: i64 = 86_400;
const CANCELLED: f64 = 0.03;
const REOPENED: f64 = 0.025;
/// After so many days at night the service desk closes what is resolved, all of it in one second.
const AUTO_CLOSE_DAYS: i64 = 5;

/// What decides about it.
pub(crate) struct Plan {
    pub(crate) table: Table,
    pub(crate) team: Team,
    pub(crate) opened: i64,
    /// Median minutes of effort, and the spread of their logarithm.
    pub(crate) minutes: f64,
    pub(crate) spread: f64,
    /// Median working hours until it is done.
    pub(crate) turnaround: f64,
    /// Whether somebody is called out of bed for it.
    pub(crate) urgent: bool,
    /// By when it must be done, as its parent is.
    pub(crate) deadline: Option<i64>,
}

/// How it went. Times are local seconds.
pub(crate) struct Life {
    pub(crate) stage: Stage,
    pub(crate) resolved: Option<i64>,
    pub(crate) closed: Option<i64>,
    pub(crate) updated: i64,
    pub(crate) effort: u32,
    pub(crate) logged: bool,
    pub(crate) reopened: u8,
}

impl Life {
    pub(crate) fn live(plan: &Plan, calendar: &Calendar, dice: &mut Dice) -> Self {
        let mut effort = whole_minutes(dice.log_normal(plan.minutes, plan.spread));
        let reopened = u8::from(dice.chance(REOPENED) && plan.table != Table::Project);
        if reopened == 1 {
            effort += effort / 2;
        }
        // Nobody finishes sooner than the work takes, and nobody works on one thing only.
        let hours = dice.log_normal(plan.turnaround, 0.8) * f64::from(1 + reopened);
        let wait = ((hours * 3600.0) as i64).max(i64::from(effort) * 5 / 4);
        let done = if plan.urgent {
            Some(plan.opened + wait).filter(|done| *done < calendar.end())
        } else {
            calendar.add_working(plan.opened, wait)
        };
        let done = match (done, plan.deadline) {
            (Some(done), Some(deadline)) => Some(done.min(deadline).max(plan.opened)),
            (None, Some(deadline)) => Some(deadline.max(plan.opened)),
            (done, None) => done,
        };
        let logged = dice.chance(plan.team.logs());
        match done {
            None => Self::still_open(plan, calendar, dice, effort),
            Some(done) if dice.chance(CANCELLED) => Self {
                stage: Stage::Cancelled,
                resolved: None,
                closed: Some(done),
                updated: done,
                effort: effort.min(600),
                logged: logged && dice.chance(0.25),
                reopened: 0,
            },
            Some(done) => Self { effort, logged, reopened, ..Self::done(plan, calendar, done, dice) },
        }
    }

    fn done(plan: &Plan, calendar: &Calendar, done: i64, dice: &mut Dice) -> Self {
        let (resolved, closed) = match plan.table {
            Table::Incident => {
                let night = done - done.rem_euclid(DAY) + (AUTO_CLOSE_DAYS + 1) * DAY + 3600;
                (Some(done), Some(night).filter(|closed| *closed < calendar.end()))
            }
            Table::Problem => {
                let review = (dice.between(1.0, 60.0) * 3600.0) as i64;
                (Some(done), calendar.add_working(done, review))
            }
            _ => (None, Some(done)),
        };
        let stage = if closed.is_some() { Stage::Closed } else { Stage::Resolved };
        let updated = closed.unwrap_or(done);
        Self { stage, resolved, closed, updated, effort: 0, logged: false, reopened: 0 }
    }

    fn still_open(plan: &Plan, calendar: &Calendar, dice: &mut Dice, effort: u32) -> Self {
        let stage = match dice.below(8) {
            0 | 1 => Stage::New,
            2 | 3 => Stage::OnHold,
            _ => Stage::InProgress,
        };
        let share = if stage == Stage::New { 0.0 } else { dice.unit() };
        let touched = (calendar.end() - 1 - plan.opened) as f64 * dice.unit();
        Self {
            stage,
            resolved: None,
            closed: None,
            updated: plan.opened + touched as i64,
            effort: (f64::from(effort / 60) * share) as u32 * 60,
            logged: stage != Stage::New && dice.chance(0.3 * plan.team.logs()),
            reopened: 0,
        }
    }
}

/// People log in steps: minutes while it is short, five minutes, then quarters of an hour.
fn whole_minutes(minutes: f64) -> u32 {
    let step = if minutes < 15.0 {
        1.0
    } else if minutes < 90.0 {
        5.0
    } else {
        15.0
    };
    ((minutes / step).round() * step).max(1.0) as u32 * 60
}
