//! Editing one rule of a rule set, which makes a draft: a new one, another text for an old one, another
//! place, or none.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use url::form_urlencoded;
use waterline_core::{
    CategoryId,
    rules::{NewRule, RuleSet, edit as edits, suggest_rule},
};
use waterline_store::ItemView;

use super::{
    Numbered, address, category_name,
    form::{Problem, RuleFields, RuleForm},
    go_to, number_in, signed,
    text::as_written,
};
use crate::{
    access::Visit,
    app::Site,
    form::{Form, own_address},
    layout::{Layout, Place},
    problem::PageError,
    words,
};

/// Enough to see what a rule is after.
const CAUGHT_SHOWN: usize = 12;

#[derive(Template)]
#[template(path = "pages/rules_edit.html")]
struct EditPage {
    layout: Layout,
    base: i32,
    in_force: bool,
    /// The rule's name in the base; empty for a new one.
    old: String,
    how: How,
    /// The other way to edit this rule, where there is one.
    other: Option<String>,
    /// The item that a new rule begins from.
    example: Option<Example>,
    problems: Vec<Problem>,
    /// What it would catch as it stands in the form.
    caught: Option<Caught>,
}

/// Work that a rule matches, in words.
struct Caught {
    sentence: String,
    rows: Vec<CaughtRow>,
}

struct CaughtRow {
    reference: String,
    title: String,
    kind: &'static str,
    category: String,
    reason: String,
}

/// Field by field, or as text.
enum How {
    Fields(Box<RuleForm>),
    Text(String),
}

struct Example {
    reference: String,
    title: String,
    category: String,
    reason: String,
    /// Whether it says enough for a rule to be suggested.
    suggested: bool,
}

/// What an address or a form says.
struct Sent(Vec<(String, String)>);

impl Sent {
    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    fn one(&self, name: &str) -> Option<&str> {
        let values = self.0.iter().filter(|(key, _)| key == name);
        values.map(|(_, value)| value.trim()).find(|value| !value.is_empty())
    }
}

fn query(request: &HttpRequest) -> Sent {
    Sent(form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect())
}

/// `GET /rules/new`
pub(crate) async fn new(
    site: Data<Site>,
    visit: Visit,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let sent = query(&request);
    let base = base_of(&site, &sent).await?;
    let mut page = EditPage::empty(&site, &visit, &base).await?;
    let mut fields = RuleFields { in_description: true, ..RuleFields::read(|name| sent.all(name)) };
    if let Some(id) = sent.one("item") {
        let id = id.parse().map_err(|_| PageError::BadInput(format!("\"{id}\" is not an item.")))?;
        let seen = site.app.store.seen_item(id).await?.ok_or(PageError::NotFound)?;
        let wanted = sent.one("category").map(CategoryId::new).or_else(|| seen.category.clone());
        // Where nothing classified the item, the category is all that is left to choose.
        let category = wanted.unwrap_or_else(|| CategoryId::new(""));
        let draft = suggest_rule(&seen.item, &category, &base.rules);
        page.example = Some(Example {
            reference: seen.item.reference.clone(),
            title: seen.item.title.clone().unwrap_or_else(|| "No title kept".to_owned()),
            category: category_name(&base.taxonomy, seen.category.as_ref()),
            reason: words::capital(&seen.machine_reason),
            suggested: draft.is_some(),
        });
        if let Some((rule, before)) = draft {
            let number = |name: &String| {
                base.rules.rules().iter().find(|rule| rule.name == *name).map(|rule| rule.number)
            };
            fields = RuleFields::of(&rule, before.as_ref().and_then(number));
            let any = base.taxonomy.categories().first().map(|category| category.id.clone());
            let any = NewRule { category: any.unwrap_or(category), ..rule };
            page.caught = Some(Caught::by(&site, &base, &any.to_toml()).await?);
        }
    }
    page.how = How::Fields(Box::new(RuleForm::new(&base, fields, None)));
    page.answer()
}

/// `GET /rules/edit`
pub(crate) async fn edit(
    site: Data<Site>,
    visit: Visit,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let sent = query(&request);
    let base = base_of(&site, &sent).await?;
    let name = sent.one("rule").unwrap_or_default().to_owned();
    let text = edits::rule_text(&base.texts.rules, &name).ok_or(PageError::NotFound)?;
    let mut page = EditPage::empty(&site, &visit, &base).await?;
    let (number, as_text) = (base.number.to_string(), sent.one("as") == Some("text"));
    page.how = match NewRule::from_toml(text) {
        Some(rule) if !as_text => {
            page.other = Some(address("/rules/edit", &[("from", &number), ("rule", &name), ("as", "text")]));
            How::Fields(Box::new(RuleForm::new(&base, RuleFields::of(&rule, None), Some(&name))))
        }
        simple => {
            let other = || address("/rules/edit", &[("from", &number), ("rule", &name)]);
            page.other = simple.map(|_| other());
            How::Text(text.to_owned())
        }
    };
    page.old = name;
    page.answer()
}

