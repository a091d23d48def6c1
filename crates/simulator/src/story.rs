//! What happened to the trust in these months, and how it moved each sort of work.
//!
//! Months are counted from the first day, so that the story is the same whatever the dates are.

use chrono::{Datelike, NaiveDate, Weekday};

use crate::calendar::{Day, days_from_changeover, days_since_patch_tuesday};

const MONTH: f64 = 30.4375;
const CYBER_INCIDENT: f64 = 8.6;
const GO_LIVE: f64 = 14.5;

/// Why a sort of work comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tide {
    /// Nothing but the week moves it.
    Even,
    /// Faults: more in winter, after the go-live and during the cyber incident.
    Faults,
    /// Work about the EPR: much more after the go-live.
    Epr,
    /// Starters, leavers and smartcards: the changeover of doctors.
    Turnover,
    /// Passwords: the changeover, and everybody's at once in the cyber incident.
    Passwords,
    /// Security operations.
    Security,
    /// The fortnight after Patch Tuesday.
    Patching,
    /// Routine changes: frozen around the go-live and at Christmas.
    Changes,
    /// Upkeep of what is old; a little less once the EPR has taken over.
    Legacy,
    /// Improvements that users asked for: they wait while the EPR takes everybody.
    Improvement,
    /// Building the EPR's second phase.
    EprBuild,
    /// Training for it and walking the floors after it.
    EprRollout,
    /// Moving mail and files to N365.
    N365,
    /// Windows 11 on every desk.
    Windows11,
}

/// When in the day and the week it arises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rhythm {
    Office,
    AllHours,
}

/// One day's place in the story.
pub(crate) struct Today {
    date: NaiveDate,
    working: bool,
    winter: f64,
    turnover: f64,
    cyber: f64,
    settling_in: f64,
    starved: f64,
    holidays: f64,
    month: f64,
}

impl Today {
    pub(crate) fn new(day: &Day, days_since_start: i64) -> Self {
        let month = days_since_start as f64 / MONTH;
        Self {
            date: day.date,
            working: day.working,
            winter: winter(day.date),
            turnover: turnover(day.date),
            cyber: cyber(month),
            settling_in: settling_in(month),
            starved: plateau(month, GO_LIVE - 2.5, GO_LIVE - 1.0, GO_LIVE + 2.5, GO_LIVE + 4.5),
            holidays: holidays(day.date),
            month,
        }
    }

    /// How much of the usual arises on this day of the week.
    pub(crate) fn of_week(&self, rhythm: Rhythm) -> f64 {
        let usual = match self.date.weekday() {
            Weekday::Mon => 1.17,
            Weekday::Tue => 1.06,
            Weekday::Wed => 1.0,
            Weekday::Thu => 0.95,
            Weekday::Fri => 0.82,
            Weekday::Sat | Weekday::Sun => 0.3,
        };
        match (rhythm, self.working) {
            (_, true) => usual,
            (Rhythm::AllHours, false) => 0.36,
            (Rhythm::Office, false) => 0.01,
        }
    }

    /// How much of the usual this tide brings today.
    pub(crate) fn of(&self, tide: Tide) -> f64 {
        match tide {
            Tide::Even => 1.0 - 0.35 * self.holidays,
            Tide::Faults => {
                (1.0 + 0.14 * self.winter) * (1.0 + 0.22 * self.settling_in) * (1.0 + 0.5 * self.cyber)
            }
            Tide::Epr => self.live() * (1.0 + 2.2 * self.settling_in),
            Tide::Turnover => 1.0 + 2.4 * self.turnover - 0.3 * self.holidays,
            Tide::Passwords => {
                1.0 + 0.9 * self.turnover + 2.6 * self.cyber + 0.5 * self.settling_in + 0.1 * self.winter
            }
            Tide::Security => 1.0 + 9.0 * self.cyber,
            Tide::Patching => patch_cycle(self.date) * (1.0 + 1.2 * self.cyber),
            Tide::Changes => (1.0 - 0.45 * self.settling_in) * (1.0 - 0.7 * self.holidays),
            Tide::Legacy => {
                if self.month < GO_LIVE {
                    1.0
                } else {
                    0.75
                }
            }
            Tide::Improvement => {
                (1.0 - 0.6 * self.starved) * (1.0 - 0.5 * self.cyber) * (1.0 - 0.6 * self.holidays)
            }
            Tide::EprBuild => self.programme(5.5, 13.0, GO_LIVE - 0.3, GO_LIVE + 0.6),
            Tide::EprRollout => self.programme(GO_LIVE - 2.0, GO_LIVE - 0.8, GO_LIVE + 0.7, GO_LIVE + 2.2),
            Tide::N365 => self.programme(2.0, 3.0, 7.0, 8.2),
            Tide::Windows11 => self.programme(9.5, 11.0, 19.0, 21.0) * (1.0 - 0.7 * self.starved),
        }
    }

    fn live(&self) -> f64 {
        if self.month < GO_LIVE { 0.55 } else { 1.0 }
    }

    /// A programme's effort: none, growing, full, fading; half of it lost to a cyber incident.
    fn programme(&self, starts: f64, full: f64, fades: f64, ends: f64) -> f64 {
        plateau(self.month, starts, full, fades, ends)
            * (1.0 - 0.5 * self.cyber)
            * (1.0 - 0.6 * self.holidays)
    }
}

/// 0 before `starts`, 1 between `full` and `fades`, 0 after `ends`, straight lines between.
fn plateau(at: f64, starts: f64, full: f64, fades: f64, ends: f64) -> f64 {
    let up = (at - starts) / (full - starts);
    let down = (ends - at) / (ends - fades);
    up.min(down).clamp(0.0, 1.0)
}

/// Winter pressure, at its height in mid January.
fn winter(date: NaiveDate) -> f64 {
    let angle = (f64::from(date.ordinal()) - 15.0) / 365.25 * std::f64::consts::TAU;
    angle.cos().max(0.0)
}

/// The August changeover of doctors, and the smaller one in February.
fn turnover(date: NaiveDate) -> f64 {
    let around = |days: i64| match days {
        -8..=-1 => 0.6,
        0..=4 => 1.0,
        5..=12 => 0.45,
        _ => 0.0,
    };
    around(days_from_changeover(date, 8)) + 0.35 * around(days_from_changeover(date, 2))
}

/// A week of all hands, then three weeks in which it fades.
fn cyber(month: f64) -> f64 {
    let days = (month - CYBER_INCIDENT) * MONTH;
    if days < 0.0 {
        0.0
    } else if days < 7.0 {
        1.0
    } else {
        (0.5 * (1.0 - (days - 7.0) / 21.0)).max(0.0)
    }
}

/// Eight weeks in which the trust learns to live with the new EPR.
fn settling_in(month: f64) -> f64 {
    let days = (month - GO_LIVE) * MONTH;
    if (0.0..70.0).contains(&days) { (-days / 30.0).exp() } else { 0.0 }
}

/// Weeks in which those who ask for things are away.
fn holidays(date: NaiveDate) -> f64 {
    match (date.month(), date.day()) {
        (12, 20..) | (1, ..=3) => 1.0,
        (8, _) => 0.25,
        _ => 0.0,
    }
}

fn patch_cycle(date: NaiveDate) -> f64 {
    match days_since_patch_tuesday(date) {
        0 => 0.6,
        1..=4 => 1.6,
        5..=10 => 2.2,
        11..=14 => 1.3,
        _ => 0.25,
    }
}
