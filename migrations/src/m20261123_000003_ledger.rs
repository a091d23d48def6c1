//! The ledger itself: rule sets, work items, the effort logged on them, and the rollup of work done.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(rule_set()).await?;
        manager.create_table(work_item()).await?;
        for index in work_item_indices() {
            manager.create_index(index).await?;
        }
        manager.create_table(effort_entry()).await?;
        manager.create_table(rollup()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["rollup", "effort_entry", "work_item", "rule_set"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

/// Immutable: a text has one number for ever.
fn rule_set() -> TableCreateStatement {
    Table::create()
        .table("rule_set")
        .col(pk_auto("number"))
        .col(text_uniq("sha256"))
        .col(text("text"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}

/// Columns ending in `_on` are days in the reporting zone. `listed_on` is the day finished, else the day
/// opened: what lists are sorted by. `search_text` is reference and title in lower case, because the two
/// databases do not agree on the case of letters beyond ASCII.
fn work_item() -> TableCreateStatement {
    Table::create()
        .table("work_item")
        .col(big_pk_auto("id"))
        .col(integer("source_id"))
        .col(text("feed"))
        .col(text("external_id"))
        .col(text("reference"))
        .col(text("kind"))
        .col(text_null("title"))
        .col(text_null("description"))
        .col(text("search_text"))
        .col(text("state"))
        .col(text_null("department"))
        .col(text_null("team"))
        .col(text_null("system"))
        .col(small_integer_null("priority"))
        .col(text_null("source_category"))
        .col(text("labels"))
        .col(text_null("parent"))
        .col(timestamp_with_time_zone("opened_at"))
        .col(date("opened_on"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .col(date_null("finished_on"))
        .col(date("listed_on"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(big_integer_null("logged_seconds"))
        .col(big_integer_null("estimated_seconds"))
        .col(text_null("machine_category"))
        .col(text("machine_method"))
        .col(text("machine_reason"))
        .col(integer("rule_set"))
        .col(text_null("category"))
        .col(text("method"))
        .col(text_null("tagged_by"))
        .col(timestamp_with_time_zone_null("tagged_at"))
        .col(timestamp_with_time_zone_null("gone_at"))
        .col(big_integer_null("seen_in_run"))
        .foreign_key(ForeignKey::create().from("work_item", "source_id").to("source", "id"))
        .take()
}

fn work_item_indices() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, columns: &[&'static str]| {
        let mut index = Index::create().name(name).table("work_item").take();
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        index("work_item_key", &["source_id", "external_id"]).unique().take(),
        // Lists, newest first; the second also under a category or "not yet classified".
        index("work_item_listed", &["listed_on", "id"]),
        index("work_item_category", &["category", "listed_on", "id"]),
        // Answers how much was logged per kind and team, and what was estimated, without the table.
        index("work_item_effort", &["state", "kind", "team", "logged_seconds", "estimated_seconds"]),
        // Finds verdicts of another rule set.
        index("work_item_rule_set", &["rule_set"]),
    ]
}

fn effort_entry() -> TableCreateStatement {
    Table::create()
        .table("effort_entry")
        .col(big_integer("item_id"))
        .col(integer("seq"))
        .col(timestamp_with_time_zone_null("at"))
        .col(date_null("day"))
        .col(big_integer("seconds"))
        .primary_key(Index::create().col("item_id").col("seq"))
        .foreign_key(
            ForeignKey::create()
                .from("effort_entry", "item_id")
                .to("work_item", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

/// `known` is false where the source did not say, which is not the same as an empty value.
/// An empty category is unclassified. `month` is the month's first day.
fn rollup() -> TableCreateStatement {
    Table::create()
        .table("rollup")
        .col(text("dimension"))
        .col(date("month"))
        .col(boolean("known"))
        .col(text("value"))
        .col(text("category"))
        .col(big_integer("items"))
        .col(big_integer("logged_seconds"))
        .col(big_integer("estimated_seconds"))
        .primary_key(Index::create().col("dimension").col("month").col("known").col("value").col("category"))
        .take()
}
