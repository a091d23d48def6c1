use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::CategoryId;

/// Something that a person ought to look at. Ratios run from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "alarm", rename_all = "snake_case")]
pub enum Alarm {
    /// The mix of work changed right after something that may have changed the counting and not the work.
    MixShift {
        /// What happened before.
        cause: Cause,
        /// When, in the reporting zone.
        day: NaiveDate,
        /// What changed.
        part: Part,
        /// Its part of all items finished, on average over the months before.
        before: f64,
        /// The same over the whole months since.
        after: f64,
    },
    /// Putting a rule set in force by itself moved the share.
    RulesMovedShare {
        /// The rule set's number.
        number: i64,
        /// When it came into force, in the reporting zone.
        day: NaiveDate,
        /// How far it moved the share of the last twelve months, by effort.
        moved: f64,
    },
    /// More of the work is not classified.
    UnclassifiedGrows {
        /// The first day of the month.
        month: NaiveDate,
        /// The unclassified part of all items finished, on average over the six months before.
        before: f64,
        /// The same in the month.
        now: f64,
    },
    /// People agree less with the model than it was sure of.
    ModelQualityDrops {
        /// The model's number.
        number: i64,
        /// Tags given since it came into force, on work that it had classified.
        tags: i64,
        /// The part that should agree with it.
        expected: f64,
        /// The part that does.
        agreed: f64,
    },
    /// Tags of some people differ from the rest's on comparable work.
    TaggerDiffers {
        /// How many people.
        differing: u32,
        /// Of how many who tagged enough to tell.
        of: u32,
    },
    /// A source's field may have changed its meaning.
    SourceChanged {
        /// The source's configured name.
        source: String,
        /// The field.
        field: String,
        /// The value as the source writes it; empty where it gives none.
        value: String,
        /// What became of it.
        change: FieldChange,
        /// The first day of the month.
        month: NaiveDate,
        /// Records with this value in a month: where it vanished, on average before; else in this month.
        items: i64,
    },
}

/// After what the mix shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A target for the share was set.
    TargetSet,
    /// This rule set was put in force.
    RuleSetAdopted(i64),
}

/// A part of the mix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Visible work.
    Visible,
    /// One category.
    Category {
        /// Its id.
        id: CategoryId,
        /// What people call it.
        name: String,
    },
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldChange {
    /// It was common, and no record has it any more, though the source still delivers.
    Vanished,
    /// Nobody had seen it, and many records have it.
    Appeared,
}

impl Alarm {
    /// Every id there is, for metrics that must say zero too.
    pub const IDS: [&str; 6] = [
        "mix_shift",
        "rules_moved_share",
        "unclassified_grows",
        "model_quality_drops",
        "tagger_differs",
        "source_changed",
    ];

