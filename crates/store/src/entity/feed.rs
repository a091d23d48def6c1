use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "feed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub feed: String,
    pub cursor: Option<String>,
    pub full_run: Option<i64>,
    pub full_cursor: Option<String>,
    pub lease_owner: Option<String>,
    pub lease_run: Option<i64>,
    pub lease_until: Option<DateTimeUtc>,
    pub upstream_total: Option<i64>,
    pub last_run_at: Option<DateTimeUtc>,
    pub last_success_at: Option<DateTimeUtc>,
    pub last_error: Option<String>,
    pub up: Option<bool>,
    pub newest_at: Option<DateTimeUtc>,
    pub held: i64,
    pub gone: i64,
    pub batches: i64,
    pub records: i64,
    pub retries: i64,
    pub throttled_seconds: f64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
