use serde::{Deserialize, Serialize};

use crate::{
    CategoryId, Month,
    audit::{Frame, Stratum},
};

/// One audit: a random sample of the work of some months, and what people made of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audit {
    /// What it was drawn from.
    pub frame: Frame,
    /// What was drawn, in any order.
    pub draws: Vec<Draw>,
}

/// One unit that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// The month of the unit.
    pub month: Month,
    /// Where it was published when it was drawn; this never changes afterwards.
    pub stratum: Stratum,
    /// 1 in the month in which it was finished, else 0; as it stood when it was drawn.
    pub items: i64,
    /// Its effort in the month; as it stood when it was drawn.
    pub seconds: i64,
    /// How often it was drawn: samples are drawn with replacement.
    pub times: u32,
    /// What the figures say of it now; `None` is unclassified. Must never come from the audit itself.
    pub published: Option<CategoryId>,
    /// What people made of it.
    pub truth: Truth,
}

/// What people made of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It is of this category.
    Category(CategoryId),
    /// They looked, and what is stored does not tell.
    CannotTell,
    /// Not enough people have looked yet.
    Pending,
}

/// One person's answer, given without sight of the machine's verdict or of anybody else's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is of this category.
    Category(CategoryId),
    /// What is stored does not tell.
    CannotTell,
}

/// What the answers to one unit come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// This, or still [`Truth::Pending`] until the first people have answered.
    Truth(Truth),
    /// The first two disagree; a third person decides.
    NeedsThird,
}

/// Settles one unit. `answers` stand in the order in which they came; `people` (1 or 2) is how many look
/// at each unit. Where two disagree, the third one's answer stands, whatever it is: three different
/// answers would otherwise never end. Answers after those are not looked at.
pub fn settle_answers(answers: &[Answer], people: u8) -> Settled {
    let truth = |answer: &Answer| {
        Settled::Truth(match answer {
            Answer::Category(id) => Truth::Category(id.clone()),
            Answer::CannotTell => Truth::CannotTell,
        })
    };
    match (people, answers) {
        (_, []) => Settled::Truth(Truth::Pending),
        (0 | 1, [only, ..]) => truth(only),
        (_, [_]) => Settled::Truth(Truth::Pending),
        (_, [first, second, ..]) if first == second => truth(first),
        (_, [_, _]) => Settled::NeedsThird,
        (_, [_, _, third, ..]) => truth(third),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(words: &[&str], people: u8) -> Settled {
        let answer = |word: &&str| match *word {
            "?" => Answer::CannotTell,
            word => Answer::Category(CategoryId::new(word)),
        };
        settle_answers(&words.iter().map(answer).collect::<Vec<_>>(), people)
    }

    fn is(word: &str) -> Settled {
        Settled::Truth(Truth::Category(CategoryId::new(word)))
    }

    #[test]
    fn one_person_settles_it_where_one_is_asked() {
        assert_eq!(settle(&[], 1), Settled::Truth(Truth::Pending));
        assert_eq!(settle(&["advice"], 1), is("advice"));
        assert_eq!(settle(&["?"], 1), Settled::Truth(Truth::CannotTell));
    }

    #[test]
    fn two_people_settle_it_by_agreeing_and_a_third_decides_between_them() {
        assert_eq!(settle(&["advice"], 2), Settled::Truth(Truth::Pending));
        assert_eq!(settle(&["advice", "advice"], 2), is("advice"));
        assert_eq!(settle(&["?", "?"], 2), Settled::Truth(Truth::CannotTell));
        assert_eq!(settle(&["advice", "incident"], 2), Settled::NeedsThird);
        assert_eq!(settle(&["advice", "?"], 2), Settled::NeedsThird);
        assert_eq!(settle(&["advice", "incident", "legacy"], 2), is("legacy"));
        assert_eq!(settle(&["advice", "incident", "legacy", "advice"], 2), is("legacy"));
    }
}
