//! Sources, their feeds with cursor, lease and counters, the runs over them, and what could not be read.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(source()).await?;
        manager.create_table(feed()).await?;
        manager.create_table(feed_request()).await?;
        manager.create_table(run()).await?;
        manager.create_table(reject()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["reject", "run", "feed_request", "feed", "source"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn source() -> TableCreateStatement {
    Table::create()
        .table("source")
        .col(pk_auto("id"))
        .col(text_uniq("name"))
        .col(text("connector"))
        .col(text("text_policy"))
        .col(boolean("example_data"))
        .col(timestamp_with_time_zone("registered_at"))
        .take()
}

/// `full_run` is the run that began the full pull under way, and `full_cursor` how far that has come;
/// items carry its number in `seen_in_run`, so that an interrupted one can go on.
fn feed() -> TableCreateStatement {
    Table::create()
        .table("feed")
        .col(integer("source_id"))
        .col(text("feed"))
        .col(text_null("cursor"))
        .col(big_integer_null("full_run"))
        .col(text_null("full_cursor"))
        .col(text_null("lease_owner"))
        .col(big_integer_null("lease_run"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(big_integer_null("upstream_total"))
        .col(timestamp_with_time_zone_null("last_run_at"))
        .col(timestamp_with_time_zone_null("last_success_at"))
        .col(text_null("last_error"))
        .col(boolean_null("up"))
        .col(timestamp_with_time_zone_null("newest_at"))
        .col(big_integer("held").default(0))
        .col(big_integer("gone").default(0))
        .col(big_integer("batches").default(0))
        .col(big_integer("records").default(0))
        .col(big_integer("retries").default(0))
        .col(double("throttled_seconds").default(0.0))
        .primary_key(Index::create().col("source_id").col("feed"))
        .foreign_key(ForeignKey::create().from("feed", "source_id").to("source", "id"))
        .take()
}

fn feed_request() -> TableCreateStatement {
    Table::create()
        .table("feed_request")
        .col(integer("source_id"))
        .col(text("feed"))
        .col(integer("status"))
        .col(big_integer("count"))
        .primary_key(Index::create().col("source_id").col("feed").col("status"))
        .foreign_key(ForeignKey::create().from("feed_request", "source_id").to("source", "id"))
        .take()
}

fn run() -> TableCreateStatement {
    Table::create()
        .table("run")
        .col(big_pk_auto("id"))
        .col(integer("source_id"))
        .col(text("feed"))
        .col(text("mode"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(boolean_null("drained"))
        .col(text_null("error"))
        .col(big_integer("added").default(0))
        .col(big_integer("changed").default(0))
        .col(big_integer("unchanged").default(0))
        .col(big_integer("stale").default(0))
        .col(big_integer("rejected").default(0))
        .foreign_key(ForeignKey::create().from("run", "source_id").to("source", "id"))
        .take()
}

fn reject() -> TableCreateStatement {
    Table::create()
        .table("reject")
        .col(integer("source_id"))
        .col(text("feed"))
        .col(text("record"))
        .col(text("reason"))
        .col(timestamp_with_time_zone("rejected_at"))
        .primary_key(Index::create().col("source_id").col("feed").col("record"))
        .foreign_key(ForeignKey::create().from("reject", "source_id").to("source", "id"))
        .take()
}
