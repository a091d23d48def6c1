//! Rule sets that people edit, models that learn from their tags, which of them was adopted when, and what
//! a verdict rests on.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in item_columns() {
            manager.alter_table(Table::alter().table("work_item").add_column(column).take()).await?;
        }
        manager.drop_index(Index::drop().name("work_item_rule_set").table("work_item").to_owned()).await?;
        for (name, columns) in [
            // Children of an item, and items that are alike.
            ("work_item_parent", &["source_id", "parent"][..]),
            ("work_item_likeness", &["likeness"][..]),
        ] {
            let mut index = Index::create().name(name).table("work_item").take();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        for column in [text("taxonomy").default("").take(), text("created_by").default("").take()] {
            manager.alter_table(Table::alter().table("rule_set").add_column(column).take()).await?;
        }
        manager.create_table(model()).await?;
        manager.create_table(adoption()).await?;
        manager
            .create_table(Table::create().table("recheck").col(big_integer("item_id").primary_key()).take())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["recheck", "adoption", "model"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        for column in ["taxonomy", "created_by"] {
            manager.alter_table(Table::alter().table("rule_set").drop_column(column).take()).await?;
        }
        for index in ["work_item_parent", "work_item_likeness"] {
            manager.drop_index(Index::drop().name(index).table("work_item").to_owned()).await?;
        }
        for column in ["machine_rule", "machine_confidence", "model", "source_status", "likeness", "worth"] {
            manager.alter_table(Table::alter().table("work_item").drop_column(column).take()).await?;
        }
        manager
            .create_index(
                Index::create().name("work_item_rule_set").table("work_item").col("rule_set").take(),
            )
            .await
    }
}

fn item_columns() -> Vec<ColumnDef> {
    vec![
        // The name of the rule, and how sure the model was; null for every other method.
        text_null("machine_rule").take(),
        double_null("machine_confidence").take(),
        integer_null("model").take(),
        // The source's own word for where it stands.
        text_null("source_status").take(),
        // Equal for items whose titles differ in numbers and names of months only; 0 for those without.
        big_integer("likeness").default(0).take(),
        // By how many seconds the figure may be wrong for want of a tag on this item; 0 for tagged ones.
        big_integer("worth").default(0).take(),
    ]
}

/// Immutable. `held_out` is how it did on tags that it never saw, as JSON.
fn model() -> TableCreateStatement {
    Table::create()
        .table("model")
        .col(pk_auto("number"))
        .col(timestamp_with_time_zone("trained_at"))
        .col(big_integer("examples"))
        .col(text("held_out"))
        .col(blob("bytes"))
        .take()
}

/// What was to be put in force, by whom, and how far that got. `shift` is how far the figures moved, as
/// JSON; null until it is in force.
fn adoption() -> TableCreateStatement {
    Table::create()
        .table("adoption")
        .col(big_pk_auto("id"))
        .col(integer("rule_set"))
        .col(integer_null("model"))
        .col(text("state"))
        .col(text("reason"))
        .col(text("asked_by"))
        .col(timestamp_with_time_zone("asked_at"))
        .col(timestamp_with_time_zone_null("in_force_at"))
        .col(big_integer("done"))
        .col(big_integer("total"))
        .col(big_integer("moved"))
        .col(text_null("shift"))
        .col(text_null("trouble"))
        .foreign_key(ForeignKey::create().from("adoption", "rule_set").to("rule_set", "number"))
        .foreign_key(ForeignKey::create().from("adoption", "model").to("model", "number"))
        .take()
}
