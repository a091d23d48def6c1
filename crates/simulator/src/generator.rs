//! Lives through the months: each day has so much of each sort of work, and each piece its life.

use std::collections::HashMap;

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::{
    calendar::{Calendar, Day, local_midnight},
    departments::DEPARTMENTS,
    dice::{Dice, Urn},
    lifecycle::{Life, Plan},
    projects::{GREAT_PROGRAMMES, PROJECTS, Project},
    record::{Origin, Record, Stage, Table},
    story::{Rhythm, Today},
    systems::SYSTEMS,
    trust::TrustSettings,
    work::{Place, Programme, Work, all_work},
};

const DAY: i64 = 86_400;
const HOUR: f64 = 3600.0;
const MONTH: f64 = 30.4375;
/// Once in the story somebody edits a part of the closed records in bulk, so that far more of them
/// than fit a page share one second of `sys_updated_on`.
const BULK_EDIT_MONTH: f64 = 10.4;
const BULK_EDIT_REACHES: i64 = 60 * DAY;
/// The department was at work before the story begins; what it finished by then is gone.
const WARM_UP_DAYS: u64 = 75;

/// Everything that holds still while the months go by.
struct World {
    calendar: Calendar,
    first: NaiveDate,
    scale: f64,
    anybody: Urn<u8>,
    at_night: Urn<u8>,
    /// One urn of systems for each sort of work.
    systems: Vec<Urn<u8>>,
    works: Vec<&'static Work>,
    /// The tasks that follow from a request, one for each team.
    follow_ups: Vec<usize>,
}

/// What the days leave behind.
struct Story {
    records: Vec<Record>,
    /// The projects that this trust has, with the local seconds between which each runs.
    projects: Vec<(Programme, u128, i64, i64)>,
    /// The latest problem of each system, to which incidents are tied.
    problems: HashMap<u8, (u128, i64)>,
}

pub(crate) fn records(settings: TrustSettings) -> Vec<Record> {
    let world = World::new(settings);
    let mut dice = Dice::new(settings.seed);
    let mut story = Story { records: Vec::new(), projects: Vec::new(), problems: HashMap::new() };
    for (index, project) in PROJECTS.iter().enumerate() {
        for _ in 0..copies(index, settings.scale, &mut dice) {
            world.start_project(index, project, &mut story, &mut dice);
        }
    }
    for day in world.calendar.days() {
        world.live_day(day, &mut story, &mut dice);
    }
    let start = world.calendar.utc(local_midnight(world.first));
    let mut records = story.records;
    records.retain(|record| record.resolved.or(record.closed).unwrap_or(record.updated) >= start);
    edit_in_bulk(&mut records, &world, &mut dice);
    number(&mut records);
    records
}

/// How often a project is run: as often as the scale says, but the great programmes at least once.
fn copies(index: usize, scale: f64, dice: &mut Dice) -> usize {
    let whole = scale.max(0.0).floor();
    let count = whole as usize + usize::from(dice.chance(scale.max(0.0) - whole));
    if index < GREAT_PROGRAMMES { count.max(1) } else { count }
}

impl World {
    fn new(settings: TrustSettings) -> Self {
        let after = settings.last_day.checked_add_days(Days::new(1)).unwrap_or(settings.last_day);
        let first = after
            .checked_sub_months(Months::new(settings.months))
            .and_then(|day| day.with_day(1))
            .unwrap_or(settings.last_day);
        let works: Vec<&Work> = all_work().collect();
        let people = |night: bool| {
            let chosen =
                DEPARTMENTS.iter().zip(0_u8..).filter(move |(department, _)| !night || department.all_hours);
            Urn::new(chosen.map(|(department, index)| (department.weight, index)))
        };
        let systems = works.iter().map(|work| {
            let about = SYSTEMS.iter().zip(0_u8..).filter(|(system, _)| work.about.contains(&system.sort));
            Urn::new(about.map(|(system, index)| (system.weight, index)))
        });
        let places = works.iter().enumerate();
        Self {
            calendar: Calendar::new(
                first.checked_sub_days(Days::new(WARM_UP_DAYS)).unwrap_or(first),
                settings.last_day,
            ),
            first,
            scale: settings.scale.max(0.0),
            anybody: people(false),
            at_night: people(true),
            systems: systems.collect(),
            follow_ups: places
                .filter(|(_, work)| work.place == Place::UnderRequest)
                .map(|(at, _)| at)
                .collect(),
            works,
        }
    }