    /// The word in metrics.
    pub fn id(&self) -> &'static str {
        let [mix, rules, unclassified, model, tagger, source] = Self::IDS;
        match self {
            Self::MixShift { .. } => mix,
            Self::RulesMovedShare { .. } => rules,
            Self::UnclassifiedGrows { .. } => unclassified,
            Self::ModelQualityDrops { .. } => model,
            Self::TaggerDiffers { .. } => tagger,
            Self::SourceChanged { .. } => source,
        }
    }

    /// For a board member: what it means for the figure, and what to ask.
    pub fn for_board(&self) -> String {
        match self {
            Self::MixShift { cause: Cause::TargetSet, part, before, after, .. } => format!(
                "{} went from {} to {} of the work right after a target was set. That can be real, or work \
                 can be called by another name: ask what was delivered.",
                capital(&words(part)),
                percent(*before),
                percent(*after)
            ),
            Self::MixShift { part, before, after, .. } => format!(
                "{} went from {} to {} of the work right after the way of counting changed. Ask whether the \
                 work changed or only the counting.",
                capital(&words(part)),
                percent(*before),
                percent(*after)
            ),
            Self::RulesMovedShare { moved, .. } => format!(
                "A change in how work is classified moved the visible share {} by itself. No work changed; \
                 compare it only with figures that were counted the same way.",
                points(*moved)
            ),
            Self::UnclassifiedGrows { month, before, now } => format!(
                "In {}, {} of the work could not be classified; {} is usual. The figure is less certain than \
                 it was.",
                in_words(*month),
                percent(*now),
                percent(*before)
            ),
            Self::ModelQualityDrops { .. } => "The part of the work that a learned model classifies is more \
                 often wrong than expected. Ask for a new audit before relying on small changes of the share."
                .to_owned(),
            Self::TaggerDiffers { .. } => "People who classify work by hand do not all mean the same by the \
                 categories. Ask whether they have agreed on examples."
                .to_owned(),
            Self::SourceChanged { source, .. } => format!(
                "{source} now records work differently. A change of the share may come from that and not \
                 from the work."
            ),
        }
    }

    /// For staff: what was seen, how sure it is, and what to do.
    pub fn for_staff(&self) -> String {
        match self {
            Self::MixShift { cause, day, part, before, after } => {
                let what = match cause {
                    Cause::TargetSet => "a target was set".to_owned(),
                    Cause::RuleSetAdopted(number) => format!("rule set {number} came into force"),
                };
                format!(
                    "Since {what} on {}, {} is {} of the items finished; before it was {}. By chance alone a \
                     shift like this comes less than once in a hundred months. Read twenty items of it from \
                     before and after, and audit the months since.",
                    day.format("%-d %B %Y"),
                    words(part),
                    percent(*after),
                    percent(*before)
                )
            }
            Self::RulesMovedShare { number, day, moved } => format!(
                "Putting rule set {number} in force on {} moved the visible share of the last twelve months \
                 {}. This is counted, not estimated. Note it beside the figure, and audit again.",
                day.format("%-d %B %Y"),
                points(*moved)
            ),
            Self::UnclassifiedGrows { month, before, now } => format!(
                "In {}, {} of the items finished were not classified; in the six months before it was {}. \
                 By chance alone this comes less than once in a hundred months. Sort the unclassified items \
                 by source and team, tag the commonest, and make rules of them.",
                in_words(*month),
                percent(*now),
                percent(*before)
            ),
            Self::ModelQualityDrops { number, tags, expected, agreed } => format!(
                "People agree with model {number} on {} of the {tags} items that they tagged since it came \
                 into force; {} was to be expected. By chance alone a gap like this comes less than once in a \
                 hundred times. Train it again on the new tags, and look for new kinds of work.",
                percent(*agreed),
                percent(*expected)
            ),
            Self::TaggerDiffers { differing, of } => format!(
                "Of {of} people with at least 30 tags, {differing} sort work that the machine saw alike \
                 differently from the others, by 10 points or more; chance hardly does that. Who is not \
                 recorded here, and they may be the ones who are right. Go through disputed items together, \
                 and make the categories' descriptions say what you decide."
            ),
            Self::SourceChanged { source, field, value, change, month, items } => {
                let value = if value.is_empty() { "no value".to_owned() } else { format!("\"{value}\"") };
                let what = match change {
                    FieldChange::Vanished => {
                        format!("no record has {value} any more; about {items} a month had it")
                    }
                    FieldChange::Appeared => {
                        format!("{items} records have {value}, which none had in the six months before")
                    }
                };
                format!(
                    "In {}, in the field {field} of {source}, {what}. Ask whoever runs {source} what \
                     changed, and mend the rules and mappings that read this field.",
                    in_words(*month)
                )
            }
        }
    }
}

fn words(part: &Part) -> String {
    match part {
        Part::Visible => "visible work".to_owned(),
        Part::Category { name, .. } => format!("\"{name}\""),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn percent(ratio: f64) -> String {
    format!("{:.0}%", ratio * 100.0)
}

fn points(moved: f64) -> String {
    let way = if moved < 0.0 { "down" } else { "up" };
    format!("{way} by {:.1} points", moved.abs() * 100.0)
}

fn in_words(month: NaiveDate) -> String {
    month.format("%B %Y").to_string()
}