/// `POST /rules/save`
pub(crate) async fn save(site: Data<Site>, visit: Visit, form: Form) -> Result<HttpResponse, PageError> {
    let base = Numbered::read(&site, number_in(form.get("from"), "which rules to edit")?).await?;
    let old = form.verbatim("old").unwrap_or_default().to_owned();
    let fields = RuleFields::read(|name| form.all(name).map(ToOwned::to_owned).collect());
    let typed = form.verbatim("text").map(as_written);
    let rule = match &typed {
        Some(text) => one_rule(&base, text),
        None => fields.rule(&base).map(|rule| (rule.name.clone(), rule.to_toml())),
    };
    let preview = form.get("preview").is_some();
    let field = if typed.is_some() { "text" } else { "name" };
    let saved = match &rule {
        Ok((name, rule)) if !preview => put(&base, &old, name, rule, fields.before(&base.rules))
            .map_err(|error| vec![Problem::new(field, words::capital(&error.to_string()))]),
        Ok(_) => Err(Vec::new()),
        Err(problems) => Err(problems.clone()),
    };
    match saved {
        Ok(text) => keep(&site, &visit, &base, text).await,
        Err(problems) => {
            let mut page = EditPage::empty(&site, &visit, &base).await?;
            if let (true, Ok((_, rule))) = (preview, &rule) {
                page.caught = Some(Caught::by(&site, &base, rule).await?);
            }
            page.how = match typed {
                Some(text) => How::Text(text),
                None => How::Fields(Box::new(RuleForm::new(
                    &base,
                    fields,
                    (!old.is_empty()).then_some(old.as_str()),
                ))),
            };
            (page.old, page.problems) = (old, problems);
            page.answer()
        }
    }
}

/// The name and the text of the one rule that a text holds.
fn one_rule(base: &Numbered, text: &str) -> Result<(String, String), Vec<Problem>> {
    let refused = |why: &str| vec![Problem::new("text", words::capital(why))];
    // By itself first, so that the line is one that can be seen.
    let alone = RuleSet::parse(text, &base.taxonomy).map_err(|error| refused(&error.to_string()))?;
    match alone.rules() {
        [rule] => Ok((rule.name.clone(), text.to_owned())),
        _ => Err(refused("write exactly one rule here; all of them are edited as one text")),
    }
}

/// The text of all rules with this one in the place of the old one, or new.
fn put(
    base: &Numbered,
    old: &str,
    name: &str,
    rule: &str,
    before: Option<Option<String>>,
) -> Result<String, edits::EditError> {
    let (text, taxonomy) = (&base.texts.rules, &base.taxonomy);
    if old.is_empty() {
        edits::add_rule(text, rule, before.flatten().as_deref(), taxonomy)
    } else {
        edits::replace_rule(text, old, rule, taxonomy).and_then(|text| match before {
            // A rule before itself is where it is.
            Some(before) if before.as_deref() != Some(old) => {
                edits::move_rule(&text, name, before.as_deref(), taxonomy)
            }
            _ => Ok(text),
        })
    }
}

/// `POST /rules/move`
pub(crate) async fn move_rule(site: Data<Site>, visit: Visit, form: Form) -> Result<HttpResponse, PageError> {
    let base = Numbered::read(&site, number_in(form.get("from"), "which rules to edit")?).await?;
    let rules = base.rules.rules();
    let (name, up) = match (form.verbatim("up"), form.verbatim("down")) {
        (Some(name), _) => (name, true),
        (None, Some(name)) => (name, false),
        (None, None) => return Err(PageError::BadInput("The form does not say what to move.".to_owned())),
    };
    let place = rules.iter().position(|rule| rule.name == name).ok_or(PageError::NotFound)?;
    let target = if up { place.saturating_sub(1) } else { place + 2 };
    let before = rules.get(target).map(|rule| rule.name.as_str()).filter(|before| *before != name);
    let text =
        edits::move_rule(&base.texts.rules, name, before, &base.taxonomy).map_err(|error| refusal(&error))?;
    let number = base.keep(&site, text, &visit.session()?.user.name).await?;
    // Back to the list, where the next one may be moved; with the rule in sight.
    let query = form.get("query").filter(|query| query.starts_with('?')).unwrap_or_default();
    let now_at = if up { place.max(1) } else { (place + 2).min(rules.len()) };
    Ok(go_to(&own_address(Some(&format!("/rules/{number}{query}#rule-{now_at}")))))
}

