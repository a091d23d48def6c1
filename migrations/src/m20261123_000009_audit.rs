//! Samples of work that people look at blind, so that the error of the figure can be told. Not the audit
//! log, which says who did what.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [audit(), draw(), answer()] {
            manager.create_table(table).await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("sample_answer_once")
                    .table("sample_answer")
                    .col("audit_id")
                    .col("item_id")
                    .col("answered_by")
                    .unique()
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["sample_answer", "sample_draw", "sample_audit"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

/// `people` look at each item. `frame` is what was drawn from, as JSON: an array of [month, stratum, items,
/// seconds]. `batches` says how many of the batches drawn are asked of people; the rest is in reserve.
fn audit() -> TableCreateStatement {
    Table::create()
        .table("sample_audit")
        .col(big_pk_auto("id"))
        .col(date("first_month"))
        .col(date("last_month"))
        .col(small_integer("people"))
        .col(big_integer("seed"))
        .col(integer("batches"))
        .col(text("frame"))
        .col(text("drawn_by"))
        .col(timestamp_with_time_zone("drawn_at"))
        .take()
}

/// One piece of work in one month, as it stood when it was drawn, and how often it was.
fn draw() -> TableCreateStatement {
    Table::create()
        .table("sample_draw")
        .col(big_integer("audit_id"))
        .col(integer("batch"))
        .col(big_integer("item_id"))
        .col(date("month"))
        .col(text("stratum"))
        .col(big_integer("items"))
        .col(big_integer("seconds"))
        .col(integer("times"))
        .primary_key(Index::create().col("audit_id").col("batch").col("item_id").col("month"))
        .foreign_key(ForeignKey::create().from("sample_draw", "audit_id").to("sample_audit", "id"))
        .foreign_key(ForeignKey::create().from("sample_draw", "item_id").to("work_item", "id"))
        .take()
}

/// What one person made of one item; no category means that it does not tell. In the order of the ids.
fn answer() -> TableCreateStatement {
    Table::create()
        .table("sample_answer")
        .col(big_pk_auto("id"))
        .col(big_integer("audit_id"))
        .col(big_integer("item_id"))
        .col(text_null("category"))
        .col(text("answered_by"))
        .col(timestamp_with_time_zone("answered_at"))
        .foreign_key(ForeignKey::create().from("sample_answer", "audit_id").to("sample_audit", "id"))
        .foreign_key(ForeignKey::create().from("sample_answer", "item_id").to("work_item", "id"))
        .take()
}
