//! The board's page: how much of the work can be seen, and what that figure rests on.

mod rests_on;
mod sentences;

use actix_web::web::{Data, Query};
use askama::Template;
use askama_web::WebTemplate;
use waterline_charts::Layout as Width;
use waterline_core::{Basis, CategoryFigure, Iceberg, MonthFigure, Side, Tally};
use waterline_store::Role;

use crate::{
    access::Visit,
    app::Site,
    layout::{Layout, Place},
    period::{Choice, FigureQuery, LENGTHS},
    problem::PageError,
    words,
};
use rests_on::Fact;

#[derive(Template, WebTemplate)]
#[template(path = "pages/iceberg.html")]
pub(crate) struct IcebergPage {
    layout: Layout,
    period: String,
    headline: String,
    comparison: Option<String>,
    /// Why there is no interval, where there is none.
    unmeasured: Option<String>,
    notes: Vec<String>,
    /// `None` where there is no work to draw.
    pictures: Option<Pictures>,
    bases: Vec<Choosable>,
    lengths: Vec<Choosable>,
    months: Vec<Choosable>,
    /// The last one is all work.
    categories: Vec<CategoryRow>,
    by_month: Vec<MonthRow>,
    rests_on: Vec<Fact>,
    file: String,
}

/// Each picture twice; the style sheet shows the one that fits.
struct Pictures {
    berg_wide: String,
    berg_narrow: String,
    months_wide: String,
    months_narrow: String,
}

/// One entry of a list to choose from.
pub(crate) struct Choosable {
    pub(crate) value: String,
    pub(crate) name: String,
    pub(crate) chosen: bool,
}

struct CategoryRow {
    name: String,
    /// Its tickets, for those who may see them.
    tickets: Option<String>,
    side: &'static str,
    items: String,
    logged: String,
    estimated: String,
    part: String,
}

struct MonthRow {
    name: String,
    visible: String,
    upper: String,
    unclassified: String,
    interval: String,
}

/// `GET /`
pub(crate) async fn page(
    site: Data<Site>,
    visit: Visit,
    query: Query<FigureQuery>,
) -> Result<IcebergPage, PageError> {
    let app = &site.app;
    let now = (app.clock)();
    let choice = Choice::ask(&site, &query).await?;
    let berg = choice.iceberg(&site).await?;
    let feeds = app.store.feed_statuses(now).await?;
    let coverage = app.store.coverage(now).await?;
    let tagger = visit.session()?.user.role >= Role::Tagger;
    let in_force = app.store.in_force().await?;
    Ok(IcebergPage {
        layout: Layout::new(&site, &visit, Place::Iceberg).await?,
        period: choice.period.in_words(),
        headline: sentences::headline(&berg),
        comparison: sentences::comparison(&berg),
        unmeasured: berg.error.measured().is_none().then(|| berg.error.to_string()),
        notes: sentences::notes(&choice, &feeds, &app.store.alarms().await?),
        pictures: berg.share.is_some().then(|| Pictures {
            berg_wide: waterline_charts::iceberg(&berg, Width::Wide),
            berg_narrow: waterline_charts::iceberg(&berg, Width::Narrow),
            months_wide: waterline_charts::share_by_month(&berg, Width::Wide),
            months_narrow: waterline_charts::share_by_month(&berg, Width::Narrow),
        }),
        bases: bases(choice.basis),
        lengths: lengths(&choice),
        months: months(&choice),
        categories: berg
            .categories
            .iter()
            .map(|figure| CategoryRow::new(figure, &choice, tagger))
            .chain(std::iter::once(CategoryRow::all(&berg)))
            .collect(),
        by_month: berg.months.iter().map(MonthRow::new).collect(),
        rests_on: rests_on::facts(&berg, &coverage, &in_force, app.store.zone(), now),
        file: choice.address("/figures.csv", choice.basis),
    })
}

fn bases(chosen: Basis) -> Vec<Choosable> {
    [(Basis::Effort, "Effort (hours of work)"), (Basis::Items, "Items (pieces of work)")]
        .map(|(basis, name)| Choosable {
            value: basis.as_str().to_owned(),
            name: name.to_owned(),
            chosen: basis == chosen,
        })
        .into()
}

fn lengths(choice: &Choice) -> Vec<Choosable> {
    LENGTHS
        .map(|length| Choosable {
            value: length.to_string(),
            name: if length == 1 { "1 month".to_owned() } else { format!("{length} months") },
            chosen: usize::from(length) == choice.period.len(),
        })
        .into()
}

fn months(choice: &Choice) -> Vec<Choosable> {
    choice
        .months_offered()
        .into_iter()
        .map(|month| Choosable {
            value: month.to_string(),
            name: match month == choice.current {
                true => format!("{} (so far)", month.in_words()),
                false => month.in_words(),
            },
            chosen: month == choice.period.last(),
        })
        .collect()
}

impl CategoryRow {
    fn new(figure: &CategoryFigure, choice: &Choice, tagger: bool) -> Self {
        let id = figure.category.as_ref().map_or("unclassified", |id| id.as_str());
        let (from, to) = (choice.period.first(), choice.period.last());
        Self {
            tickets: tagger.then(|| format!("/tag/list?category={id}&from={from}&to={to}")),
            side: match figure.side {
                Some(Side::Visible) => "Visible",
                Some(Side::Ktlo) => "Keeps the lights on",
                None => "Not known",
            },
            ..Self::amounts(figure.name.clone(), figure.tally, words::percent(figure.part))
        }
    }

    fn all(berg: &Iceberg) -> Self {
        let tally: Tally = berg.categories.iter().map(|figure| figure.tally).sum();
        let part = if berg.share.is_some() { "100%" } else { "No work" };
        Self { side: "Both", ..Self::amounts("All work".to_owned(), tally, part.to_owned()) }
    }

    fn amounts(name: String, tally: Tally, part: String) -> Self {
        Self {
            name,
            tickets: None,
            side: "",
            items: words::count(tally.items),
            logged: words::hours(tally.logged_seconds),
            estimated: words::hours(tally.estimated_seconds),
            part,
        }
    }
}

impl MonthRow {
    fn new(figure: &MonthFigure) -> Self {
        let none = || "No work".to_owned();
        Self {
            name: figure.month.in_words(),
            visible: figure.share.map_or_else(none, |share| words::percent(share.value)),
            upper: figure.share.map_or_else(none, |share| words::percent(share.upper)),
            unclassified: figure.share.map_or_else(none, |share| words::percent(share.unclassified)),
            interval: match (figure.share, figure.error.measured()) {
                (None, _) => none(),
                (_, None) => "Not yet measured".to_owned(),
                (_, Some(found)) => {
                    format!("{} to {}", words::percent(found.low), words::percent(found.high))
                }
            },
        }
    }
}
