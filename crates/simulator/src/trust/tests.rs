use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Datelike, Timelike};

use super::*;
use crate::{calendar::london, departments::DEPARTMENTS, record::Stage, work::all_work};

const VISIBLE: [&str; 4] = ["new_product", "improvement", "rollout", "advice"];

fn trust(scale: f64) -> Trust {
    let last_day = NaiveDate::from_ymd_opt(2026, 10, 31).unwrap();
    Trust::generate(TrustSettings { seed: 7, last_day, months: 24, scale })
}

/// Hours of visible work and of all work that was finished, by month of the story from 1.
fn hours_by_month(trust: &Trust) -> BTreeMap<u32, (f64, f64)> {
    let mut months: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for record in trust.all().filter(|record| record.stage != Stage::Cancelled) {
        let Some(done) = record.resolved.or(record.closed) else { continue };
        let day = DateTime::from_timestamp(done, 0).unwrap();
        let month = (day.year() - 2024) as u32 * 12 + day.month() - 10;
        let hours = f64::from(record.effort) / 3600.0;
        let (visible, all) = months.entry(month).or_default();
        *all += hours;
        if VISIBLE.contains(&record.truth().unwrap()) {
            *visible += hours;
        }
    }
    months
}

fn share(months: &BTreeMap<u32, (f64, f64)>, range: std::ops::RangeInclusive<u32>) -> f64 {
    let (visible, all) =
        months.range(range).fold((0.0, 0.0), |(visible, all), (_, month)| (visible + month.0, all + month.1));
    visible / all
}

#[test]
fn two_years_are_about_200_000_records_a_fifth_of_the_effort_visible() {
    let trust = trust(1.0);
    assert!((190_000..=210_000).contains(&trust.len()), "{}", trust.len());
    let months = hours_by_month(&trust);
    assert_eq!(months.keys().copied().collect::<Vec<_>>(), (1..=24).collect::<Vec<_>>());
    let overall = share(&months, 1..=24);
    assert!((0.18..=0.23).contains(&overall), "{overall}");
    for month in 1..=24 {
        let share = share(&months, month..=month);
        assert!((0.11..=0.30).contains(&share), "month {month}: {share}");
    }
    let before_go_live = share(&months, 12..=14);
    let starved = share(&months, 17..=18);
    assert!(before_go_live > 0.22, "the programme's own work shows: {before_go_live}");
    assert!(starved < 0.16, "the EPR takes everybody: {starved}");
    assert!(share(&months, 4..=8) > share(&months, 1..=2), "the N365 rollout shows");
    assert!(share(&months, 20..=24) > starved + 0.03, "improvements come back");
}

#[test]
fn the_same_seed_gives_the_same_trust_and_another_seed_another() {
    let settings = TrustSettings {
        seed: 1,
        last_day: NaiveDate::from_ymd_opt(2026, 3, 31).unwrap(),
        months: 4,
        scale: 0.1,
    };
    assert_eq!(Trust::generate(settings), Trust::generate(settings));
    let other = Trust::generate(TrustSettings { seed: 2, ..settings });
    assert_ne!(Trust::generate(settings), other);
}

#[test]
fn a_month_cut_short_is_extra_and_nothing_lies_beyond_the_last_day() {
    let last_day = NaiveDate::from_ymd_opt(2026, 3, 10).unwrap();
    let trust = Trust::generate(TrustSettings { seed: 3, last_day, months: 2, scale: 0.2 });
    let days =
        |pick: fn(&Record) -> i64| trust.all().map(move |record| london(pick(record)).unwrap().date_naive());
    assert_eq!(days(|record| record.updated).max(), Some(last_day));
    let first_done = trust.all().filter_map(|record| record.resolved.or(record.closed)).min().unwrap();
    assert_eq!(london(first_done).unwrap().date_naive().to_string(), "2026-01-01");
}

#[test]
fn time_never_runs_backwards_in_a_record() {
    let trust = trust(0.1);
    for record in trust.all() {
        let steps = [Some(record.opened), record.resolved, record.closed, Some(record.updated)];
        let steps: Vec<i64> = steps.into_iter().flatten().collect();
        assert!(steps.is_sorted(), "{record:?}");
        let ended = matches!(record.stage, Stage::Closed | Stage::Cancelled);
        assert_eq!(record.closed.is_some(), ended, "{record:?}");
    }
}

#[test]
fn identities_and_numbers_are_unique_and_tasks_end_before_their_request() {
    let trust = trust(0.2);
    let ids: HashSet<u128> = trust.all().map(|record| record.sys_id).collect();
    let references: HashSet<String> = trust.all().map(Record::reference).collect();
    assert_eq!((ids.len(), references.len()), (trust.len(), trust.len()));
    let requests: BTreeMap<u128, &Record> =
        trust.records(Table::RequestItem).iter().map(|record| (record.sys_id, record)).collect();
    let mut pairs = 0;
    for task in trust.records(Table::Task) {
        let Some(request) = task.parent.and_then(|parent| requests.get(&parent)) else { continue };
        pairs += 1;
        if let (Some(task), Some(request)) = (task.closed, request.closed) {
            assert!(task <= request);
        }
    }
    assert!(pairs > 500, "{pairs}");
}

