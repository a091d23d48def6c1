use crate::{
    Basis, CategoryId, MonthRange, Taxonomy,
    audit::{
        Audit, Draw, Truth,
        rate::{Rate, Seen},
        weigh::weigh,
    },
};

/// With fewer audited pieces of work than this, a part of them says nothing.
const LEAST: u32 = 5;

/// An estimated part with its 95% interval, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proportion {
    /// The part.
    pub value: f64,
    /// Where its interval begins.
    pub low: f64,
    /// Where it ends.
    pub high: f64,
    /// Audited pieces of work that it rests on.
    pub audited: u32,
}

/// How good the figures are on one category. On the basis of effort, an hour counts as an hour.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryQuality {
    /// The category.
    pub category: CategoryId,
    /// The part of what is published as this category that truly is; `None` where too little was audited.
    pub precision: Option<Proportion>,
    /// The part of what truly is this category that is published as such; `None` where too little was.
    pub recall: Option<Proportion>,
}

/// The quality of every category, in the order of the taxonomy, weighed by how likely each draw was.
pub fn quality_by_category(
    period: MonthRange,
    basis: Basis,
    audits: &[Audit],
    taxonomy: &Taxonomy,
) -> Vec<CategoryQuality> {
    let findings = weigh(period, basis, audits, taxonomy);
    let draws: Vec<(f64, &Draw)> = findings
        .stacks
        .iter()
        .flat_map(|stack| {
            let number: u32 = stack.settled.iter().map(|one| one.draw.times).sum();
            stack.settled.iter().map(move |one| (stack.amount / f64::from(number) * one.weight, one.draw))
        })
        .collect();
    let published = |draw: &Draw, id: &CategoryId| draw.published.as_ref() == Some(id);
    let truly = |draw: &Draw, id: &CategoryId| matches!(&draw.truth, Truth::Category(truth) if truth == id);
    taxonomy
        .categories()
        .iter()
        .map(|category| {
            let id = &category.id;
            CategoryQuality {
                category: id.clone(),
                precision: proportion(&draws, |draw| published(draw, id), |draw| truly(draw, id)),
                recall: proportion(&draws, |draw| truly(draw, id), |draw| published(draw, id)),
            }
        })
        .collect()
}

/// What part of the draws `of` one sort is also a hit.
fn proportion(
    draws: &[(f64, &Draw)],
    of: impl Fn(&Draw) -> bool,
    hit: impl Fn(&Draw) -> bool,
) -> Option<Proportion> {
    let chosen: Vec<&(f64, &Draw)> = draws.iter().filter(|(_, draw)| of(draw)).collect();
    let number: f64 = chosen.iter().map(|(_, draw)| f64::from(draw.times)).sum();
    let weights: f64 = chosen.iter().map(|(weight, draw)| f64::from(draw.times) * weight).sum();
    let audited = chosen.len() as u32;
    if audited < LEAST || weights <= 0.0 {
        return None;
    }
    let seen: Vec<Seen> = chosen
        .iter()
        .map(|(weight, draw)| {
            // How many draws would fall on a category was not known beforehand, so the weights are only
            // known to add up as they do.
            let weight = weight * number / weights;
            Seen { weight, expected: weight, times: draw.times, hit: hit(draw) }
        })
        .collect();
    let rate = Rate::of(&seen);
    let (low, high) = rate.interval();
    Some(Proportion { value: rate.within(), low, high, audited })
}
