use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "work_item")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub source_id: i32,
    pub feed: String,
    pub external_id: String,
    pub reference: String,
    pub kind: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub search_text: String,
    pub state: String,
    pub department: Option<String>,
    pub team: Option<String>,
    pub system: Option<String>,
    pub priority: Option<i16>,
    pub source_category: Option<String>,
    pub labels: String,
    pub parent: Option<String>,
    pub opened_at: DateTimeUtc,
    pub opened_on: Date,
    pub finished_at: Option<DateTimeUtc>,
    pub finished_on: Option<Date>,
    pub listed_on: Date,
    pub updated_at: DateTimeUtc,
    pub logged_seconds: Option<i64>,
    pub estimated_seconds: Option<i64>,
    pub machine_category: Option<String>,
    pub machine_method: String,
    pub machine_reason: String,
    pub machine_rule: Option<String>,
    pub machine_confidence: Option<f64>,
    pub rule_set: i32,
    pub model: Option<i32>,
    pub category: Option<String>,
    pub method: String,
    pub tagged_by: Option<String>,
    pub tagged_at: Option<DateTimeUtc>,
    pub gone_at: Option<DateTimeUtc>,
    pub seen_in_run: Option<i64>,
    pub source_status: Option<String>,
    pub likeness: i64,
    pub worth: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
