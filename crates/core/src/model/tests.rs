use chrono::DateTime;

use super::{hash::scatter, *};
use crate::{Kind, Side, State};

/// An item with nothing but a title.
pub(super) fn titled(title: &str) -> WorkItem {
    WorkItem {
        external_id: String::new(),
        reference: String::new(),
        kind: Kind::Task,
        title: Some(title.to_owned()),
        description: None,
        state: State::Open,
        department: None,
        team: None,
        system: None,
        priority: None,
        source_category: None,
        labels: Vec::new(),
        source_status: None,
        parent: None,
        opened_at: DateTime::UNIX_EPOCH,
        finished_at: None,
        updated_at: DateTime::UNIX_EPOCH,
        logged: Vec::new(),
    }
}

/// A number below `below`, the same for a `seed`.
fn pick(seed: u64, below: usize) -> usize {
    (scatter(seed) % below as u64) as usize
}

const WARDS: [&str; 6] = ["ward 7", "the day unit", "theatres", "pharmacy", "outpatients", "radiology"];
const WORDS: [(&str, [&str; 5]); 3] = [
    ("access", ["password reset", "account locked", "new starter form", "leaver access", "smartcard unlock"]),
    ("device", ["printer jam", "laptop screen", "toner low", "barcode scanner", "monitor flickers"]),
    (
        "rollout",
        ["pilot training", "deploy tablets", "go live support", "onboarding session", "roll out viewer"],
    ),
];

/// Tickets about three sorts of work, of which so many in a hundred have a category by chance.
fn tickets(count: usize, wrong: usize, seed: u64) -> Vec<(WorkItem, CategoryId)> {
    let ticket = |number: usize| {
        let chance = |use_of: u64| scatter(seed ^ scatter(number as u64 * 8 + use_of));
        let (category, phrases) = WORDS[pick(chance(0), WORDS.len())];
        let title = format!("{} for {}", phrases[pick(chance(1), 5)], WARDS[pick(chance(2), 6)]);
        let by_chance = pick(chance(3), 100) < wrong;
        let category = if by_chance { WORDS[pick(chance(4), WORDS.len())].0 } else { category };
        (titled(&title), CategoryId::new(category))
    };
    (0..count).map(ticket).collect()
}

fn examples(tickets: &[(WorkItem, CategoryId)]) -> Vec<Example<'_>> {
    tickets.iter().map(|(item, category)| Example { item, category: category.clone() }).collect()
}

fn trained(tickets: &[(WorkItem, CategoryId)]) -> Model {
    Model::train(&examples(tickets), 1).unwrap()
}

fn side(category: &CategoryId) -> Option<Side> {
    match category.as_str() {
        "rollout" => Some(Side::Visible),
        "access" | "device" => Some(Side::Ktlo),
        _ => None,
    }
}

#[test]
fn the_same_examples_and_seed_give_the_same_bytes() {
    let tickets = tickets(200, 10, 1);
    let bytes = |seed| Model::train(&examples(&tickets), seed).unwrap().to_bytes();
    assert!(bytes(1) == bytes(1));
    assert!(bytes(1) != bytes(2));
}

