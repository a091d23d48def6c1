use std::sync::LazyLock;

use proptest::prelude::*;

use super::{tests::titled, *};

/// Trained once; every case looks at it.
static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let words = ["password reset", "printer jam", "new ward app", "café straße", "can't log in"];
    let tickets: Vec<WorkItem> =
        (0..60).map(|number| titled(&format!("{} {}", words[number % 5], words[number % 3]))).collect();
    let examples: Vec<Example<'_>> = tickets
        .iter()
        .enumerate()
        .map(|(number, item)| Example { item, category: CategoryId::new(format!("c{}", number % 5)) })
        .collect();
    Model::train(&examples, 1).unwrap()
});

fn item() -> impl Strategy<Value = WorkItem> {
    let text = prop_oneof![".{0,60}", "(password|reset|printer|can't|É[a-z]{0,5}|ward)( (new|app|jam)){0,4}"];
    (
        text,
        prop::option::of(".{0,200}"),
        prop::option::of("[a-z ]{0,9}"),
        prop::collection::vec(".{0,9}", 0..3),
    )
        .prop_map(|(title, description, team, labels)| WorkItem {
            description,
            team,
            labels,
            ..titled(&title)
        })
}

proptest! {
    #[test]
    fn every_item_gets_a_sound_answer_and_a_sentence(item in item()) {
        let guess = MODEL.best(&item);
        prop_assert!(guess.confidence > 0.19 && guess.confidence <= 1.0);
        prop_assert_eq!(MODEL.guess(&item).is_some(), guess.confidence >= SURE_ENOUGH);
        let reason = guess.reason(&item);
        prop_assert!(reason.starts_with("model: ") && reason.contains(guess.category.as_str()));
    }

    /// Whatever is quoted of a title stands in it.
    #[test]
    fn reasons_quote_the_item(words in prop::collection::vec("password|reset|printer|jam|ward|zzz|can't", 1..8)) {
        let item = titled(&words.join(" "));
        let reason = MODEL.best(&item).reason(&item);
        for quoted in reason.split('"').skip(1).step_by(2).filter(|quoted| *quoted != "task") {
            prop_assert!(item.title.as_deref().is_some_and(|title| title.contains(quoted)), "{}", reason);
        }
    }

    #[test]
    fn bytes_give_the_same_model_back(item in item()) {
        let bytes = MODEL.to_bytes();
        let read = Model::from_bytes(&bytes).unwrap();
        prop_assert_eq!(read.best(&item).confidence.to_bits(), MODEL.best(&item).confidence.to_bits());
        prop_assert!(read.to_bytes() == bytes);
    }

    #[test]
    fn foreign_bytes_are_refused_in_a_sentence(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let refused = Model::from_bytes(&bytes).map(|_| ()).unwrap_err();
        prop_assert!(refused.contains("train the model afresh"));
    }

    #[test]
    fn cut_or_changed_bytes_are_refused(at in any::<prop::sample::Index>(), change in 1..=u8::MAX) {
        let bytes = MODEL.to_bytes();
        let at = at.index(bytes.len());
        prop_assert!(Model::from_bytes(&bytes[..at]).is_err());
        let mut changed = bytes;
        changed[at] ^= change;
        prop_assert!(Model::from_bytes(&changed).is_err());
    }

    /// A sound hash at the end does not make nonsense a model, nor panic.
    #[test]
    fn nonsense_with_a_sound_hash_is_refused(at in 8_usize..4000, byte in any::<u8>(), kept in 8_usize..4000) {
        let bytes = MODEL.to_bytes();
        let mut forged = bytes[..kept.min(bytes.len() - 8)].to_vec();
        if let Some(place) = forged.get_mut(at) {
            *place = byte;
        }
        let closing = hash::Hash::new(0).with_all(&forged).finish();
        forged.extend(closing.to_le_bytes());
        if let Ok(read) = Model::from_bytes(&forged) {
            read.best(&titled("password reset"));
        }
    }
}
