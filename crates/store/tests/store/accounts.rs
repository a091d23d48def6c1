use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ConnectionTrait;
use waterline_store::{NewUser, Role, SignIn, Store};

use crate::common::*;

const PASSWORD: &str = "correct horse battery";

async fn add(store: &Store, name: &str) {
    let user = NewUser { name, role: Role::Tagger, password: PASSWORD };
    store.add_user(user, "command line", at("2026-10-01")).await.unwrap();
}

async fn sign_in(store: &Store, name: &str, password: &str, now: DateTime<Utc>) -> SignIn {
    store.sign_in(name, password, "192.0.2.7", now).await.unwrap()
}

async fn token(store: &Store, now: DateTime<Utc>) -> String {
    match sign_in(store, "ada", PASSWORD, now).await {
        SignIn::Granted { token, .. } => token,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_knows_the_password_gets_a_session_and_only_its_hash_is_kept() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-10-02");
        add(&store, "ada").await;
        assert_eq!(sign_in(&store, "ada", "wrong password", now).await, SignIn::Refused);
        assert_eq!(sign_in(&store, "nobody", PASSWORD, now).await, SignIn::Refused);
        let token = token(&store, now).await;
        let session = store.session(&token, now).await.unwrap().unwrap();
        assert_eq!((session.user.name.as_str(), session.user.role), ("ada", Role::Tagger));
        assert!(store.session("made up", now).await.unwrap().is_none());
        let db = database.by_hand().await;
        let found = format!("SELECT 1 FROM session WHERE token_sha256 = '{token}'");
        let statement = sea_orm::Statement::from_string(db.get_database_backend(), found);
        assert!(db.query_one_raw(statement).await.unwrap().is_none());
        store.sign_out(&token, now).await.unwrap();
        assert!(store.session(&token, now).await.unwrap().is_none());
        let told: Vec<String> =
            store.audit_entries(9).await.unwrap().into_iter().map(|entry| entry.action).collect();
        assert_eq!(told, ["sign_out", "sign_in", "sign_in.refused", "sign_in.refused", "user.add"]);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_idle_and_after_a_working_day() {
    on_both(async |database| {
        let store = database.open().await;
        add(&store, "ada").await;
        let start = at("2026-10-02");
        let lives = async |token: &str, after: TimeDelta| {
            store.session(token, start + after).await.unwrap().is_some()
        };
        let idle = token(&store, start).await;
        assert!(lives(&idle, TimeDelta::minutes(59)).await);
        assert!(lives(&idle, TimeDelta::minutes(118)).await);
        assert!(!lives(&idle, TimeDelta::minutes(178)).await);
        let busy = token(&store, start).await;
        for half_hour in 1..24 {
            assert!(lives(&busy, TimeDelta::minutes(30 * half_hour)).await, "{half_hour}");
        }
        assert!(!lives(&busy, TimeDelta::hours(12)).await);
    })
    .await;
}

#[tokio::test]
async fn guessing_is_throttled_by_name_and_by_address() {
    on_both(async |database| {
        let store = database.open().await;
        add(&store, "ada").await;
        let now = at("2026-10-02");
        for _ in 0..5 {
            assert_eq!(sign_in(&store, "ada", "a wrong password", now).await, SignIn::Refused);
        }
        let until = now + TimeDelta::minutes(15);
        assert_eq!(sign_in(&store, "ada", PASSWORD, now).await, SignIn::Throttled { until });
        assert!(matches!(sign_in(&store, "ada", PASSWORD, until).await, SignIn::Granted { .. }));
        for number in 0..20 {
            assert_eq!(sign_in(&store, &format!("user {number}"), "x", until).await, SignIn::Refused);
        }
        assert!(matches!(sign_in(&store, "ben", "x", until).await, SignIn::Throttled { .. }));
        let elsewhere = store.sign_in("ben", "x", "192.0.2.8", until).await.unwrap();
        assert_eq!(elsewhere, SignIn::Refused);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_a_new_password_ends_old_sessions() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-10-02");
        add(&store, "ada").await;
        let first = token(&store, now).await;
        store.set_disabled("ada", true, "eve", now).await.unwrap();
        assert!(store.session(&first, now).await.unwrap().is_none());
        assert_eq!(sign_in(&store, "ada", PASSWORD, now).await, SignIn::Refused);
        store.set_disabled("ada", false, "eve", now).await.unwrap();
        let second = token(&store, now).await;
        store.set_role("ada", Role::Admin, "eve", now).await.unwrap();
        assert_eq!(store.session(&second, now).await.unwrap().unwrap().user.role, Role::Admin);
        store.set_password("ada", "another long password", "eve", now).await.unwrap();
        assert!(store.session(&second, now).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn bad_names_and_passwords_are_refused_in_a_sentence() {
    on_both(async |database| {
        let store = database.open().await;
        let now = at("2026-10-02");
        let refused = async |name: &str, password: &str| {
            let user = NewUser { name, role: Role::Board, password };
            store.add_user(user, "eve", now).await.unwrap_err().to_string()
        };
        assert!(refused("ada", "short").await.contains("at least 12"));
        assert!(refused(" ada", PASSWORD).await.contains("without spaces"));
        assert!(refused("a\0b", PASSWORD).await.contains("one line"));
        add(&store, "ada").await;
        assert_eq!(refused("ada", PASSWORD).await, "there is already a user called \"ada\"");
        let missing = store.set_role("ben", Role::Board, "eve", now).await.unwrap_err().to_string();
        assert_eq!(missing, "there is no user called \"ben\"");
        assert_eq!(sign_in(&store, "a\0b", "x\0", now).await, SignIn::Refused);
    })
    .await;
}
