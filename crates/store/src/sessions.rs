use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use crate::{
    Store, StoreError, User,
    accounts::{by_name, entry, user},
    audit_log::append,
    entity::{session, sign_in_failure, user_account},
    error::Doing,
    passwords, token,
};

/// A session ends after a working day, however busy.
const LONGEST: TimeDelta = TimeDelta::hours(12);

/// A session ends when nobody used it for so long.
const IDLE: TimeDelta = TimeDelta::hours(1);

/// Use is noted so rarely at the most, because every note is a write.
const NOTED: TimeDelta = TimeDelta::minutes(5);

/// Over this time failures are counted.
const MEMORY: TimeDelta = TimeDelta::minutes(15);

/// So many failures close a name…
const MOST_PER_NAME: u64 = 5;

/// …and so many an address. More, because a whole trust may stand behind one.
const MOST_PER_ADDRESS: u64 = 20;

/// What is kept of a name or address that somebody typed, in characters.
const LONGEST_INPUT: usize = 200;

/// A signed-in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub user: User,
    /// Must come back with every form.
    pub csrf_token: String,
}

/// What came of an attempt to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The token goes into the cookie; only its hash is stored.
    Granted {
        /// For the cookie.
        token: String,
        /// Who signed in.
        session: Session,
    },
    /// Wrong name or password; the page does not say which.
    Refused,
    /// Too many failures of this name or from this address; try again then.
    Throttled {
        /// When the oldest of those failures is forgotten.
        until: DateTime<Utc>,
    },
}

const SIGNING_IN: &str = "sign somebody in";

impl Store {
    /// Checks a password and opens a session. `address` is the client's, for throttling.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<SignIn, StoreError> {
        let (name, address) = (&shortened(name), &shortened(address));
        let attempt = match self.attempt(name, address, now).await? {
            Attempt::Allowed(id) => id,
            Attempt::Throttled(until) => return Ok(SignIn::Throttled { until }),
        };
        let account = by_name(self.reader(), name).await.doing(SIGNING_IN)?;
        let kept = account.as_ref().map(|row| row.password_hash.clone());
        let right = passwords::verify(password, kept).await?;
        match account {
            Some(row) if right && !row.disabled => self.grant(row, attempt, address, now).await,
            _ => {
                let entry = entry(now, name, "sign_in.refused", name, &format!("from {address}"));
                self.log(&entry).await?;
                Ok(SignIn::Refused)
            }
        }
    }

    /// Counts the attempt as a failure before the password is looked at, and takes that back when it
    /// was right: otherwise many attempts at once would all pass before the first is counted.
    async fn attempt(&self, name: &str, address: &str, now: DateTime<Utc>) -> Result<Attempt, StoreError> {
        use sign_in_failure::Column;
        let tx = self.begin(SIGNING_IN).await?;
        sign_in_failure::Entity::delete_many()
            .filter(Column::At.lte(now - MEMORY))
            .exec(&tx)
            .await
            .doing(SIGNING_IN)?;
        let limits = [(Column::Name, name, MOST_PER_NAME), (Column::Address, address, MOST_PER_ADDRESS)];
        for (column, value, most) in limits {
            let oldest_that_counts = sign_in_failure::Entity::find()
                .filter(column.eq(value))
                .order_by_desc(Column::At)
                .order_by_desc(Column::Id)
                .offset(most - 1)
                .limit(1)
                .one(&tx)
                .await
                .doing(SIGNING_IN)?;
            if let Some(failure) = oldest_that_counts {
                tx.commit().await.doing(SIGNING_IN)?;
                return Ok(Attempt::Throttled(failure.at + MEMORY));
            }
        }
        let failure = sign_in_failure::ActiveModel {
            id: NotSet,
            name: Set(name.to_owned()),
            address: Set(address.to_owned()),
            at: Set(now),
        };
        let failure = failure.insert(&tx).await.doing(SIGNING_IN)?;
        tx.commit().await.doing(SIGNING_IN)?;
        Ok(Attempt::Allowed(failure.id))
    }

    async fn grant(
        &self,
        row: user_account::Model,
        attempt: i64,
        address: &str,
        now: DateTime<Utc>,
    ) -> Result<SignIn, StoreError> {
        let (token, csrf_token) = (token::random()?, token::random()?);
        let tx = self.begin(SIGNING_IN).await?;
        let user = user(row).doing(SIGNING_IN)?;
        sign_in_failure::Entity::delete_many()
            .filter(sign_in_failure::Column::Id.eq(attempt))
            .exec(&tx)
            .await
            .doing(SIGNING_IN)?;
        session::Entity::delete_many()
            .filter(session::Column::CreatedAt.lte(now - LONGEST))
            .exec(&tx)
            .await
            .doing(SIGNING_IN)?;
        let row = session::Model {
            token_sha256: token::sha256(&token),
            user_id: user.id,
            csrf_token: csrf_token.clone(),
            created_at: now,
            used_at: now,
        };
        row.into_active_model().insert(&tx).await.doing(SIGNING_IN)?;
        let entry = entry(now, &user.name, "sign_in", &user.name, &format!("from {address}"));
        append(&tx, &[entry]).await.doing(SIGNING_IN)?;
        tx.commit().await.doing(SIGNING_IN)?;
        Ok(SignIn::Granted { token, session: Session { user, csrf_token } })
    }

    /// The session behind a cookie, while it lasts: 12 hours, and an hour without use (an hour less the
    /// five minutes within which use is not noted).
    pub async fn session(&self, token: &str, now: DateTime<Utc>) -> Result<Option<Session>, StoreError> {
        const DOING: &str = "look up the session";
        let found =
            session::Entity::find_by_id(token::sha256(token)).one(self.reader()).await.doing(DOING)?;
        let Some(row) = found.filter(|row| now < row.created_at + LONGEST && now < row.used_at + IDLE) else {
            return Ok(None);
        };
        let account = user_account::Entity::find_by_id(row.user_id).one(self.reader()).await.doing(DOING)?;
        let Some(account) = account.filter(|account| !account.disabled) else { return Ok(None) };
        if row.used_at + NOTED <= now {
            self.note_use(&row, now).await.doing(DOING)?;
        }
        Ok(Some(Session { user: user(account).doing(DOING)?, csrf_token: row.csrf_token }))
    }

    async fn note_use(&self, row: &session::Model, now: DateTime<Utc>) -> Result<(), DbErr> {
        session::Entity::update_many()
            .col_expr(session::Column::UsedAt, Expr::value(now))
            .filter(session::Column::TokenSha256.eq(&row.token_sha256))
            .exec(self.writer())
            .await?;
        Ok(())
    }

    /// Ends the session behind a cookie; one that has ended already stays so.
    pub async fn sign_out(&self, token: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        const DOING: &str = "sign somebody out";
        let tx = self.begin(DOING).await?;
        let sha256 = token::sha256(token);
        if let Some(row) = session::Entity::find_by_id(&sha256).one(&tx).await.doing(DOING)? {
            session::Entity::delete_by_id(sha256).exec(&tx).await.doing(DOING)?;
            let account = user_account::Entity::find_by_id(row.user_id).one(&tx).await.doing(DOING)?;
            let name = account.map_or_else(String::new, |account| account.name);
            append(&tx, &[entry(now, &name, "sign_out", &name, "")]).await.doing(DOING)?;
        }
        tx.commit().await.doing(DOING)
    }
}

enum Attempt {
    /// Counted as this failure for now.
    Allowed(i64),
    Throttled(DateTime<Utc>),
}

/// Whatever was typed, fit for an index and for the log.
fn shortened(input: &str) -> String {
    input.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_INPUT).collect()
}
