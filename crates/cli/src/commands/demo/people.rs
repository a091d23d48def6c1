use anyhow::Context;
use rand::{
    RngExt, SeedableRng,
    rngs::{StdRng, SysRng},
};
use waterline_store::{NewUser, Role, Store};

use crate::clock;

/// Who may sign in to the demo.
pub(super) struct Person {
    pub(super) role: Role,
    pub(super) password: String,
    pub(super) may: &'static str,
}

const ACTOR: &str = "demo";

/// Sees to it that each role has somebody, called like the role. Passwords are made anew each time,
/// because only their hashes are kept.
pub(super) async fn welcome(store: &Store) -> anyhow::Result<Vec<Person>> {
    let known: Vec<String> = store.users().await?.into_iter().map(|user| user.name).collect();
    let mut people = Vec::new();
    for (role, may) in [
        (Role::Board, "sees the figures"),
        (Role::Tagger, "also sees tickets, and sorts them by hand"),
        (Role::Admin, "also configures"),
    ] {
        let (name, password, now) = (role.as_str(), password()?, clock::now());
        if known.iter().any(|known| known == name) {
            store.set_password(name, &password, ACTOR, now).await?;
        } else {
            store.add_user(NewUser { name, role, password: &password }, ACTOR, now).await?;
        }
        people.push(Person { role, password, may });
    }
    Ok(people)
}

/// Four groups of four from 28 letters and digits that nobody mistakes for each other: 76 bits.
pub(super) fn password() -> anyhow::Result<String> {
    const LETTERS: &[u8; 28] = b"abcdefghjkmnpqrstvwxyz234567";
    let mut dice = StdRng::try_from_rng(&mut SysRng).context("the system gives no random numbers")?;
    let mut group =
        || -> String { (0..4).map(|_| char::from(LETTERS[dice.random_range(0..LETTERS.len())])).collect() };
    Ok([group(), group(), group(), group()].join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_readable_and_different() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert_eq!(one.len(), 19);
        assert!(one.chars().all(|c| c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit()), "{one}");
        assert_ne!(one, other);
    }
}