/// `POST /rules/remove`
pub(crate) async fn remove(site: Data<Site>, visit: Visit, form: Form) -> Result<HttpResponse, PageError> {
    let base = Numbered::read(&site, number_in(form.get("from"), "which rules to edit")?).await?;
    let name = form.verbatim("rule").unwrap_or_default();
    let text =
        edits::remove_rule(&base.texts.rules, name, &base.taxonomy).map_err(|error| refusal(&error))?;
    keep(&site, &visit, &base, text).await
}

fn refusal(error: &edits::EditError) -> PageError {
    PageError::BadInput(format!("{}.", words::capital(&error.to_string())))
}

/// Keeps the draft and shows what it moves.
async fn keep(site: &Site, visit: &Visit, base: &Numbered, text: String) -> Result<HttpResponse, PageError> {
    let number = base.keep(site, text, &visit.session()?.user.name).await?;
    Ok(go_to(&format!("/rules/draft/{number}?was={}", base.number)))
}

/// The rules that are edited: those that the address names, else those in force.
async fn base_of(site: &Site, sent: &Sent) -> Result<Numbered, PageError> {
    let number = match sent.one("from") {
        Some(number) => number_in(Some(number), "which rules to edit")?,
        None => site.app.store.in_force().await?.rule_set,
    };
    Numbered::read(site, number).await
}

impl Caught {
    async fn by(site: &Site, base: &Numbered, rule: &str) -> Result<Self, PageError> {
        let rules = RuleSet::parse(rule, &base.taxonomy)
            .map_err(|error| PageError::BadInput(format!("{}.", words::capital(&error.to_string()))))?;
        let caught = site.app.store.caught_by(rules, CAUGHT_SHOWN).await?;
        let name = |category: &Option<CategoryId>| category_name(&base.taxonomy, category.as_ref());
        let row = |item: &ItemView| CaughtRow {
            reference: item.reference.clone(),
            title: item.title.clone().unwrap_or_else(|| "No title kept".to_owned()),
            kind: item.kind.as_str(),
            category: name(&item.category),
            reason: words::capital(&item.reason),
        };
        Ok(Self { sentence: matched(&caught, name), rows: caught.newest.iter().map(row).collect() })
    }
}

/// "It matches 37 items: 30 count as “A” now, 7 as “B”."
fn matched(caught: &waterline_store::Caught, name: impl Fn(&Option<CategoryId>) -> String) -> String {
    let matches = format!("It matches {}", words::items(signed(caught.items)));
    match caught.now.as_slice() {
        [] => "It matches no work that is held.".to_owned(),
        [(category, 1)] => format!("{matches}, which counts as “{}” now.", name(category)),
        [(category, _)] => format!("{matches}, all of which count as “{}” now.", name(category)),
        [(category, most), others @ ..] => {
            let count = |items: &u64| words::count(signed(*items));
            let others =
                others.iter().map(|(category, items)| format!(", {} as “{}”", count(items), name(category)));
            let others: String = others.collect();
            format!("{matches}: {} count as “{}” now{others}.", count(most), name(category))
        }
    }
}

impl EditPage {
    async fn empty(site: &Site, visit: &Visit, base: &Numbered) -> Result<Self, PageError> {
        Ok(Self {
            layout: Layout::new(site, visit, Place::Rules).await?,
            base: base.number,
            in_force: site.app.store.in_force().await?.rule_set == base.number,
            old: String::new(),
            how: How::Text(String::new()),
            other: None,
            example: None,
            problems: Vec::new(),
            caught: None,
        })
    }

    fn answer(self) -> Result<HttpResponse, PageError> {
        let status = if self.problems.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(self.render()?))
    }

    fn problem(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.sentence.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_matches_is_told_by_what_it_counts_as_now() {
        let told = |now: &[(Option<&str>, u64)]| {
            let now: Vec<_> =
                now.iter().map(|(category, items)| (category.map(CategoryId::new), *items)).collect();
            let caught = waterline_store::Caught {
                items: now.iter().map(|(_, items)| items).sum(),
                now,
                newest: Vec::new(),
            };
            matched(&caught, |category| {
                category.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
            })
        };
        assert_eq!(told(&[]), "It matches no work that is held.");
        assert_eq!(told(&[(None, 1)]), "It matches 1 item, which counts as “nothing” now.");
        assert_eq!(told(&[(Some("a"), 1_200)]), "It matches 1,200 items, all of which count as “a” now.");
        assert_eq!(
            told(&[(Some("a"), 9), (None, 2)]),
            "It matches 11 items: 9 count as “a” now, 2 as “nothing”."
        );
    }
}
