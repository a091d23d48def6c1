//! Watchfulness: what in the figures ought to be looked at by a person, and how sure that is.
//!
//! Pure functions from figures to alarms. An alarm names work, rules, sources and months, and never a
//! person: taggers come in as anonymous tallies and leave as a number of them.

//! Every check keeps quiet unless chance alone would have to be wilder than once in a hundred months, and
//! unless the difference would matter if it were real. The months before tell how much months vary by
//! themselves; counting each item as a throw of a coin would make every second month an alarm.

mod alarm;
mod chance;
mod mix;
mod model;
mod source;
mod taggers;
#[cfg(test)]
mod tests;

pub use alarm::{Alarm, Cause, FieldChange, Part};

use chrono::NaiveDate;

use crate::{CategoryId, Month, Taxonomy, WorkRow};

/// What all checks look at. The store fills it; [`alarms`] reads it.
#[derive(Clone, Debug)]
pub struct WatchInput<'a> {
    /// The last complete month.
    pub last: Month,
    /// Work done by month and category, not broken down: `Store::work_done` with [`crate::Dimension::All`]
    /// over at least the 24 months up to `last`.
    pub rows: &'a [WorkRow],
    /// Targets set and rule sets adopted in those months.
    pub events: &'a [Event],
    /// Tags of the last six months.
    pub taggers: &'a [TaggerRow],
    /// The model in use; `None` where there is none.
    pub model: Option<ModelTally>,
    /// Values of the sources' own fields over the last seven months up to `last`.
    pub fields: &'a [FieldRow],
}

/// Something after which figures may shift for another reason than work.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The day, in the reporting zone.
    pub day: NaiveDate,
    /// What happened.
    pub what: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// The board, or somebody for it, set a target for the share.
    TargetSet,
    /// A rule set was adopted and past work classified afresh.
    RuleSetAdopted {
        /// Its number.
        number: i64,
        /// How far the adoption itself moved the share of the last twelve months, by effort: after minus
        /// before, as a ratio (0.01 is one point). `None` where it was not kept.
        moved: Option<f64>,
    },
}

/// One tagger's tags on one sort of comparable work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggerRow {
    /// A number that stands for the tagger in this list and nowhere else. Never an account's id.
    pub tagger: u32,
    /// What the machine had made of the work; `None` is unclassified. Work that the machine saw alike is
    /// compared with each other only.
    pub machine: Option<CategoryId>,
    /// Tags given.
    pub tags: i64,
    /// Those that say another category than the machine.
    pub overruled: i64,
    /// Those that say a visible category.
    pub visible: i64,
}

/// Tags made since the model in use was adopted, on work that the model itself had classified.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelTally {
    /// The model's number.
    pub number: i64,
    /// Tags.
    pub tags: i64,
    /// Those that agree with the model's category.
    pub agreed: i64,
    /// The part that should agree, from 0 to 1: the mean of the model's own confidence on these tags, which
    /// held-out tags calibrated. Its quality on all held-out tags would promise too much, since people tag
    /// what it is unsure of.
    pub expected: f64,
    /// How many tags were held out to calibrate it.
    pub held_out_tags: i64,
}

/// How many records of one source had one value in one field in one month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRow {
    /// The source's configured name.
    pub source: String,
    /// The field: `category`, `status`.
    pub field: String,
    /// The value as the source writes it; empty where it gave none.
    pub value: String,
    /// The month in which the records were opened.
    pub month: Month,
    /// Records.
    pub items: i64,
}

/// Everything that ought to be looked at, the most weighty sort first.
pub fn alarms(input: &WatchInput<'_>, taxonomy: &Taxonomy) -> Vec<Alarm> {
    let mut found = mix::shifts(input, taxonomy);
    found.extend(mix::unclassified(input, taxonomy));
    found.extend(input.model.as_ref().and_then(model::drop));
    found.extend(taggers::differ(input.taggers));
    found.extend(source::changes(input.last, input.fields));
    found
}
