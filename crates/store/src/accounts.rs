use chrono::{DateTime, Utc};

use crate::{Store, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads aggregates.
    Board,
    /// Also sees tickets and tags them.
    Tagger,
    /// Also configures.
    Admin,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Board, Self::Tagger, Self::Admin];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Tagger => "tagger",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == word)
            .ok_or_else(|| format!("\"{word}\" is not a role; the roles are board, tagger, admin"))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: i32,
    pub name: String,
    pub role: Role,
    pub disabled: bool,
    pub created_at: DateTime<Utc>,
}

pub struct NewUser<'a> {
    pub name: &'a str,
    pub role: Role,
    pub password: &'a str,
}

/// A signed-in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub user: User,
    /// Must come back with every form.
    pub csrf_token: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The token goes into the cookie; only its hash is stored.
    Granted { token: String, session: Session },
    /// Wrong name or password; the page does not say which.
    Refused,
    /// Too many failures of this name or from this address; try again then.
    Throttled { until: DateTime<Utc> },
}

impl Store {
    /// Adds a user. Passwords are at least 12 characters; kept as argon2id.
    pub async fn add_user(
        &self,
        user: NewUser<'_>,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        unimplemented!()
    }
    pub async fn set_password(
        &self,
        name: &str,
        password: &str,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        unimplemented!()
    }
    pub async fn set_role(
        &self,
        name: &str,
        role: Role,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        unimplemented!()
    }
    /// A disabled user cannot sign in, and open sessions end at once.
    pub async fn set_disabled(
        &self,
        name: &str,
        disabled: bool,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        unimplemented!()
    }
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        unimplemented!()
    }
    /// Checks a password and opens a session. `address` is the client's, for throttling.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<SignIn, StoreError> {
        unimplemented!()
    }
    /// The session behind a cookie, while it lasts.
    pub async fn session(&self, token: &str, now: DateTime<Utc>) -> Result<Option<Session>, StoreError> {
        unimplemented!()
    }
    pub async fn sign_out(&self, token: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        unimplemented!()
    }
}
