//! Passwords: argon2id, off the threads that serve pages.

use std::sync::OnceLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use crate::StoreError;

/// Fewer letters can be guessed by machine.
const SHORTEST: usize = 12;

/// More would only keep the processor busy.
const LONGEST: usize = 1000;

/// The hash to keep of a new password.
pub(crate) async fn hash(password: &str) -> Result<String, StoreError> {
    if password.chars().count() < SHORTEST {
        return Err(StoreError::Refused(format!(
            "the password is too short; give at least {SHORTEST} characters"
        )));
    }
    if password.len() > LONGEST {
        return Err(StoreError::Refused(format!(
            "the password is too long; give at most {LONGEST} characters"
        )));
    }
    let password = password.to_owned();
    blocking(move || hash_now(&password)).await?
}

/// Whether a password belongs to a kept hash. Takes as long where there is none, so that the answer's
/// time does not tell which names exist.
pub(crate) async fn verify(password: &str, kept: Option<String>) -> Result<bool, StoreError> {
    if password.len() > LONGEST {
        return Ok(false);
    }
    let password = password.to_owned();
    blocking(move || match kept {
        Some(kept) => Ok(verify_now(&password, &kept)),
        None => {
            static NOBODY: OnceLock<String> = OnceLock::new();
            let nobody = match NOBODY.get() {
                Some(hash) => hash,
                None => {
                    let hash = hash_now("nobody has this password")?;
                    NOBODY.get_or_init(|| hash)
                }
            };
            verify_now(&password, nobody);
            Ok(false)
        }
    })
    .await?
}

fn hash_now(password: &str) -> Result<String, StoreError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| StoreError::Refused(format!("the password cannot be kept: {error}")))
}

fn verify_now(password: &str, kept: &str) -> bool {
    PasswordHash::new(kept)
        .is_ok_and(|kept| Argon2::default().verify_password(password.as_bytes(), &kept).is_ok())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| StoreError::Refused("the password could not be checked; try again".to_owned()))
}
