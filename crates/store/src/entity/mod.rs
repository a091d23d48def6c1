//! One entity per table, private to this crate. What a column means stands in the migration.
#![expect(unreachable_pub, reason = "the entity macros ask for pub; nothing of this leaves the crate")]

pub(crate) mod adoption;
pub(crate) mod audit_log;
pub(crate) mod claim;
pub(crate) mod effort_entry;
pub(crate) mod feed;
pub(crate) mod feed_request;
pub(crate) mod model;
pub(crate) mod recheck;
pub(crate) mod reject;
pub(crate) mod rollup;
pub(crate) mod rule_set;
pub(crate) mod run;
pub(crate) mod sample_answer;
pub(crate) mod sample_audit;
pub(crate) mod sample_draw;
pub(crate) mod session;
pub(crate) mod setting;
pub(crate) mod sign_in_failure;
pub(crate) mod source;
pub(crate) mod tag;
pub(crate) mod tag_action;
pub(crate) mod target;
pub(crate) mod user_account;
pub(crate) mod work_item;
