//! What people said about items: one action tags many, and is undone as a whole.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("tag_action")
                    .col(big_pk_auto("id"))
                    .col(text("category"))
                    .col(text("tagged_by"))
                    .col(timestamp_with_time_zone("tagged_at"))
                    .col(big_integer("items"))
                    .col(text_null("undone_by"))
                    .col(timestamp_with_time_zone_null("undone_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("tag_action_person")
                    .table("tag_action")
                    .col("tagged_by")
                    .col("id")
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("tag")
                    .col(big_integer("item_id"))
                    .col(big_integer("action_id"))
                    .primary_key(Index::create().col("item_id").col("action_id"))
                    .foreign_key(ForeignKey::create().from("tag", "item_id").to("work_item", "id"))
                    .foreign_key(ForeignKey::create().from("tag", "action_id").to("tag_action", "id"))
                    .take(),
            )
            .await?;
        manager.create_index(Index::create().name("tag_of_action").table("tag").col("action_id").take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["tag", "tag_action"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}
