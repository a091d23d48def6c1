//! How fast tickets are classified, beside the floor: reading the same texts byte by byte in lower case,
//! and nothing else. And how well the learned model tells visible work from the rest, beside
//! scikit-learn's TF-IDF with LinearSVC on the same files.
//!
//! `scripts/bench classify` runs it, and gets the Python that the comparison needs.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run says so by its panic")]

use std::{fs, hint::black_box, io::Write, path::Path, process::Command, time::Instant};

use chrono::{DateTime, NaiveDate};
use waterline_core::{
    CategoryId, Classifier, Decision, Kind, Side, State, Taxonomy, WorkItem,
    model::{Evaluation, Example, Labelled, Model, is_held_out},
    rules::RuleSet,
};
use waterline_simulator::{Record, Table, Trust, TrustSettings};

const TAXONOMY: &str = include_str!("../../config/taxonomy.toml");
const RULES: &str = include_str!("../../config/rules.toml");

/// About 100,000 tickets.
const SCALE: f64 = 0.5;
const RUNS: usize = 5;

/// Tags that the model of the speed learns from.
const TAGS: usize = 20_000;
/// Examples of the comparison, and how many are asked about.
const LEARNED: [usize; 3] = [300, 2_000, 20_000];
const ASKED: usize = 10_000;
/// People mistype about one word in so many, and mistake one ticket in so many.
const MISTYPED: u64 = 8;
const MISTAKEN: u64 = 20;

/// A ticket and what it truly is.
struct Ticket {
    item: WorkItem,
    truth: CategoryId,
}

impl Ticket {
    fn example(&self) -> Example<'_> {
        Example { item: &self.item, category: self.truth.clone() }
    }
}

fn main() {
    // Cargo also runs benches as tests, to see that they build.
    if std::env::args().any(|argument| argument == "--test") || !std::env::args().any(|a| a == "--bench") {
        return;
    }
    let last_day = NaiveDate::from_ymd_opt(2026, 10, 31).unwrap();
    let trust = Trust::generate(TrustSettings { seed: 11, last_day, months: 24, scale: SCALE });
    let taxonomy = Taxonomy::parse(TAXONOMY).unwrap();
    let mut out = std::io::stdout();
    speed(&mut out, &trust, &taxonomy);
    quality(&mut out, &trust, &taxonomy);
}

fn tickets(trust: &Trust) -> Vec<Ticket> {
    let ticket =
        |record: &Record| Some(Ticket { item: item(record), truth: trust.truth(&record.sys_id_text())? });
    in_any_order(trust).into_iter().filter_map(ticket).collect()
}

/// All records, in an order that has nothing to do with their tables and dates.
fn in_any_order(trust: &Trust) -> Vec<&Record> {
    let mut records: Vec<&Record> = trust.all().collect();
    records.sort_unstable_by_key(|record| (chance(record.sys_id, 0), record.sys_id));
    records
}

fn item(record: &Record) -> WorkItem {
    let kind = match record.table {
        Table::Incident => Kind::Incident,
        Table::RequestItem => Kind::Request,
        Table::Task => Kind::Task,
        Table::Problem => Kind::Problem,
        Table::Change => Kind::Change,
        Table::Project => Kind::Project,
    };
    WorkItem {
        department: record.department_name().map(ToOwned::to_owned),
        team: Some(record.team_name().to_owned()),
        system: record.system_name().map(ToOwned::to_owned),
        priority: Some(record.priority),
        ..titled(record.title(), kind)
    }
}