#[test]
fn the_august_changeover_and_the_cyber_incident_show() {
    let trust = trust(0.3);
    let count = |truth: &str, month: &str| {
        let matches = |record: &&Record| {
            record.truth() == Some(truth)
                && london(record.opened).unwrap().date_naive().to_string().starts_with(month)
        };
        trust.all().filter(matches).count() as f64
    };
    for year in ["2025", "2026"] {
        let surge = count("access", &format!("{year}-08")) / count("access", &format!("{year}-05"));
        assert!(surge > 1.35, "{year}: {surge}");
    }
    assert!(count("security", "2025-07") > 2.0 * count("security", "2025-05"));
    let patching_after = |days: std::ops::RangeInclusive<i64>| {
        let patching = trust.all().filter(|record| record.truth() == Some("patching"));
        let since = patching.map(|record| {
            crate::calendar::days_since_patch_tuesday(london(record.opened).unwrap().date_naive())
        });
        since.filter(|since| days.contains(since)).count()
    };
    assert!(patching_after(0..=14) > 4 * patching_after(15..=29));
}

#[test]
fn people_work_by_day_and_the_wards_report_by_night() {
    let trust = trust(0.1);
    let hour = |record: &Record| london(record.opened).unwrap().hour();
    let part = |table: Table| {
        let records = trust.records(table);
        let by_day = records.iter().filter(|record| (7..19).contains(&hour(record))).count();
        by_day as f64 / records.len() as f64
    };
    assert!(part(Table::RequestItem) > 0.9 && (0.6..0.95).contains(&part(Table::Incident)));
    let at_night = trust.all().filter(|record| hour(record) < 6);
    assert!(at_night.filter_map(Record::department).all(|department| department.all_hours));
}

#[test]
fn every_template_has_a_category_of_the_taxonomy_and_known_gaps() {
    let taxonomy = waterline_core::Taxonomy::parse(include_str!("../../../../config/taxonomy.toml")).unwrap();
    let mut titles: HashSet<&str> = HashSet::new();
    for work in all_work() {
        assert!(taxonomy.category(&CategoryId::new(work.truth)).is_some(), "{}", work.truth);
        titles.extend(work.titles);
    }
    for project in crate::projects::PROJECTS {
        assert!(taxonomy.category(&CategoryId::new(project.truth)).is_some(), "{}", project.title);
        let known = project
            .system
            .is_none_or(|name| crate::systems::SYSTEMS.iter().any(|system| system.name == name));
        assert!(known, "{}", project.title);
        let known =
            project.sponsor.is_none_or(|name| DEPARTMENTS.iter().any(|department| department.name == name));
        assert!(known, "{}", project.title);
    }
    assert!(titles.len() >= 250, "{}", titles.len());
    let gaps = [
        "system",
        "department",
        "ward",
        "device",
        "role",
        "site",
        "report",
        "asset",
        "printer",
        "ext",
        "room",
        "count",
        "kit",
        "server",
        "version",
        "alert",
    ];
    for title in titles {
        for gap in title.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            assert!(gaps.contains(&gap), "{title}");
        }
    }
}

#[test]
fn the_truth_is_found_by_identity() {
    let trust = trust(0.01);
    let record = &trust.records(Table::Change)[0];
    assert_eq!(trust.truth(&record.sys_id_text()).unwrap().as_str(), record.truth().unwrap());
    assert_eq!(trust.truth("not an id"), None);
}

#[test]
fn the_shape_of_the_work_is_as_real_desks_have_it() {
    let trust = trust(0.2);
    let part = |test: &dyn Fn(&Record) -> bool| {
        trust.all().filter(|record| test(record)).count() as f64 / trust.len() as f64
    };
    let logged = part(&|record| record.logged);
    let cancelled = part(&|record| record.stage == Stage::Cancelled);
    let open = part(&|record| record.closed.is_none());
    let vague = part(&|record| matches!(record.label(), "Other" | "General request"));
    let reopened = part(&|record| record.reopened > 0);
    assert!((0.6..0.7).contains(&logged), "{logged}");
    assert!((0.02..0.04).contains(&cancelled), "{cancelled}");
    assert!((0.004..0.03).contains(&open), "{open}");
    assert!((0.06..0.10).contains(&vague), "{vague}");
    assert!((0.015..0.035).contains(&reopened), "{reopened}");
    let ties = trust.records(Table::Incident).chunk_by(|left, right| left.updated == right.updated);
    assert!(ties.map(<[Record]>::len).max() > Some(100), "a bulk edit stamps many in one second");
}

/// What redaction must catch is there, and all of it is fictional.
#[test]
fn titles_hold_only_fictional_personal_data_and_seldom() {
    let trust = trust(0.5);
    let mut slips = 0;
    for record in trust.all() {
        let title = record.title();
        let digits: String = title.chars().filter(char::is_ascii_digit).collect();
        let tail = |marker: &str| title.split_once(marker).map(|(_, tail)| tail.to_owned());
        if let Some(number) = tail("- patient 9").or(tail("NHS no 9")).map(|rest| format!("9{rest}")) {
            let number: Vec<u32> = number.chars().filter_map(|digit| digit.to_digit(10)).collect();
            let sum: u32 = number.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
            assert_eq!((number.len(), &number[..3]), (10, &[9, 9, 9][..]), "{title}");
            assert_eq!((sum + number[9]) % 11, 0, "{title}");
            slips += 1;
        } else if title.contains('@') {
            assert!(title.ends_with("@example.nhs.uk)"), "{title}");
            slips += 1;
        } else if ["07700 900", "01632 960", "020 7946 0"].iter().any(|range| title.contains(range)) {
            slips += 1;
        } else {
            assert!(digits.len() < 10, "{title}");
        }
    }
    let part = f64::from(slips) / trust.len() as f64;
    assert!((0.004..0.006).contains(&part), "{part}");
}