    fn start_project(&self, index: usize, project: &Project, story: &mut Story, dice: &mut Dice) {
        let start = local_midnight(self.first) + (project.starts * MONTH) as i64 * DAY;
        let start = start + (9.0 * HOUR + dice.between(0.0, 6.0 * HOUR)) as i64;
        if start >= self.calendar.end() {
            return;
        }
        // Ten opening hours a day, 21 working days a month.
        let plan = Plan {
            table: Table::Project,
            team: project.team,
            opened: start,
            minutes: 60.0 * 8.0 * project.months,
            spread: 0.4,
            turnaround: project.months * 210.0,
            urgent: false,
            deadline: None,
        };
        let end = self.calendar.add_working(start, (project.months * 210.0 * HOUR) as i64);
        let life = Life::live(&Plan { deadline: end, ..plan }, &self.calendar, dice);
        let record = Record {
            system: position(SYSTEMS, project.system, |system| system.name),
            team: project.team,
            department: position(DEPARTMENTS, project.sponsor, |department| department.name),
            ..self.record(Table::Project, start, &life, Origin::Project(index as u8), dice)
        };
        let until = record.closed.map_or(i64::MAX, |_| life.updated);
        story.projects.push((project.programme, record.sys_id, start, until));
        story.records.push(record);
    }

    fn live_day(&self, day: &Day, story: &mut Story, dice: &mut Dice) {
        let today = Today::new(day, (day.date - self.first).num_days());
        let mood = dice.log_normal(1.0, 0.05);
        for (at, work) in self.works.iter().enumerate() {
            let usual = work.per_day * self.scale * mood;
            let mean = usual * today.of_week(work.rhythm) * today.of(work.tide);
            for _ in 0..dice.poisson(mean) {
                self.arise(at, work, day, story, dice);
            }
        }
    }

    /// One piece of work comes in.
    fn arise(&self, at: usize, work: &Work, day: &Day, story: &mut Story, dice: &mut Dice) {
        let opened = local_midnight(day.date) + time_of_day(work.rhythm, day.working, dice);
        let out_of_hours = !day.working || !(7 * 3600..19 * 3600).contains(&opened.rem_euclid(DAY));
        let people = if out_of_hours { &self.at_night } else { &self.anybody };
        let asker = people.draw(dice);
        let record = self.piece(at, work, opened, asker, None, dice);
        let record = match work.place {
            Place::Under(programme) => Record { parent: story.project(programme, opened, dice), ..record },
            _ if record.table == Table::Incident => {
                Record { parent: story.problem(record.system, opened, dice), ..record }
            }
            _ => record,
        };
        if record.table == Table::Problem
            && let Some(system) = record.system
        {
            story.problems.insert(system, (record.sys_id, opened));
        }
        if work.place == Place::WithTasks {
            self.follow(&record, opened, story, dice);
        }
        story.records.push(record);
    }

    /// The tasks for the teams that follow from a request, all done before it is closed.
    fn follow(&self, request: &Record, opened: i64, story: &mut Story, dice: &mut Dice) {
        let deadline = request.closed.map(|closed| (self.calendar.local(closed) - 60).max(opened));
        for at in self.follow_ups.iter().take(1 + dice.below(self.follow_ups.len())) {
            let Some(work) = self.works.get(*at).copied() else { continue };
            let later = opened + dice.between(60.0, HOUR) as i64;
            let later = later.min(deadline.unwrap_or(later));
            let task = self.piece(*at, work, later, request.department, deadline, dice);
            story.records.push(Record { parent: Some(request.sys_id), ..task });
        }
    }

    fn piece(
        &self,
        at: usize,
        work: &Work,
        opened: i64,
        asker: Option<u8>,
        deadline: Option<i64>,
        dice: &mut Dice,
    ) -> Record {
        // The last day's last task must not be opened after the last day.
        let opened = opened.min(self.calendar.end() - 1);
        let title = dice.below(work.titles.len());
        let template = work.titles.get(title).copied().unwrap_or_default();
        let team = work.teams.get(dice.below(work.teams.len())).copied();
        let team = team.unwrap_or(Work::ORDINARY.teams[0]);
        let priority = priority(work, dice);
        let plan = Plan {
            table: work.table,
            team,
            opened,
            minutes: work.minutes,
            spread: work.spread,
            turnaround: work.turnaround,
            urgent: work.table == Table::Incident && priority <= 2 || work.turnaround < 1.0,
            deadline,
        };
        let life = Life::live(&plan, &self.calendar, dice);
        let origin = Origin::Work { work: at as u8, title: title as u8 };
        let record = self.record(work.table, opened, &life, origin, dice);
        let system = self.systems.get(at).and_then(|urn| urn.draw(dice));
        let system = system.filter(|_| template.contains("{system}") || dice.chance(0.7));
        let department = asker.filter(|_| somebody_asked(work, template));
        Record { priority, team, system, department, ..record }
    }

