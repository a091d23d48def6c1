//! Targets for the share that somebody set. A target is withdrawn, never deleted: the months after it are
//! watched for work that is only called something else.

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
                    .table("target")
                    .col(big_pk_auto("id"))
                    .col(double("share"))
                    // The first day of the month by which it is to be reached.
                    .col(date("month"))
                    .col(text("note"))
                    .col(text("set_by"))
                    .col(timestamp_with_time_zone("set_at"))
                    .col(text_null("withdrawn_by"))
                    .col(timestamp_with_time_zone_null("withdrawn_at"))
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("target").take()).await
    }
}
