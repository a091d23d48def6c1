//! Models: immutable and numbered, as rule sets are. Trained from the tags that stand, never from audit
//! answers; adopted only where measurably better on tags that they never saw.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{ExprTrait, OnConflict},
};
use serde_json::json;
use waterline_core::{
    CategoryId, Method, Side, Taxonomy, WorkItem,
    model::{Comparison, Example, Model, Quality, TrainError, is_better, is_held_out, quality},
};

use crate::{
    Store, StoreError, bulk,
    contributions::Entry,
    entity::{
        model::{ActiveModel, Column, Entity, Model as Row},
        setting, tag_action, work_item,
    },
    error::{Doing, unreadable},
    held::Held,
};

/// Below this, a model would say little that the kinds do not.
const LEAST_TAGS: u64 = 100;

/// As many new tags as can tell a better model from a lucky one: about ten of them are held out.
const NEW_TAGS: u64 = 50;

/// Key of the setting that says when a model was last trained, or could not be.
const TRAINED: &str = "model.trained_at";

const TRAINING: &str = "train a model";

/// A model as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelView {
    /// Its number, from 1.
    pub number: i32,
    /// When it was trained.
    pub trained_at: DateTime<Utc>,
    /// From how many tagged items, those held out not among them.
    pub examples: u64,
    /// How it did on tags that it never saw.
    pub held_out: HeldOut,
}

/// How a model did on tags that it never saw. All but the number are ratios from 0 to 1, and `None` where
/// nothing was held out, or nothing was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeldOut {
    /// How many tags it was tried on.
    pub examples: u64,
    /// The part on which it was sure enough to answer.
    pub answered: Option<f64>,
    /// The part of its answers that named the right category.
    pub right: Option<f64>,
    /// The part of its answers that lay on the right side.
    pub right_side: Option<f64>,
}

impl From<Quality> for HeldOut {
    fn from(quality: Quality) -> Self {
        let part = |of: usize, all: usize| (all > 0).then(|| of as f64 / all as f64);
        Self {
            examples: quality.n as u64,
            answered: part(quality.answered, quality.n),
            right: part(quality.right_category, quality.answered),
            right_side: part(quality.right_side, quality.answered),
        }
    }
}

/// What became of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The model; `None` where there was too little to learn from.
    pub model: Option<i32>,
    /// Tagged items that it learned from.
    pub examples: u64,
    /// How the model that is in force did on the same held-out tags; `None` where there is none.
    pub current: Option<HeldOut>,
    /// How the new one did.
    pub new: Option<HeldOut>,
    /// The adoption that was asked for, where it is measurably better.
    pub adoption: Option<i64>,
    /// The outcome in words.
    pub sentence: String,
}

impl Store {
    /// Trains a model from the tags that stand, keeps it, and asks for its adoption where it is measurably
    /// better than the one in force. The same tags and seed give the same model.
    pub async fn train_model(&self, seed: u64, now: DateTime<Utc>) -> Result<Training, StoreError> {
        // First, so that no other process trains from the same tags meanwhile.
        self.note_training(now).await?;
        let tagged = self.tagged().await.doing(TRAINING)?;
        let in_force = self.in_force().await?;
        let of = in_force.clone();
        let learned = tokio::task::spawn_blocking(move || {
            learn(&tagged, of.classifier.model(), of.classifier.taxonomy(), seed)
        });
        let learned = learned.await.map_err(|error| unreadable(error.to_string())).doing(TRAINING)?;
        let learned = match learned {
            Ok(learned) => learned,
            Err(reason) => {
                return Ok(Training {
                    model: None,
                    examples: 0,
                    current: None,
                    new: None,
                    adoption: None,
                    sentence: format!("No model was trained: {reason}."),
                });
            }
        };
        let number = self.keep_model(&learned, now).await.doing(TRAINING)?;
        let current = in_force.model.map(|_| HeldOut::from(learned.current));
        let mut sentence = learned.in_words(number, in_force.model);
        let mut adoption = None;
        if learned.comparison.better {
            let asked = self.ask_adoption(in_force.rule_set, Some(number), &sentence, "waterline", now).await;
            match asked {
                Ok(id) => adoption = Some(id),
                Err(StoreError::Refused(why)) => sentence = format!("{sentence} It waits, because {why}."),
                Err(error) => return Err(error),
            }
        }
        Ok(Training {
            model: Some(number),
            examples: learned.examples,
            current,
            new: Some(learned.new.into()),
            adoption,
            sentence,
        })
    }

