//! All rules of a set as the text that they are.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use askama::Template;
use serde::Deserialize;
use waterline_core::rules::{RuleError, RuleSet};

use super::{Numbered, go_to, number_in};
use crate::{
    access::Visit,
    app::Site,
    form::Form,
    layout::{Layout, Place},
    problem::PageError,
    words,
};

/// Lines that are shown on each side of the one at fault.
const LINES_AROUND: usize = 2;

#[derive(Debug, Deserialize)]
pub(crate) struct TextQuery {
    from: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/rules_text.html")]
struct TextPage {
    layout: Layout,
    base: i32,
    in_force: bool,
    text: String,
    fault: Option<Fault>,
}

/// What is wrong with a text, and the lines where it is.
struct Fault {
    line: usize,
    sentence: String,
    around: Vec<Line>,
}

struct Line {
    number: usize,
    text: String,
    at_fault: bool,
}

/// `GET /rules/text`
pub(crate) async fn page(
    site: Data<Site>,
    visit: Visit,
    query: Query<TextQuery>,
) -> Result<HttpResponse, PageError> {
    let base = Numbered::read(&site, number_in(query.from.as_deref(), "which rule set to edit")?).await?;
    let text = base.texts.rules.clone();
    show(&site, &visit, base.number, text, None).await
}

/// `POST /rules/text`
pub(crate) async fn save(site: Data<Site>, visit: Visit, form: Form) -> Result<HttpResponse, PageError> {
    let base = Numbered::read(&site, number_in(form.get("from"), "which rule set to edit")?).await?;
    let text = as_written(form.verbatim("rules").unwrap_or_default());
    if let Err(error) = RuleSet::parse(&text, &base.taxonomy) {
        let fault = Fault::new(&error, &text);
        return show(&site, &visit, base.number, text, Some(fault)).await;
    }
    let number = base.keep(&site, text, &visit.session()?.user.name).await?;
    Ok(go_to(&format!("/rules/draft/{number}?was={}", base.number)))
}

/// `GET /rules/{number}.toml`
pub(crate) async fn file(site: Data<Site>, number: Path<i32>) -> Result<HttpResponse, PageError> {
    let kept = site.app.store.rule_set(*number).await?.ok_or(PageError::NotFound)?;
    let name = format!("attachment; filename=\"waterline-rules-{number}.toml\"");
    Ok(HttpResponse::Ok()
        .content_type("application/toml")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(kept.texts.rules))
}

/// Browsers send every line end as two characters.
pub(super) fn as_written(text: &str) -> String {
    text.replace("\r\n", "\n")
}

async fn show(
    site: &Site,
    visit: &Visit,
    base: i32,
    text: String,
    fault: Option<Fault>,
) -> Result<HttpResponse, PageError> {
    let status = if fault.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let page = TextPage {
        layout: Layout::new(site, visit, Place::Rules).await?,
        in_force: site.app.store.in_force().await?.rule_set == base,
        base,
        text,
        fault,
    };
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page.render()?))
}

impl Fault {
    fn new(error: &RuleError, text: &str) -> Self {
        let around =
            text.lines().enumerate().filter(|(place, _)| error.line.abs_diff(place + 1) <= LINES_AROUND);
        Self {
            line: error.line,
            sentence: words::capital(&error.to_string()),
            around: around
                .map(|(place, line)| Line {
                    number: place + 1,
                    text: line.to_owned(),
                    at_fault: place + 1 == error.line,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_shown_among_the_lines_around_it() {
        let text = "a\nb\nc\nd\ne\nf\ng";
        let lines = |line| {
            let error = RuleError { line, rule: None, problem: "wrong".to_owned() };
            let fault = Fault::new(&error, text);
            let shown = |line: &Line| format!("{}{}", line.text, if line.at_fault { "!" } else { "" });
            fault.around.iter().map(shown).collect::<Vec<_>>().join(" ")
        };
        assert_eq!([1, 4, 7, 99].map(lines), ["a! b c", "b c d! e f", "e f g!", ""]);
    }
}
