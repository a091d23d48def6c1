//! Which words of an item decided, in a sentence.

use std::ops::Range;

use super::{
    Guess, Model,
    features::{Feature, Field, read},
    wide,
};
use crate::WorkItem;

/// How many words, phrases or fields are named.
const MOST_NAMED: usize = 3;
/// What says less than this part of the strongest is not named.
const WORTH_NAMING: f32 = 0.3;
/// The longest phrase, in words.
const LONGEST_PHRASE: usize = 3;

/// A word, a phrase or the value of a field, and how far it points to the category.
struct Sign {
    field: Field,
    place: Range<usize>,
    /// How many words it is; none for a field's value.
    words: usize,
    points: f32,
}

/// `model: "starter form" and the team "Service desk" point to access, 93%`.
pub(super) fn sentence(guess: &Guess<'_>, item: &WorkItem) -> String {
    let percent = match (guess.confidence * 100.0).round() as u32 {
        100 => "over 99%".to_owned(),
        percent => format!("{percent}%"),
    };
    let named = named(phrases(signs(guess, item)), item);
    let category = guess.category;
    match named.as_slice() {
        [] => format!("model: no single word stands out, but the whole points to {category}, {percent}"),
        [one] => format!("model: {one} points to {category}, {percent}"),
        several => format!("model: {} point to {category}, {percent}", several.join(", ")),
    }
}

/// Every word and value of the item with what it says. A pair of words speaks half for each of them.
fn signs(guess: &Guess<'_>, item: &WorkItem) -> Vec<Sign> {
    let model = guess.model;
    let category = model.categories.iter().position(|category| category == guess.category);
    let mut signs: Vec<Sign> = Vec::new();
    let mut found = Vec::new();
    let mut labels = 0;
    read(item, |feature| {
        found.clear();
        model.find(&feature, &mut found);
        let points = found.iter().map(|&row| category.map_or(0.0, |at| points(model, row, at))).sum();
        match feature {
            Feature::Word { field, place, .. } => signs.push(Sign { field, place, words: 1, points }),
            Feature::Pair { .. } => {
                for word in signs.iter_mut().rev().take(2) {
                    word.points += points / 2.0;
                }
            }
            Feature::Value { field, .. } => {
                // A label's place is its number.
                let place = labels..labels + usize::from(field == Field::Label);
                labels = place.end;
                signs.push(Sign { field, place, words: 0, points });
            }
        }
    });
    signs
}

/// How much further a feature points to this category than to the others on average.
fn points(model: &Model, row: usize, category: usize) -> f32 {
    let count = model.categories.len();
    let weights = &model.row(row)[..count];
    let all: f32 = weights.iter().copied().map(wide).sum();
    let own = wide(weights[category]);
    own - (all - own) / (count - 1) as f32
}

/// Joins neighbours that both point to the category. The strongest come first.
fn phrases(signs: Vec<Sign>) -> Vec<Sign> {
    let strongest = signs.iter().map(|sign| sign.points).fold(0.0, f32::max);
    let mut phrases: Vec<Sign> = Vec::new();
    let mut neighbour = false;
    for sign in signs {
        let tells = sign.points > 0.0 && sign.points >= WORTH_NAMING * strongest;
        match phrases.last_mut() {
            Some(last)
                if tells
                    && neighbour
                    && sign.words > 0
                    && (1..LONGEST_PHRASE).contains(&last.words)
                    && last.field == sign.field =>
            {
                last.place.end = sign.place.end;
                last.words += 1;
                last.points += sign.points;
            }
            _ if tells => phrases.push(sign),
            _ => {}
        }
        neighbour = tells;
    }
    phrases.sort_by(|one, other| other.points.total_cmp(&one.points));
    phrases
}

/// The strongest, as the item writes them.
fn named(phrases: Vec<Sign>, item: &WorkItem) -> Vec<String> {
    let strongest = phrases.first().map_or(0.0, |phrase| phrase.points);
    let mut named: Vec<String> = Vec::new();
    for phrase in phrases {
        let words = match phrase.field {
            Field::Title => text(&item.title, phrase.place),
            Field::Description => text(&item.description, phrase.place),
            field => format!("the {} \"{}\"", field.as_str(), value(item, field, phrase.place.start)),
        };
        let said_already = named.iter().any(|said| said.eq_ignore_ascii_case(&words));
        if !said_already && phrase.points >= WORTH_NAMING * strongest {
            named.push(words);
        }
        if named.len() == MOST_NAMED {
            break;
        }
    }
    named
}

fn text(text: &Option<String>, place: Range<usize>) -> String {
    let words = text.as_deref().and_then(|text| text.get(place)).unwrap_or_default();
    format!("\"{}\"", words.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn value(item: &WorkItem, field: Field, label: usize) -> &str {
    match field {
        Field::Title => item.title.as_deref(),
        Field::Description => item.description.as_deref(),
        Field::Department => item.department.as_deref(),
        Field::Team => item.team.as_deref(),
        Field::System => item.system.as_deref(),
        Field::SourceCategory => item.source_category.as_deref(),
        Field::Label => item.labels.get(label).map(String::as_str),
        Field::Kind => Some(item.kind.as_str()),
    }
    .unwrap_or_default()
}
