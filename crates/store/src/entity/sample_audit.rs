use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sample_audit")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub first_month: Date,
    pub last_month: Date,
    pub people: i16,
    pub seed: i64,
    pub batches: i32,
    pub frame: String,
    pub drawn_by: String,
    pub drawn_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