    /// Whether enough was tagged since a model was last trained.
    pub async fn training_is_due(&self) -> Result<bool, StoreError> {
        const DOING: &str = "tell whether a model is to be trained";
        if self.tags_since_training().await? < NEW_TAGS {
            return Ok(false);
        }
        Ok(tags_after(self.reader(), None).await.doing(DOING)? >= LEAST_TAGS)
    }

    /// All models, newest first.
    pub async fn models(&self) -> Result<Vec<ModelView>, StoreError> {
        const DOING: &str = "list the models";
        let rows: Vec<(i32, DateTime<Utc>, i64, String)> = Entity::find()
            .select_only()
            .columns([Column::Number, Column::TrainedAt, Column::Examples, Column::HeldOut])
            .order_by_desc(Column::Number)
            .into_tuple()
            .all(self.reader())
            .await
            .doing(DOING)?;
        let view = |(number, trained_at, examples, held_out): (i32, DateTime<Utc>, i64, String)| {
            let held_out = from_text(&held_out)?.into();
            Ok(ModelView { number, trained_at, examples: u64::try_from(examples).unwrap_or(0), held_out })
        };
        rows.into_iter().map(view).collect::<Result<_, _>>().doing(DOING)
    }

    /// Tags given since a model was last trained, and not taken back; on one item as many as it got.
    pub async fn tags_since_training(&self) -> Result<u64, StoreError> {
        const DOING: &str = "count the new tags";
        let last = setting::Entity::find_by_id(TRAINED).one(self.reader()).await.doing(DOING)?;
        let last = last.and_then(|row| DateTime::parse_from_rfc3339(&row.value).ok());
        tags_after(self.reader(), last.map(|at| at.to_utc())).await.doing(DOING)
    }

    async fn note_training(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let value = now.to_rfc3339_opts(SecondsFormat::Micros, true);
        let row = setting::Model { key: TRAINED.to_owned(), value };
        let newest =
            OnConflict::column(setting::Column::Key).update_column(setting::Column::Value).to_owned();
        let insert = bulk::insert([setting::ActiveModel::from(row)], Some(newest));
        self.writer().execute(&insert).await.doing(TRAINING)?;
        Ok(())
    }

    /// What people tagged, in the order of the ids, as the classifier sees it.
    async fn tagged(&self) -> Result<Vec<Tagged>, DbErr> {
        let rows = work_item::Entity::find()
            .filter(work_item::Column::Method.eq(Method::Tag.as_str()))
            .order_by_asc(work_item::Column::Id)
            .all(self.reader())
            .await?;
        rows.into_iter()
            .filter_map(|mut row| row.category.take().map(|category| (category, row)))
            .map(|(category, row)| {
                let id = row.id;
                let logged = row.logged_seconds.map(|seconds| Entry { at: None, day: None, seconds });
                let item = Held { row, entries: logged.into_iter().collect() }.to_work_item()?;
                Ok(Tagged { id, item, category: CategoryId::new(category) })
            })
            .collect()
    }

    async fn keep_model(&self, learned: &Learned, now: DateTime<Utc>) -> Result<i32, DbErr> {
        let fresh = ActiveModel {
            number: NotSet,
            trained_at: Set(now),
            examples: Set(i64::try_from(learned.examples).unwrap_or(i64::MAX)),
            held_out: Set(to_text(&learned.new)),
            bytes: Set(learned.model.to_bytes()),
        };
        let row: Row = fresh.insert(self.writer()).await?;
        Ok(row.number)
    }
}

