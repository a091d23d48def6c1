//! What taggers work with: the order of their queue, who has which item before them, and the words of titles.

use sea_orm_migration::{
    prelude::*,
    schema::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("work_item_likeness").table("work_item").to_owned()).await?;
        for (name, columns) in INDICES {
            manager.create_index(index(name, columns)).await?;
        }
        manager.create_table(claim()).await?;
        let db = manager.get_connection();
        for statement in words_of_titles(manager.get_database_backend()) {
            db.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let undo: &[&str] = match manager.get_database_backend() {
            DbBackend::Postgres => &["DROP INDEX work_item_words"],
            _ => &[
                "DROP TRIGGER work_item_words_added",
                "DROP TRIGGER work_item_words_removed",
                "DROP TRIGGER work_item_words_changed",
                "DROP TABLE work_item_words",
            ],
        };
        for statement in undo {
            db.execute_unprepared(statement).await?;
        }
        manager.drop_table(Table::drop().table("claim").take()).await?;
        for (name, _) in INDICES {
            manager.drop_index(Index::drop().name(name).table("work_item").to_owned()).await?;
        }
        manager.create_index(index("work_item_likeness", &["likeness"])).await
    }
}

/// Each costs every pull, so there are few.
const INDICES: [(&str, &[&str]); 3] = [
    // The queue. With what it is narrowed by most, so that those who narrow it need not open each item.
    ("work_item_worth", &["worth", "id", "kind", "team"]),
    // Items that are alike, and which of them nobody has tagged.
    ("work_item_alike", &["likeness", "method"]),
    // A reference as somebody reads it out on the telephone.
    ("work_item_reference", &["reference"]),
];

fn index(name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table("work_item").take();
    for column in columns {
        index.col(*column);
    }
    index
}

/// Who has an item before them, so that nobody else is offered it meanwhile. Never more than that: a tag
/// on it by another way is taken.
fn claim() -> TableCreateStatement {
    Table::create()
        .table("claim")
        .col(big_integer("item_id").primary_key())
        .col(text("claimed_by"))
        .col(timestamp_with_time_zone("until"))
        .take()
}

/// Finds titles by words and by beginnings of words. The databases keep it up by themselves. References
/// are left out: each would be a word of its own, and the beginning of a million others.
fn words_of_titles(backend: DbBackend) -> &'static [&'static str] {
    match backend {
        // Without punctuation, which PostgreSQL would read as addresses, file names and numbers.
        DbBackend::Postgres => &["CREATE INDEX work_item_words ON work_item USING gin (\
             to_tsvector('simple', regexp_replace(coalesce(title, ''), '[!-/:-@[-`{-~]+', ' ', 'g')))"],
        _ => &[
            "CREATE VIRTUAL TABLE work_item_words USING fts5(title, content='work_item', content_rowid='id', \
             columnsize=0, tokenize='unicode61 remove_diacritics 0')",
            "INSERT INTO work_item_words(work_item_words) VALUES ('rebuild')",
            "CREATE TRIGGER work_item_words_added AFTER INSERT ON work_item WHEN new.title IS NOT NULL \
             BEGIN INSERT INTO work_item_words(rowid, title) VALUES (new.id, new.title); END",
            "CREATE TRIGGER work_item_words_removed AFTER DELETE ON work_item WHEN old.title IS NOT NULL \
             BEGIN INSERT INTO work_item_words(work_item_words, rowid, title) \
             VALUES ('delete', old.id, old.title); END",
            "CREATE TRIGGER work_item_words_changed AFTER UPDATE OF title ON work_item \
             WHEN old.title IS NOT new.title BEGIN \
             INSERT INTO work_item_words(work_item_words, rowid, title) \
             SELECT 'delete', old.id, old.title WHERE old.title IS NOT NULL; \
             INSERT INTO work_item_words(rowid, title) \
             SELECT new.id, new.title WHERE new.title IS NOT NULL; END",
        ],
    }
}
