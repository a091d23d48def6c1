//! The database as a whole: opening it, failing in it, several at work on it, and checking it.

use sea_orm::ConnectionTrait;
use waterline_core::{CategoryId, Dimension};
use waterline_store::{ItemFilter, RunMode, Settings, Store, TagOutcome};

use crate::common::*;

async fn refusal(settings: Settings) -> String {
    match Store::open(settings, at("2026-10-01")).await {
        Ok(_) => panic!("it opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_database_in_memory_works_and_folders_are_made() {
    let memory = Settings { url: "sqlite::memory:".to_owned(), ..sqlite().settings };
    let store = Store::open(memory, at("2026-10-01")).await.unwrap();
    pull(&store, [finished("1", "2026-10-05")]).await;
    assert!(store.verify().await.unwrap().discrepancies.is_empty());
    store.refresh_estimates().await.unwrap();
    store.ping().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/not/yet/there 100%.db", folder.path().display());
    Store::open(Settings { url, ..sqlite().settings }, at("2026-10-01")).await.unwrap();
    assert!(folder.path().join("not/yet/there 100%.db").exists());
}

#[tokio::test]
async fn another_zone_or_a_newer_layout_is_refused() {
    on_both(async |database| {
        database.open().await;
        let paris = Settings { zone: "Europe/Paris".parse().unwrap(), ..database.settings.clone() };
        let refused = refusal(paris).await;
        assert!(refused.contains("keeps its days in Europe/London"), "{refused}");
        let db = database.by_hand().await;
        let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2999_later', 0)";
        db.execute_unprepared(newer).await.unwrap();
        let refused = refusal(database.settings.clone()).await;
        assert!(refused.contains("newer Waterline (m2999_later)"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn a_role_that_may_only_write_rows_opens_what_another_laid_out() {
    on_postgres(async |database| {
        let db = database.by_hand().await;
        let role = format!("rows_only_{}", std::process::id());
        db.execute_unprepared(&format!("CREATE ROLE {role} LOGIN")).await.unwrap();
        let (scheme, rest) = database.settings.url.split_once("://").unwrap();
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let limited = Settings { url: format!("{scheme}://{role}@{host}"), ..database.settings.clone() };
        let refused = refusal(limited.clone()).await;
        assert!(refused.contains("run `waterline db migrate`"), "{refused}");
        database.open().await;
        let grants =
            ["TABLES", "SEQUENCES"].map(|what| format!("GRANT ALL ON ALL {what} IN SCHEMA public TO {role}"));
        for grant in grants {
            db.execute_unprepared(&grant).await.unwrap();
        }
        let store = Store::open(limited, at("2026-10-01")).await.unwrap();
        pull(&store, [finished("1", "2026-10-05")]).await;
        drop(store);
        for end in ["DROP OWNED BY", "DROP ROLE"] {
            db.execute_unprepared(&format!("{end} {role}")).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_no_database_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.db");
    std::fs::write(&file, "Dear diary, ".repeat(1000)).unwrap();
    let open = async |url: String| refusal(Settings { url, ..sqlite().settings }).await;
    let refused = open(format!("sqlite://{}", file.display())).await;
    assert!(refused.contains("notes.db: ") && refused.contains("file is not a database"), "{refused}");
    let refused = open(format!("sqlite://{}", folder.path().display())).await;
    assert!(refused.contains("this is a folder"), "{refused}");
    let refused = open("postgres://me:secret@127.0.0.1:1/w".to_owned()).await;
    assert!(refused.contains("postgres://…@127.0.0.1:1/w") && !refused.contains("secret"), "{refused}");
    assert!(open("w.db".to_owned()).await.contains("write sqlite://"));
}

#[tokio::test]
async fn two_processes_can_open_an_empty_database_at_once() {
    on_both(async |database| {
        tokio::join!(database.open(), database.open());
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_fails_half_way_leaves_nothing_behind() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, [finished("1", "2026-10-05")]).await;
        let before =
            (work(&store, Dimension::All).await, store.feed_statuses(at("2026-11-01")).await.unwrap());
        let db = database.by_hand().await;
        // Items are written before the rollup, so this strikes in the middle.
        db.execute_unprepared("ALTER TABLE rollup RENAME TO elsewhere").await.unwrap();
        let ticket = begin(&store, RunMode::Incremental).await;
        let failed = store.write_batch(&ticket, batch([finished("2", "2026-10-06")]), at("2026-11-01")).await;
        assert_eq!(failed.unwrap_err().to_string(), "the database cannot write the batch");
        db.execute_unprepared("ALTER TABLE elsewhere RENAME TO rollup").await.unwrap();
        assert_eq!(work(&store, Dimension::All).await, before.0);
        assert_eq!(store.count_items(&ItemFilter::default()).await.unwrap().items, 1);
        let after = store.feed_statuses(at("2026-11-01")).await.unwrap();
        assert_eq!((after[0].records, after[0].held), (before.1[0].records, before.1[0].held));
        store.write_batch(&ticket, batch([finished("2", "2026-10-06")]), at("2026-11-01")).await.unwrap();
        assert!(store.verify().await.unwrap().discrepancies.is_empty());
    })
    .await;
}

#[tokio::test]
async fn several_may_write_at_once_and_every_figure_still_adds_up() {
    on_both(async |database| {
        let store = database.open().await;
        pull(&store, (0..200).map(|n| finished(&n.to_string(), "2026-10-05"))).await;
        let page = store.items(&ItemFilter::default(), None, 200).await.unwrap();
        let ids: Vec<i64> = page.items.iter().map(|item| item.id).collect();
        let pulling = async {
            for day in 6..16 {
                let on = format!("2026-10-{day:02}");
                pull(&store, (0..200).map(|n| finished(&n.to_string(), &on))).await;
            }
        };
        let other = database.open().await;
        let tagging = async {
            for round in 0..20 {
                let category = CategoryId::new(["advice", "legacy"][round % 2]);
                let now = at("2026-10-20");
                let TagOutcome { action, .. } =
                    other.tag(&ids[round..round + 100], &category, "ada", now).await.unwrap();
                if round % 3 == 0 {
                    other.undo_tags(action, "ada", false, now).await.unwrap();
                }
            }
        };
        let estimating = async {
            for _ in 0..5 {
                other.refresh_estimates().await.unwrap();
                assert_eq!(other.verify().await.unwrap().discrepancies, []);
            }
        };
        tokio::join!(pulling, tagging, estimating);
        assert_eq!(store.verify().await.unwrap().discrepancies, []);
        let items: i64 = work(&store, Dimension::All).await.iter().map(|row| row.tally.items).sum();
        assert_eq!(items, 200);
    })
    .await;
}

#[tokio::test]
async fn a_figure_changed_by_hand_is_found() {
    on_both(async |database| {
        let store = database.open().await;
        let mut worked = finished("2", "2026-10-05");
        worked.logged = vec![logged(None, 600)];
        pull(&store, [finished("1", "2026-10-05"), worked]).await;
        let db = database.by_hand().await;
        let changes = [
            (
                "UPDATE rollup SET logged_seconds = logged_seconds + 1 WHERE dimension = 'team'",
                "the team \"Service Desk\"",
            ),
            (
                "UPDATE rollup SET items = 1 WHERE dimension = 'all'",
                "the rollup of October 2026 for all work",
            ),
            ("DELETE FROM rollup WHERE dimension = 'system'", "no known system"),
            ("UPDATE work_item SET category = 'advice' WHERE external_id = '1'", "does not count as"),
            ("UPDATE work_item SET estimated_seconds = NULL", "nothing estimated"),
            ("UPDATE effort_entry SET seconds = 601", "another total than its effort entries"),
            ("UPDATE feed SET held = 3", "3 items held"),
            ("UPDATE work_item SET rule_set = 9", "not kept"),
        ];
        assert_eq!(store.verify().await.unwrap().discrepancies, []);
        for (change, told) in changes {
            db.execute_unprepared(change).await.unwrap();
            let found = store.verify().await.unwrap().discrepancies;
            assert!(found.iter().any(|fault| fault.0.contains(told)), "{change}: {found:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_backup_is_a_whole_database_and_overwrites_nothing() {
    let database = sqlite();
    let store = database.open().await;
    pull(&store, [finished("1", "2026-10-05")]).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    store.backup(&copy).await.unwrap();
    assert!(store.backup(&copy).await.unwrap_err().to_string().contains("exists already"));
    let url = format!("sqlite://{}", copy.display());
    let restored =
        Store::open(Settings { url, ..database.settings.clone() }, at("2026-10-01")).await.unwrap();
    assert_eq!(work(&restored, Dimension::All).await, work(&store, Dimension::All).await);
    on_postgres(async |database| {
        let refused = database.open().await.backup(&copy).await.unwrap_err().to_string();
        assert!(refused.contains("pg_dump"), "{refused}");
    })
    .await;
}
