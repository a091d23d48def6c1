//! What somebody who drafts a rule asks for.

use waterline_core::{CategoryId, EffortEntry, Taxonomy, rules::RuleSet};
use waterline_store::{ItemFilter, RuleTexts};

use crate::common::{at, item, on_both, pull};

#[tokio::test]
async fn an_item_is_seen_exactly_as_it_was_written() {
    on_both(async |database| {
        let store = database.open().await;
        let mut written = item("1");
        written.description = Some("Smoke".to_owned());
        written.logged = vec![EffortEntry { at: Some(at("2026-10-02")), seconds: 600 }];
        pull(&store, [written.clone(), item("2")]).await;
        let filter = ItemFilter { text: Some("INC1".to_owned()), ..ItemFilter::default() };
        let id = store.items(&filter, None, 1).await.unwrap().items[0].id;
        let seen = store.seen_item(id).await.unwrap().unwrap();
        assert_eq!(seen.item, written);
        assert_eq!(seen.category, Some(CategoryId::new("incident")));
        assert!(seen.machine_reason.contains("As an incident"), "{}", seen.machine_reason);
        assert_eq!(store.seen_item(id + 99).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_rule_catches_all_that_it_matches_whatever_counts_for_it() {
    on_both(async |database| {
        let store = database.open().await;
        let mut items: Vec<_> = (0..30).map(|n| item(&n.to_string())).collect();
        for plain in &mut items[..10] {
            plain.labels.clear();
        }
        items[29].title = Some("Something else".to_owned());
        pull(&store, items).await;
        let text = "[[rule]]\nname = \"Fire\"\ncategory = \"advice\"\nwhen.title.contains = \"on fire\"\n";
        let texts = store.rule_set(1).await.unwrap().unwrap().texts;
        let taxonomy = Taxonomy::parse(&texts.taxonomy).unwrap();
        let rules = || RuleSet::parse(text, &taxonomy).unwrap();
        let caught = store.caught_by(rules(), 5).await.unwrap();
        assert_eq!(caught.items, 29);
        assert_eq!(caught.now, [(Some(CategoryId::new("incident")), 19), (None, 10)]);
        let newest: Vec<i64> = caught.newest.iter().map(|item| item.id).collect();
        assert!(newest.len() == 5 && newest.is_sorted_by(|a, b| a > b), "{newest:?}");
        assert_eq!(store.caught_by(rules(), 100).await.unwrap().newest.len(), 29);
    })
    .await;
}

#[tokio::test]
async fn the_newest_rule_sets_come_without_their_texts() {
    on_both(async |database| {
        let store = database.open().await;
        let texts = store.rule_set(1).await.unwrap().unwrap().texts;
        for number in 2..=4 {
            let rules = format!("{}# {number}\n", texts.rules);
            let texts = RuleTexts { rules, ..texts.clone() };
            assert_eq!(store.rule_set_number(&texts, "ada", at("2026-10-03")).await.unwrap(), number);
        }
        let heads = store.newest_rule_sets(3).await.unwrap();
        assert_eq!(heads.iter().map(|head| head.number).collect::<Vec<_>>(), [4, 3, 2]);
        assert_eq!((heads[0].created_by.as_str(), heads[0].created_at), ("ada", at("2026-10-03")));
    })
    .await;
}
