use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "adoption")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub rule_set: i32,
    pub model: Option<i32>,
    pub state: String,
    pub reason: String,
    pub asked_by: String,
    pub asked_at: DateTimeUtc,
    pub in_force_at: Option<DateTimeUtc>,
    pub done: i64,
    pub total: i64,
    pub moved: i64,
    pub shift: Option<String>,
    pub trouble: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
