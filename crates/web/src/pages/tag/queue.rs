//! The queue: one piece of work after the other, those first on which a tag is worth most.

use actix_web::web::{Data, Query};
use askama::Template;
use askama_web::WebTemplate;
use waterline_core::{CategoryId, Method, ReportingZone, Taxonomy};
use waterline_store::{ItemFilter, MOST_ALIKE, QueueItem, TagNote};

use super::{
    Undo, View,
    filter::{FilterForm, LIST, QUEUE, TagQuery},
    item::{ItemWords, category_name},
    items_of, seen_now,
};
use crate::{
    access::Visit,
    app::Site,
    category_keys::category_keys,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

/// As many as a person works through before others should have a turn at the rest.
const CARDS: u64 = 20;

#[derive(Template, WebTemplate)]
#[template(path = "pages/tag.html")]
pub(crate) struct QueuePage {
    layout: Layout,
    views: [View; 3],
    filter: FilterForm,
    cards: Vec<Card>,
    palette: Vec<PaletteGroup>,
    /// What the last action did.
    done: Option<String>,
    /// Then undoing it stands beside what was done.
    just_tagged: bool,
    /// Items of the same sort as the one just tagged.
    too: Option<TagTheseToo>,
    problem: Option<&'static str>,
    undo: Option<Undo>,
    /// What is not here, and why.
    notes: Vec<String>,
    here: String,
    seen: i64,
    first: Option<String>,
    next: Option<String>,
    as_list: String,
}

struct Card {
    words: ItemWords,
    /// What Enter makes of it.
    suggestion: Option<CategoryId>,
    worth: String,
    likeness: String,
    /// Others of its sort that wait for a tag.
    alike: Option<String>,
    /// The newest tag on it, and how many there were before.
    history: Option<String>,
}

struct PaletteGroup {
    id: &'static str,
    name: &'static str,
    categories: Vec<PaletteButton>,
}

struct PaletteButton {
    id: CategoryId,
    name: String,
    description: String,
    key: Option<char>,
}

/// What was said of one item, said of all of its sort.
struct TagTheseToo {
    filter: String,
    category: CategoryId,
    expected: u64,
    words: String,
}

/// `GET /tag`
pub(crate) async fn page(
    site: Data<Site>,
    visit: Visit,
    query: Query<TagQuery>,
) -> Result<QueuePage, PageError> {
    let seen = seen_now(&site);
    let store = &site.app.store;
    let in_force = store.in_force().await?;
    let taxonomy = in_force.classifier.taxonomy();
    let filter = query.filter(taxonomy)?;
    let user = &visit.session()?.user.name;
    let queue = store.queue(user, &filter, query.after(), CARDS, (site.app.clock)()).await?;
    let mut notes = Vec::new();
    if queue.held_by_others > 0 {
        let items = items_of(queue.held_by_others);
        notes.push(format!("Colleagues have {items} before them now, which are left out here."));
    }
    if queue.partly {
        notes.push(
            "More work fits than one page can look through, so some may be missing; narrow the filter to see it."
                .to_owned(),
        );
    }
    let zone = store.zone();
    Ok(QueuePage {
        layout: Layout::new(&site, &visit, Place::Tag).await?,
        views: View::all(QUEUE, &query),
        filter: FilterForm::new(&site, &query).await?,
        cards: queue.items.iter().map(|item| Card::new(item, taxonomy, zone)).collect(),
        palette: palette(taxonomy),
        done: query.done(taxonomy),
        just_tagged: query.just_tagged(taxonomy),
        too: these_too(&site, &query, taxonomy).await?,
        problem: query.problem(),
        undo: Undo::last(&site, &visit).await?,
        notes,
        here: query.address(QUEUE, query.after()),
        seen,
        first: query.after().is_some().then(|| query.address(QUEUE, None)),
        next: queue.next.as_deref().map(|next| query.address(QUEUE, Some(next))),
        as_list: query.address(LIST, None),
    })
}

impl Card {
    fn new(queued: &QueueItem, taxonomy: &Taxonomy, zone: ReportingZone) -> Self {
        let item = &queued.item;
        Self {
            words: ItemWords::new(item, taxonomy, zone),
            suggestion: item
                .category
                .clone()
                .filter(|id| item.method != Method::Tag && taxonomy.category(id).is_some()),
            worth: format!("a tag settles {}", words::effort(queued.worth_seconds)),
            likeness: queued.likeness.clone().unwrap_or_default(),
            alike: (queued.alike > 0).then(|| more_like_this(queued.alike)),
            history: history(&queued.history, taxonomy, zone),
        }
    }
}

fn more_like_this(count: u64) -> String {
    match count {
        1 => "1 more like this".to_owned(),
        MOST_ALIKE.. => format!("More than {} others like this", words::count(MOST_ALIKE as i64)),
        count => format!("{} more like this", words::count(count as i64)),
    }
}

fn history(notes: &[TagNote], taxonomy: &Taxonomy, zone: ReportingZone) -> Option<String> {
    let newest = told(notes.first()?, taxonomy, zone);
    Some(match notes.len() {
        1 => newest,
        2 => format!("{newest}, after 1 tag before"),
        more => format!("{newest}, after {} tags before", more - 1),
    })
}

fn told(note: &TagNote, taxonomy: &Taxonomy, zone: ReportingZone) -> String {
    let tagged = format!(
        "{} tagged this “{}” on {}",
        note.by,
        category_name(taxonomy, &note.category),
        words::date(zone.day(note.at))
    );
    match &note.undone {
        Some((by, at)) if *by == note.by => {
            format!("{tagged} and took it back on {}", words::date(zone.day(*at)))
        }
        Some((by, at)) => format!("{tagged}; {by} took it back on {}", words::date(zone.day(*at))),
        None => tagged,
    }
}

fn palette(taxonomy: &Taxonomy) -> Vec<PaletteGroup> {
    let keys = category_keys(taxonomy);
    let ids = ["side-visible", "side-ktlo"];
    super::by_side(taxonomy)
        .into_iter()
        .zip(ids)
        .map(|((name, categories), id)| PaletteGroup {
            id,
            name,
            categories: categories
                .into_iter()
                .map(|category| PaletteButton {
                    key: keys.get(&category.id).copied(),
                    id: category.id.clone(),
                    name: category.name.clone(),
                    description: category.description.clone(),
                })
                .collect(),
        })
        .collect()
}

async fn these_too(
    site: &Site,
    query: &TagQuery,
    taxonomy: &Taxonomy,
) -> Result<Option<TagTheseToo>, PageError> {
    let Some((item, category)) = query.just_tagged_one(taxonomy) else { return Ok(None) };
    let alike = ItemFilter { alike_to: Some(item), ..ItemFilter::default() };
    let count = site.app.store.count_items(&alike).await?;
    if !count.all || count.untagged == 0 || count.untagged > MOST_ALIKE {
        return Ok(None);
    }
    let words = match count.untagged {
        1 => "Tag the 1 other like it too".to_owned(),
        others => format!("Tag the {} others like it too", words::count(others as i64)),
    };
    Ok(Some(TagTheseToo { filter: format!("like={item}"), category, expected: count.untagged, words }))
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    #[test]
    fn what_others_said_is_told_with_what_became_of_it() {
        let taxonomy = Taxonomy::parse(include_str!("../../../../../config/taxonomy.toml")).unwrap();
        let at = Utc.with_ymd_and_hms(2026, 11, 3, 9, 0, 0).unwrap();
        let note = TagNote {
            action: 1,
            category: CategoryId::new("advice"),
            by: "ada".to_owned(),
            at,
            undone: None,
        };
        let words = |undone: Option<&str>| {
            let undone = undone.map(|by| (by.to_owned(), at));
            told(&TagNote { undone, ..note.clone() }, &taxonomy, ReportingZone::default())
        };
        let tagged = "ada tagged this “Design and advice” on 3 November 2026";
        assert_eq!(words(None), tagged);
        assert_eq!(words(Some("ada")), format!("{tagged} and took it back on 3 November 2026"));
        assert_eq!(words(Some("ben")), format!("{tagged}; ben took it back on 3 November 2026"));
        let told = |notes: &[TagNote]| history(notes, &taxonomy, ReportingZone::default());
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[note.clone(), note.clone()]).unwrap(), format!("{tagged}, after 1 tag before"));
    }

    #[test]
    fn others_like_it_are_counted_as_far_as_anyone_would_tag_them() {
        let told = [1, 999, 1_000].map(more_like_this);
        assert_eq!(told, ["1 more like this", "999 more like this", "More than 1,000 others like this"]);
    }
}
