//! Who may sign in, who is signed in, and who failed to.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(user_account()).await?;
        manager.create_table(session()).await?;
        manager.create_table(sign_in_failure()).await?;
        let index = |name: &'static str, columns: [&'static str; 2]| {
            Index::create().name(name).table("sign_in_failure").col(columns[0]).col(columns[1]).take()
        };
        manager.create_index(index("sign_in_failure_name", ["name", "at"])).await?;
        manager.create_index(index("sign_in_failure_address", ["address", "at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["sign_in_failure", "session", "user_account"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn user_account() -> TableCreateStatement {
    Table::create()
        .table("user_account")
        .col(pk_auto("id"))
        .col(text_uniq("name"))
        .col(text("role"))
        .col(text("password_hash"))
        .col(boolean("disabled"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}

/// Only the SHA-256 of a token is kept: who reads the database cannot take over a session.
fn session() -> TableCreateStatement {
    Table::create()
        .table("session")
        .col(text("token_sha256").primary_key())
        .col(integer("user_id"))
        .col(text("csrf_token"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("used_at"))
        .foreign_key(ForeignKey::create().from("session", "user_id").to("user_account", "id"))
        .take()
}

fn sign_in_failure() -> TableCreateStatement {
    Table::create()
        .table("sign_in_failure")
        .col(big_pk_auto("id"))
        .col(text("name"))
        .col(text("address"))
        .col(timestamp_with_time_zone("at"))
        .take()
}