    fn record(&self, table: Table, opened: i64, life: &Life, origin: Origin, dice: &mut Dice) -> Record {
        let utc = |local| self.calendar.utc(local);
        Record {
            sys_id: dice.wide_bits(),
            number: 0,
            table,
            stage: life.stage,
            priority: 4,
            opened: utc(opened),
            resolved: life.resolved.map(utc),
            closed: life.closed.map(utc),
            updated: utc(life.updated),
            effort: life.effort,
            logged: life.logged,
            reopened: life.reopened,
            parent: None,
            origin,
            team: Work::ORDINARY.teams[0],
            department: None,
            system: None,
            caller: dice.below(60) as u8,
            variant: dice.bits() as u32,
            own_title: None,
        }
    }
}

impl Story {
    /// A project of the programme that runs at that time, where there is one.
    fn project(&self, programme: Programme, at: i64, dice: &mut Dice) -> Option<u128> {
        let running: Vec<u128> = self
            .projects
            .iter()
            .filter(|(of, _, start, end)| *of == programme && (*start..*end).contains(&at))
            .map(|(_, id, ..)| *id)
            .collect();
        running.get(dice.below(running.len())).copied()
    }

    /// The problem behind an incident, where one was found in the month before.
    fn problem(&self, system: Option<u8>, opened: i64, dice: &mut Dice) -> Option<u128> {
        let (problem, since) = self.problems.get(&system?)?;
        let recent = (0..30 * DAY).contains(&(opened - since));
        (recent && dice.chance(0.3)).then_some(*problem)
    }
}

/// Where in a table of names that name stands.
fn position<T>(table: &[T], name: Option<&str>, name_of: fn(&T) -> &'static str) -> Option<u8> {
    let at = table.iter().position(|thing| Some(name_of(thing)) == name)?;
    u8::try_from(at).ok()
}

/// Whether a department asked for it, or the IT department saw it by itself.
fn somebody_asked(work: &Work, template: &str) -> bool {
    let by_itself = template.contains("{server}") || template.contains("{kit}");
    let people = work.asked && matches!(work.table, Table::Incident | Table::RequestItem)
        || work.place == Place::UnderRequest;
    (people || template.contains("{department}") || template.contains("{ward}")) && !by_itself
}

fn priority(work: &Work, dice: &mut Dice) -> u8 {
    if work.place == Place::Major {
        return 1;
    }
    match (dice.below(100), work.table) {
        (0..=3, Table::Incident | Table::Change | Table::Problem) => 2,
        (0..=29, _) => 3,
        (30..=89, _) => 4,
        _ => 5,
    }
}

/// Seconds into the day: two humps, before and after lunch, and a thin spread round the clock.
fn time_of_day(rhythm: Rhythm, working: bool, dice: &mut Dice) -> i64 {
    let round_the_clock = rhythm == Rhythm::AllHours && (!working || dice.chance(0.16));
    if round_the_clock {
        return dice.between(0.0, 24.0 * HOUR) as i64;
    }
    let peak = if dice.chance(0.6) { 10.0 } else { 14.5 };
    let hour = (peak + 1.5 * dice.normal()).clamp(7.5, 18.5);
    (hour * HOUR) as i64 + dice.below(60) as i64
}

/// Somebody corrects a field of many closed records at once.
fn edit_in_bulk(records: &mut [Record], world: &World, dice: &mut Dice) {
    let day = local_midnight(world.first) + (BULK_EDIT_MONTH * MONTH) as i64 * DAY;
    let at = world.calendar.utc(day + 20 * 3600);
    if at >= world.calendar.utc(world.calendar.end() - 1) {
        return;
    }
    for record in records {
        let old = record.stage == Stage::Closed && (at - BULK_EDIT_REACHES..at).contains(&record.updated);
        if old && dice.chance(0.25) {
            record.updated = at;
        }
    }
}

/// Numbers the records of each table in the order in which they were opened.
fn number(records: &mut [Record]) {
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_unstable_by_key(|at| records.get(*at).map(|record| (record.opened, record.sys_id)));
    let mut next: [u32; Table::ALL.len()] = [10_000; Table::ALL.len()];
    for at in order {
        if let Some(record) = records.get_mut(at) {
            let counter = &mut next[record.table as usize];
            *counter += 1;
            record.number = *counter;
        }
    }
}
