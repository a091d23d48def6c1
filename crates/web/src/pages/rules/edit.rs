//! Editing one rule of a rule set, which makes a draft: a new one, another text for an old one, another
//! place, or none.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use url::form_urlencoded;
use waterline_core::rules::{NewRule, RuleSet, edit as edits, suggest_rule};

use super::{
    Numbered, address, category_name,
    form::{Problem, RuleFields, RuleForm},
    go_to, number_in,
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
}

/// Field by field, or as text.
enum How {
    Fields(RuleForm),
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
        let wanted =
            sent.one("category").map(waterline_core::CategoryId::new).or_else(|| seen.category.clone());
        let draft = wanted.and_then(|category| suggest_rule(&seen.item, &category, &base.rules));
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
        }
    }
    page.how = How::Fields(RuleForm::new(&base, fields, None));
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
            How::Fields(RuleForm::new(&base, RuleFields::of(&rule, None), Some(&name)))
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
    let saved = match &typed {
        Some(text) => from_text(&base, &old, text),
        None => from_fields(&base, &old, &fields),
    };
    match saved {
        Ok(text) => keep(&site, &visit, &base, text).await,
        Err(problems) => {
            let mut page = EditPage::empty(&site, &visit, &base).await?;
            page.how = match typed {
                Some(text) => How::Text(text),
                None => How::Fields(RuleForm::new(&base, fields, (!old.is_empty()).then_some(old.as_str()))),
            };
            (page.old, page.problems) = (old, problems);
            page.answer()
        }
    }
}

/// The text of all rules with the one that the fields make.
fn from_fields(base: &Numbered, old: &str, fields: &RuleFields) -> Result<String, Vec<Problem>> {
    let rule = fields.rule(base)?;
    let before = fields.before(&base.rules);
    let (text, taxonomy) = (&base.texts.rules, &base.taxonomy);
    let toml = rule.to_toml();
    let edited = if old.is_empty() {
        edits::add_rule(text, &toml, before.flatten().as_deref(), taxonomy)
    } else {
        edits::replace_rule(text, old, &toml, taxonomy).and_then(|text| match before {
            // A rule before itself is where it is.
            Some(before) if before.as_deref() != Some(old) => {
                edits::move_rule(&text, &rule.name, before.as_deref(), taxonomy)
            }
            _ => Ok(text),
        })
    };
    edited.map_err(|error| vec![Problem::new("name", words::capital(&error.to_string()))])
}

/// The text of all rules with this one for the old one.
fn from_text(base: &Numbered, old: &str, text: &str) -> Result<String, Vec<Problem>> {
    let refused = |why: String| vec![Problem::new("text", words::capital(&why))];
    // By itself first, so that the line is one that can be seen.
    let alone = RuleSet::parse(text, &base.taxonomy).map_err(|error| refused(error.to_string()))?;
    if alone.rules().len() != 1 {
        return Err(refused("write exactly one rule here; all of them are edited as one text".to_owned()));
    }
    edits::replace_rule(&base.texts.rules, old, text, &base.taxonomy)
        .map_err(|error| refused(error.to_string()))
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
    let text = edits::move_rule(&base.texts.rules, name, before, &base.taxonomy).map_err(refusal)?;
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
    let text = edits::remove_rule(&base.texts.rules, name, &base.taxonomy).map_err(refusal)?;
    keep(&site, &visit, &base, text).await
}

fn refusal(error: edits::EditError) -> PageError {
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
