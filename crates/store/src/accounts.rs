use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::{
    AuditEntry, Store, StoreError,
    audit_log::append,
    entity::{session, user_account},
    error::{Doing, unreadable},
    passwords,
};

/// What a user may do. Each may also do what those before it may.
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
    /// All of them, least first.
    pub const ALL: [Self; 3] = [Self::Board, Self::Tagger, Self::Admin];

    /// The word in the database and on the command line.
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

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Number in this database.
    pub id: i32,
    /// What they sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they are kept out.
    pub disabled: bool,
    /// When they were added.
    pub created_at: DateTime<Utc>,
}

/// Somebody who shall be able to sign in.
pub struct NewUser<'a> {
    /// What they will sign in with.
    pub name: &'a str,
    /// What they may do.
    pub role: Role,
    /// At least 12 characters.
    pub password: &'a str,
}

/// Longest name, in characters: it stands on pages and in an index.
const LONGEST_NAME: usize = 100;

impl Store {
    /// Adds a user. Passwords are at least 12 characters; kept as argon2id.
    pub async fn add_user(
        &self,
        user: NewUser<'_>,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const DOING: &str = "add the user";
        let name = user.name;
        let proper = !name.is_empty() && name.trim() == name && !name.chars().any(char::is_control);
        if !proper || name.chars().count() > LONGEST_NAME {
            return Err(StoreError::Refused(format!(
                "a user's name is 1 to {LONGEST_NAME} characters on one line, without spaces around it"
            )));
        }
        let password_hash = passwords::hash(user.password).await?;
        let tx = self.begin(DOING).await?;
        if by_name(&tx, name).await.doing(DOING)?.is_some() {
            return Err(StoreError::UserExists(name.to_owned()));
        }
        let row = user_account::ActiveModel {
            id: NotSet,
            name: Set(name.to_owned()),
            role: Set(user.role.as_str().to_owned()),
            password_hash: Set(password_hash),
            disabled: Set(false),
            created_at: Set(now),
        };
        row.insert(&tx).await.doing(DOING)?;
        append(&tx, &[entry(now, actor, "user.add", name, user.role.as_str())]).await.doing(DOING)?;
        tx.commit().await.doing(DOING)
    }

    /// Gives a user a new password and ends the sessions opened with the old one.
    pub async fn set_password(
        &self,
        name: &str,
        password: &str,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const DOING: &str = "change the password";
        let password_hash = passwords::hash(password).await?;
        let tx = self.begin(DOING).await?;
        let mut row = existing(&tx, name, DOING).await?.into_active_model();
        row.password_hash = Set(password_hash);
        let row = row.update(&tx).await.doing(DOING)?;
        end_sessions(&tx, row.id).await.doing(DOING)?;
        append(&tx, &[entry(now, actor, "user.password", name, "")]).await.doing(DOING)?;
        tx.commit().await.doing(DOING)
    }

    /// Lets a user do more or less, from the next page on.
    pub async fn set_role(
        &self,
        name: &str,
        role: Role,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const DOING: &str = "change the role";
        let tx = self.begin(DOING).await?;
        let row = existing(&tx, name, DOING).await?;
        let detail = format!("{} -> {}", row.role, role.as_str());
        let mut row = row.into_active_model();
        row.role = Set(role.as_str().to_owned());
        row.update(&tx).await.doing(DOING)?;
        append(&tx, &[entry(now, actor, "user.role", name, &detail)]).await.doing(DOING)?;
        tx.commit().await.doing(DOING)
    }

    /// A disabled user cannot sign in, and open sessions end at once.
    pub async fn set_disabled(
        &self,
        name: &str,
        disabled: bool,
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const DOING: &str = "keep the user out or let them in";
        let tx = self.begin(DOING).await?;
        let mut row = existing(&tx, name, DOING).await?.into_active_model();
        row.disabled = Set(disabled);
        let row = row.update(&tx).await.doing(DOING)?;
        if disabled {
            end_sessions(&tx, row.id).await.doing(DOING)?;
        }
        let action = if disabled { "user.disable" } else { "user.enable" };
        append(&tx, &[entry(now, actor, action, name, "")]).await.doing(DOING)?;
        tx.commit().await.doing(DOING)
    }

    /// Everybody who was ever added, by name.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        const DOING: &str = "list the users";
        let rows = user_account::Entity::find()
            .order_by_asc(user_account::Column::Id)
            .all(self.reader())
            .await
            .doing(DOING)?;
        let mut users: Vec<User> = rows.into_iter().map(user).collect::<Result<_, _>>().doing(DOING)?;
        users.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(users)
    }
}

/// The account of this name, if there is one.
pub(crate) async fn by_name(
    db: &impl ConnectionTrait,
    name: &str,
) -> Result<Option<user_account::Model>, DbErr> {
    // PostgreSQL refuses a null byte even in a question, and nobody is called so.
    if name.contains('\0') {
        return Ok(None);
    }
    user_account::Entity::find().filter(user_account::Column::Name.eq(name)).one(db).await
}

async fn existing(
    tx: &DatabaseTransaction,
    name: &str,
    doing: &'static str,
) -> Result<user_account::Model, StoreError> {
    let row = user_account::Entity::find()
        .filter(user_account::Column::Name.eq(name.replace('\0', " ")))
        .lock_exclusive()
        .one(tx)
        .await
        .doing(doing)?;
    row.ok_or_else(|| StoreError::NoSuchUser(name.to_owned()))
}

async fn end_sessions(tx: &DatabaseTransaction, user_id: i32) -> Result<(), DbErr> {
    session::Entity::delete_many().filter(session::Column::UserId.eq(user_id)).exec(tx).await?;
    Ok(())
}

pub(crate) fn user(row: user_account::Model) -> Result<User, DbErr> {
    Ok(User {
        id: row.id,
        role: row.role.parse().map_err(unreadable)?,
        name: row.name,
        disabled: row.disabled,
        created_at: row.created_at,
    })
}

pub(crate) fn entry(at: DateTime<Utc>, actor: &str, action: &str, subject: &str, detail: &str) -> AuditEntry {
    AuditEntry {
        at,
        actor: actor.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_owned(),
    }
}
