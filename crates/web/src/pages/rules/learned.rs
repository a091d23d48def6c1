//! The learned model, for people who never heard of one.

use waterline_core::ReportingZone;
use waterline_store::{HeldOut, ModelView};

use super::signed;
use crate::words;

pub(super) struct ModelRow {
    pub(super) number: i32,
    pub(super) when: String,
    pub(super) examples: String,
    pub(super) quality: String,
    pub(super) in_force: bool,
}

/// Which model is in force, and what waits to be learned; `fresh` counts tags since the last training.
pub(super) fn words(in_force: Option<i32>, models: &[ModelView], fresh: u64) -> String {
    let waiting = match fresh {
        0 => "No tag waits to be learned from.".to_owned(),
        1 => "1 tag waits to be learned from.".to_owned(),
        tags => {
            format!("{} tags wait to be learned from.", words::count(signed(tags)))
        }
    };
    let Some(model) = models.iter().find(|model| Some(model.number) == in_force) else {
        return format!(
            "No learned model is in force. Once people have tagged enough, one learns from their tags, for \
             the work that no rule matches. {waiting}",
        );
    };
    format!(
        "Model {} judges the work that no rule matches. It learned from {}. {} {waiting}",
        model.number,
        examples(model),
        quality(&model.held_out),
    )
}

fn examples(model: &ModelView) -> String {
    words::plural(signed(model.examples), "tagged item")
}

fn quality(held_out: &HeldOut) -> String {
    let (Some(answered), Some(right)) = (held_out.answered, held_out.right) else {
        return "How good it is is not known: no tags were kept apart to try it on.".to_owned();
    };
    let tags = words::plural(signed(held_out.examples), "tag");
    let side = held_out.right_side.map(|side| format!(", and the right side in {}", words::percent(side)));
    format!(
        "On {tags} that it never saw it was sure enough to answer {}; of those answers {} named the right \
         category{}.",
        words::percent(answered),
        words::percent(right),
        side.unwrap_or_default(),
    )
}

impl ModelRow {
    pub(super) fn new(model: &ModelView, in_force: Option<i32>, zone: ReportingZone) -> Self {
        Self {
            number: model.number,
            when: words::moment(model.trained_at, zone),
            examples: words::capital(&examples(model)),
            quality: quality(&model.held_out),
            in_force: Some(model.number) == in_force,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::now;

    #[test]
    fn a_model_tells_what_it_learned_from_and_how_good_it_is() {
        let model = |number, held_out| ModelView { number, trained_at: now(), examples: 1_240, held_out };
        let tried = HeldOut { examples: 310, answered: Some(0.8), right: Some(0.93), right_side: Some(0.98) };
        let models = [model(2, tried), model(1, HeldOut::default())];
        let told = [words(Some(2), &models, 3), words(Some(1), &models, 1), words(None, &models, 0)];
        insta::assert_snapshot!(told.join("\n"), @r"
        Model 2 judges the work that no rule matches. It learned from 1,240 tagged items. On 310 tags that it never saw it was sure enough to answer 80%; of those answers 93% named the right category, and the right side in 98%. 3 tags wait to be learned from.
        Model 1 judges the work that no rule matches. It learned from 1,240 tagged items. How good it is is not known: no tags were kept apart to try it on. 1 tag waits to be learned from.
        No learned model is in force. Once people have tagged enough, one learns from their tags, for the work that no rule matches. No tag waits to be learned from.
        ");
    }
}
