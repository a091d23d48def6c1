use waterline_core::{CategoryId, Method, ReportingZone, State, Taxonomy};
use waterline_store::ItemView;

use crate::words;

/// One item in words.
pub(super) struct ItemWords {
    pub(super) id: i64,
    pub(super) reference: String,
    pub(super) title: String,
    /// Kind, team, department, system and source: what is known of them.
    pub(super) about: String,
    pub(super) when: String,
    pub(super) effort: String,
    pub(super) category: String,
    pub(super) unclassified: bool,
    pub(super) reason: String,
    /// What the machine said, where a tag overrides it with something else.
    pub(super) overridden: Option<String>,
}

impl ItemWords {
    pub(super) fn new(item: &ItemView, taxonomy: &Taxonomy, zone: ReportingZone) -> Self {
        let name = |category: &Option<CategoryId>| match category {
            None => "Not yet classified".to_owned(),
            Some(id) => category_name(taxonomy, id),
        };
        let about = [
            Some(item.kind.as_str()),
            item.team.as_deref(),
            item.department.as_deref(),
            item.system.as_deref(),
            Some(item.source.as_str()),
            item.gone.then_some("no longer at its source"),
        ];
        let overrides = item.method == Method::Tag && item.machine_category != item.category;
        Self {
            id: item.id,
            reference: item.reference.clone(),
            title: item.title.clone().unwrap_or_else(|| "No title kept".to_owned()),
            about: about.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            when: when(item, zone),
            effort: effort(item),
            category: name(&item.category),
            unclassified: item.category.is_none(),
            reason: words::capital(&item.reason),
            overridden: overrides.then(|| {
                format!("The machine said: {} ({})", name(&item.machine_category), item.machine_reason)
            }),
        }
    }
}

/// What people call a category; one that the taxonomy no longer has by its lasting name.
pub(super) fn category_name(taxonomy: &Taxonomy, id: &CategoryId) -> String {
    taxonomy.category(id).map_or_else(|| id.to_string(), |known| known.name.clone())
}

fn when(item: &ItemView, zone: ReportingZone) -> String {
    match (item.state, item.finished_on) {
        (State::Finished, Some(day)) => format!("Finished {}", words::date(day)),
        (State::Withdrawn, _) => format!("Withdrawn, opened {}", words::date(zone.day(item.opened_at))),
        _ => format!("Open since {}", words::date(zone.day(item.opened_at))),
    }
}

fn effort(item: &ItemView) -> String {
    match item.seconds {
        Some(seconds) if item.estimated => format!("{}, estimated", words::effort(seconds)),
        Some(seconds) => words::effort(seconds),
        None => "Not logged".to_owned(),
    }
}

pub(super) fn method_words(method: Method) -> &'static str {
    match method {
        Method::Tag => "Tag",
        Method::Inherited => "What it belongs to",
        Method::Rule => "Rule",
        Method::Model => "Learned model",
        Method::KindDefault => "Default of its kind",
        Method::Unclassified => "Nothing",
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use waterline_core::Kind;

    use super::*;

    fn item() -> ItemView {
        ItemView {
            id: 1,
            source: "Service desk".to_owned(),
            reference: "INC1".to_owned(),
            kind: Kind::Incident,
            title: None,
            state: State::Open,
            department: None,
            team: Some("Desk".to_owned()),
            system: None,
            opened_at: Utc.with_ymd_and_hms(2026, 6, 30, 23, 30, 0).unwrap(),
            finished_on: None,
            seconds: None,
            estimated: false,
            category: Some(CategoryId::new("advice")),
            method: Method::Tag,
            reason: "tagged by ada on 1 July 2026".to_owned(),
            machine_category: Some(CategoryId::new("incident")),
            machine_method: Method::KindDefault,
            machine_reason: "no rule matched".to_owned(),
            tagged: None,
            gone: true,
        }
    }

    fn row(item: &ItemView) -> ItemWords {
        let taxonomy = Taxonomy::parse(include_str!("../../../../../config/taxonomy.toml")).unwrap();
        ItemWords::new(item, &taxonomy, ReportingZone::default())
    }

    #[test]
    fn a_row_says_what_is_known_in_words() {
        let row = row(&item());
        assert_eq!(row.about, "incident · Desk · Service desk · no longer at its source");
        assert_eq!(
            (row.title.as_str(), row.reason.as_str()),
            ("No title kept", "Tagged by ada on 1 July 2026")
        );
        assert_eq!((row.when.as_str(), row.effort.as_str()), ("Open since 1 July 2026", "Not logged"));
        assert_eq!(row.overridden.unwrap(), "The machine said: Fixing what broke (no rule matched)");
    }

    #[test]
    fn the_machine_is_silent_where_the_tag_agrees_with_it() {
        let agreed = ItemView { machine_category: item().category, ..item() };
        assert_eq!(row(&agreed).overridden, None);
    }
}