/// Tags in actions that nobody took back.
async fn tags_after(db: &impl ConnectionTrait, after: Option<DateTime<Utc>>) -> Result<u64, DbErr> {
    let mut actions = tag_action::Entity::find().filter(tag_action::Column::UndoneAt.is_null());
    if let Some(after) = after {
        actions = actions.filter(tag_action::Column::TaggedAt.gt(after));
    }
    let sum: Option<Option<i64>> = actions
        .select_only()
        .column_as(tag_action::Column::Items.sum().cast_as("BIGINT"), "items")
        .into_tuple()
        .one(db)
        .await?;
    Ok(u64::try_from(sum.flatten().unwrap_or(0)).unwrap_or(0))
}

struct Tagged {
    id: i64,
    item: WorkItem,
    category: CategoryId,
}

struct Learned {
    model: Model,
    examples: u64,
    current: Quality,
    new: Quality,
    comparison: Comparison,
}

impl Learned {
    fn in_words(&self, number: i32, current: Option<i32>) -> String {
        let than = match current {
            Some(current) => format!("than model {current}"),
            None => "than none".to_owned(),
        };
        let better = if self.comparison.better { "measurably better" } else { "not measurably better" };
        format!(
            "Model {number}, learned from {} tags, is {better} {than} on {} tags that it never saw.",
            self.examples, self.new.n
        )
    }
}

/// Trains on some of the tags, and tries old and new on the rest.
fn learn(
    tagged: &[Tagged],
    current: Option<&Model>,
    taxonomy: &Taxonomy,
    seed: u64,
) -> Result<Learned, TrainError> {
    let side = |category: &CategoryId| -> Option<Side> { taxonomy.side(category) };
    // A category that the taxonomy no longer has teaches nothing.
    let known = tagged.iter().filter(|tagged| side(&tagged.category).is_some());
    let (held_out, taught): (Vec<&Tagged>, Vec<&Tagged>) = known.partition(|tagged| is_held_out(tagged.id));
    let taught: Vec<Example<'_>> = taught.into_iter().map(Tagged::example).collect();
    let held_out: Vec<Example<'_>> = held_out.into_iter().map(Tagged::example).collect();
    let model = Model::train(&taught, seed)?;
    Ok(Learned {
        examples: taught.len() as u64,
        current: quality(current, &held_out, side),
        new: quality(Some(&model), &held_out, side),
        comparison: is_better(&model, current, &held_out, side),
        model,
    })
}

impl Tagged {
    fn example(&self) -> Example<'_> {
        Example { item: &self.item, category: self.category.clone() }
    }
}

/// As the table keeps it.
fn to_text(quality: &Quality) -> String {
    json!({
        "n": quality.n,
        "answered": quality.answered,
        "right_category": quality.right_category,
        "right_side": quality.right_side,
        "calibration_error": quality.calibration_error,
    })
    .to_string()
}

fn from_text(text: &str) -> Result<Quality, DbErr> {
    let wrong = || unreadable(format!("\"{text}\" is not the quality of a model"));
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| wrong())?;
    let count =
        |key: &str| value[key].as_u64().and_then(|count| usize::try_from(count).ok()).ok_or_else(wrong);
    Ok(Quality {
        n: count("n")?,
        answered: count("answered")?,
        right_category: count("right_category")?,
        right_side: count("right_side")?,
        calibration_error: value["calibration_error"].as_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_is_read_as_it_was_kept() {
        let known =
            Quality { n: 10, answered: 8, right_category: 6, right_side: 7, calibration_error: Some(0.05) };
        assert_eq!(from_text(&to_text(&known)).unwrap(), known);
        let held_out = HeldOut::from(known);
        assert_eq!((held_out.answered, held_out.right), (Some(0.8), Some(0.75)));
        let nothing =
            Quality { n: 0, answered: 0, right_category: 0, right_side: 0, calibration_error: None };
        assert_eq!(HeldOut::from(from_text(&to_text(&nothing)).unwrap()), HeldOut::default());
        assert!(from_text("{}").is_err());
    }
}