fn titled(title: String, kind: Kind) -> WorkItem {
    WorkItem {
        external_id: String::new(),
        reference: String::new(),
        kind,
        title: Some(title),
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

fn speed(out: &mut impl Write, trust: &Trust, taxonomy: &Taxonomy) {
    let tickets = tickets(trust);
    let (held_out, tagged): (Vec<_>, Vec<_>) =
        tickets.iter().enumerate().partition(|(number, _)| is_held_out(*number as i64));
    let examples: Vec<Example<'_>> = tagged.iter().map(|(_, ticket)| ticket.example()).take(TAGS).collect();
    let start = Instant::now();
    let model = Model::train(&examples, 1).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let answers = held_out.iter().filter_map(|(_, ticket)| Some((model.guess(&ticket.item)?, ticket)));
    let right: Vec<bool> = answers.map(|(guess, ticket)| *guess.category == ticket.truth).collect();
    writeln!(
        out,
        "Trained in {seconds:.1} s from {} tags of {} categories, {:.1} MB. Of {} others it answers {:.1}%, {:.1}% of those right.",
        examples.len(),
        model.categories().len(),
        model.to_bytes().len() as f64 / 1e6,
        held_out.len(),
        100.0 * right.len() as f64 / held_out.len() as f64,
        100.0 * right.iter().filter(|right| **right).count() as f64 / right.len() as f64,
    )
    .unwrap();
    let rules = || RuleSet::parse(RULES, taxonomy).unwrap();
    let count = rules().rules().len();
    let both = Classifier::new(rules(), Some(model.clone()), taxonomy.clone());
    let alone = Classifier::new(rules(), None, taxonomy.clone());
    let by_rule = tickets.iter().filter(|ticket| matches!(alone.decide(&ticket.item), Decision::Rule(_)));
    let by_rule = 100.0 * by_rule.count() as f64 / tickets.len() as f64;
    let floor = per_second(&tickets, |item| {
        black_box(
            texts(item).flat_map(str::bytes).fold(0, |sum, byte| sum + u64::from(byte.to_ascii_lowercase())),
        );
    });
    writeln!(out, "\n{:<44}{:>16}{:>18}", "one core", "tickets a second", "times the floor").unwrap();
    let mut row = |what: &str, rate: f64| {
        writeln!(out, "{what:<44}{rate:>16.0}{:>18.1}", floor / rate).unwrap();
    };
    row("floor: reading the texts", floor);
    row(
        &format!("{count} rules (answer {by_rule:.0}%), then the model"),
        per_second(&tickets, |item| {
            black_box(both.decide(item));
        }),
    );
    row(
        &format!("{count} rules alone"),
        per_second(&tickets, |item| {
            black_box(alone.decide(item));
        }),
    );
    row(
        "the model alone",
        per_second(&tickets, |item| {
            black_box(model.guess(item));
        }),
    );
}

fn texts(item: &WorkItem) -> impl Iterator<Item = &str> {
    [&item.title, &item.department, &item.team, &item.system].into_iter().filter_map(Option::as_deref)
}

/// The median of some runs over all tickets.
fn per_second(tickets: &[Ticket], mut classify: impl FnMut(&WorkItem)) -> f64 {
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            for ticket in tickets {
                classify(&ticket.item);
            }
            tickets.len() as f64 / start.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[RUNS / 2]
}

/// A title alone, as people type it.
struct Typed {
    item: WorkItem,
    /// The side on which it truly lies.
    truth: Side,
    /// The side that somebody gave it.
    tag: Side,
}

fn category(side: Side) -> CategoryId {
    CategoryId::new(side.as_str())
}

fn quality(out: &mut impl Write, trust: &Trust, taxonomy: &Taxonomy) {
    let typed = typed(trust, taxonomy);
    let (asked, rest) = typed.split_at(ASKED);
    #[expect(clippy::disallowed_methods, reason = "scripts/bench says which Python has scikit-learn")]
    let python = std::env::var("WATERLINE_BENCH_PYTHON").ok();
    let folder = tempfile::tempdir().unwrap();
    writeln!(out, "\n{:<44}{:>16}{:>18}", "F1 of visible, mistyped titles", "the model", "LinearSVC")
        .unwrap();
    for count in LEARNED {
        let learned = &rest[..count];
        let ours = our_f1(learned, asked);
        let theirs = python.as_deref().map(|python| their_f1(python, folder.path(), learned, asked));
        let theirs = theirs.map_or("left out".to_owned(), |f1| format!("{f1:.4}"));
        writeln!(out, "{:<44}{ours:>16.4}{theirs:>18}", format!("{count} learned, {ASKED} asked")).unwrap();
    }
    if python.is_none() {
        writeln!(out, "The comparison is left out: there is no python3 that can have scikit-learn.").unwrap();
    }
}

/// All titles, with the slips of those who typed and of those who tagged them.
fn typed(trust: &Trust, taxonomy: &Taxonomy) -> Vec<Typed> {
    let typed = in_any_order(trust).into_iter().filter_map(|record| {
        let side = taxonomy.side(&trust.truth(&record.sys_id_text())?)?;
        let mistaken = chance(record.sys_id, 1).is_multiple_of(MISTAKEN);
        let other = if side == Side::Visible { Side::Ktlo } else { Side::Visible };
        Some(Typed {
            item: titled(mistype(&record.title(), record.sys_id), Kind::Task),
            truth: side,
            tag: if mistaken { other } else { side },
        })
    });
    typed.collect()
}

/// Leaves a letter out of some words, types one twice, or swaps two.
fn mistype(title: &str, seed: u128) -> String {
    let words = title.split(' ').zip(2..).map(|(word, place)| {
        let chance = chance(seed, place);
        let mut letters: Vec<char> = word.chars().collect();
        if letters.len() < 4 || !chance.is_multiple_of(MISTYPED) {
            return word.to_owned();
        }
        let at = 1 + (chance >> 32) as usize % (letters.len() - 2);
        match (chance >> 16) % 3 {
            0 => drop(letters.remove(at)),
            1 => letters.insert(at, letters[at]),
            _ => letters.swap(at, at + 1),
        }
        letters.into_iter().collect()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A number that is the same for every run.
fn chance(seed: u128, use_of: u64) -> u64 {
    let mut bits = (seed as u64 ^ use_of).wrapping_add(use_of << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^ (bits >> 27)
}

fn our_f1(learned: &[Typed], asked: &[Typed]) -> f64 {
    let examples = learned.iter().map(|typed| Example { item: &typed.item, category: category(typed.tag) });
    let model = Model::train(&examples.collect::<Vec<_>>(), 1).unwrap();
    let labels = asked.iter().map(|typed| {
        let (visible, confidence) = model.is_of(&typed.item, &category(Side::Visible));
        Labelled { truth: typed.truth, said: if visible { Side::Visible } else { Side::Ktlo }, confidence }
    });
    Evaluation::new(&labels.collect::<Vec<_>>()).unwrap().f1
}

fn their_f1(python: &str, folder: &Path, learned: &[Typed], asked: &[Typed]) -> f64 {
    let write = |name: &str, typed: &[Typed], side: fn(&Typed) -> Side| {
        let path = folder.join(name);
        let line =
            |typed: &Typed| format!("{}\t{}\n", side(typed).as_str(), typed.item.title.as_ref().unwrap());
        fs::write(&path, typed.iter().map(line).collect::<String>()).unwrap();
        path
    };
    let run = Command::new(python)
        .arg("scripts/lib/linear_svc.py")
        .args([
            write("learned.tsv", learned, |typed| typed.tag),
            write("asked.tsv", asked, |typed| typed.truth),
        ])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap().trim().parse().unwrap()
}
