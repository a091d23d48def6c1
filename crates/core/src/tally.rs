use std::{
    fmt,
    ops::{Add, AddAssign, Neg},
};

use serde::{Deserialize, Serialize};

/// What a share is taken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Seconds of work, logged or estimated.
    #[default]
    Effort,
    /// Pieces of work, however long each took.
    Items,
}

impl Basis {
    /// The word in addresses, on the command line and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Effort => "effort",
            Self::Items => "items",
        }
    }
}

/// By what a report is broken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Not broken down.
    All,
    /// Incident, request, project…
    Kind,
    /// Who did it.
    Team,
    /// Who asked.
    Department,
    /// What it is about.
    System,
    /// Where the record came from.
    Source,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::All, Self::Kind, Self::Team, Self::Department, Self::System, Self::Source];

    /// The word in addresses, on the command line and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Kind => "kind",
            Self::Team => "team",
            Self::Department => "department",
            Self::System => "system",
            Self::Source => "source",
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount of work done. Signed, so that a correction is an addition too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Pieces of work finished.
    pub items: i64,
    /// Seconds that people logged.
    pub logged_seconds: i64,
    /// Seconds that stand in for what nobody logged.
    pub estimated_seconds: i64,
}

impl Tally {
    /// Logged and estimated seconds together.
    pub fn seconds(self) -> i64 {
        self.logged_seconds + self.estimated_seconds
    }

    /// The amount on one basis: items, or seconds.
    pub fn on(self, basis: Basis) -> i64 {
        match basis {
            Basis::Effort => self.seconds(),
            Basis::Items => self.items,
        }
    }

    /// Whether there is nothing at all in it.
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            items: self.items + other.items,
            logged_seconds: self.logged_seconds + other.logged_seconds,
            estimated_seconds: self.estimated_seconds + other.estimated_seconds,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Neg for Tally {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            items: -self.items,
            logged_seconds: -self.logged_seconds,
            estimated_seconds: -self.estimated_seconds,
        }
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}