#[test]
fn too_little_to_learn_from_is_said_in_a_sentence() {
    let error = |tickets: &[(WorkItem, CategoryId)]| {
        Model::train(&examples(tickets), 1).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(error(&tickets(3, 0, 1)), "a model needs at least 4 tagged items to learn from; there are 3");
    let mut alike = tickets(10, 0, 1);
    for (_, category) in &mut alike {
        *category = CategoryId::new("access");
    }
    assert_eq!(
        error(&alike),
        "all tagged items are \"access\"; a model needs at least two categories to tell apart"
    );
    let many: Vec<_> = (0..64).map(|number| (titled("x"), CategoryId::new(format!("c{number}")))).collect();
    assert_eq!(error(&many), "the tags name 64 categories; a model can tell 63 apart");
}

#[test]
fn misspelt_words_still_count() {
    let model = trained(&tickets(300, 0, 1));
    for (title, category) in [
        ("pasword rest", "access"),
        ("pirnter jamed", "device"),
        ("acount lockd", "access"),
        ("trainng", "rollout"),
    ] {
        let guess = model.best(&titled(title));
        assert_eq!(guess.category.as_str(), category, "{title}: {}", guess.confidence);
    }
}

#[test]
fn it_abstains_from_what_it_knows_nothing_of() {
    let model = trained(&tickets(300, 0, 1));
    assert!(model.guess(&titled("password reset for theatres")).is_some());
    assert!(model.guess(&titled("zzz qqq")).is_none());
    assert!(model.guess(&WorkItem { title: None, ..titled("") }).is_none());
    let guess = model.best(&titled("zzz qqq"));
    assert!(guess.confidence < SURE_ENOUGH);
}

#[test]
fn values_of_fields_count_too() {
    let mut tickets = tickets(200, 0, 1);
    for (number, (item, category)) in tickets.iter_mut().enumerate() {
        item.title = Some(format!("please help {}", WARDS[number % 6]));
        item.team = Some(format!("{category} team"));
    }
    let model = trained(&tickets);
    let mut item = titled("please help");
    item.team = Some("DEVICE team".to_owned());
    let guess = model.guess(&item).unwrap();
    assert_eq!(guess.category.as_str(), "device");
    assert_eq!(guess.reason(&item), "model: the team \"DEVICE team\" points to device, over 99%");
}

#[test]
fn confidence_is_as_often_right_as_it_says() {
    // Three in ten have a category by chance, so one in five is wrong whatever the model says.
    let model = trained(&tickets(1000, 30, 1));
    let unseen = tickets(3000, 30, 2);
    let answers = unseen.iter().map(|(item, category)| {
        let guess = model.best(item);
        (guess.confidence, guess.category == category)
    });
    let answers: Vec<_> = answers.collect();
    let right = answers.iter().filter(|(_, right)| *right).count() as f64 / answers.len() as f64;
    assert!((0.77..0.83).contains(&right), "{right}");
    let error = calibration::calibration_error(answers).unwrap();
    assert!(error < 0.06, "{error}");
}

#[test]
fn probabilities_of_all_categories_sum_to_one() {
    let model = trained(&tickets(300, 20, 1));
    let item = titled("printer for the new starter");
    let all = model.categories().iter().map(|category| model.is_of(&item, category).1);
    assert!((all.sum::<f64>() - 1.0).abs() < 1e-6);
    assert_eq!(model.is_of(&item, &CategoryId::new("moonshine")), (false, 0.0));
}

#[test]
fn what_is_named_is_likely_enough() {
    let tickets = tickets(300, 60, 1);
    let model = trained(&tickets);
    let rollout = CategoryId::new("rollout");
    for (item, _) in &tickets {
        let (named, probability) = model.is_of(item, &rollout);
        assert!(if named { probability >= 0.25 } else { probability <= 0.5 }, "{probability}");
    }
}

#[test]
fn the_reason_names_the_words_that_decided() {
    let tickets = tickets(300, 0, 1);
    let model = trained(&tickets);
    let reason = |title: &str| {
        let item = titled(title);
        model.best(&item).reason(&item)
    };
    assert_eq!(reason("Password  RESET for the day unit"), "model: \"Password RESET\" points to access, 99%");
    assert_eq!(
        reason("Toner low, and the barcode scanner beeps"),
        "model: \"barcode scanner\", \"Toner low\" point to device, over 99%"
    );
    assert_eq!(reason("zzz qqq"), "model: no single word stands out, but the whole points to device, 34%");
}

#[test]
fn quality_counts_answers_and_what_of_them_is_right() {
    let model = trained(&tickets(300, 0, 1));
    let known = [
        (titled("password reset for theatres"), CategoryId::new("access")),
        (titled("account locked for pharmacy"), CategoryId::new("device")),
        (titled("printer jam for theatres"), CategoryId::new("rollout")),
        (titled("zzz qqq"), CategoryId::new("access")),
        (titled("password reset for pharmacy"), CategoryId::new("retired")),
    ];
    let found = quality(Some(&model), &examples(&known), side);
    assert_eq!((found.n, found.answered, found.right_category, found.right_side), (4, 3, 1, 2));
    assert!(found.calibration_error.unwrap() > 0.5);
    let none = quality(None, &examples(&known), side);
    assert_eq!((none.n, none.answered, none.calibration_error), (4, 0, None));
}

#[test]
fn a_model_is_not_better_than_itself_nor_worse_training_better_than_good() {
    let good = trained(&tickets(300, 0, 1));
    let poor = trained(&tickets(60, 80, 3));
    let held_out = tickets(200, 0, 2);
    let held_out = examples(&held_out);
    assert!(!is_better(&good, Some(&good), &held_out, side).better);
    assert!(!is_better(&poor, Some(&good), &held_out, side).better);
    assert!(is_better(&good, Some(&poor), &held_out, side).better);
    assert!(is_better(&good, None, &held_out, side).better);
    assert!(!is_better(&good, None, &[], side).better);
}
