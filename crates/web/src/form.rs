//! Forms that were sent, and addresses to go to next.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Bytes};
use subtle::ConstantTimeEq;
use url::{Url, form_urlencoded};
use waterline_store::Session;

use crate::problem::PageError;

/// Field of every form that changes something.
const TOKEN_FIELD: &str = "token";

/// A form that was sent by POST. Where somebody is signed in, it only exists with the session's token in
/// it, so no handler can forget to check.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// The first value of a field, without blanks around it; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).map(str::trim).find(|value| !value.is_empty())
    }

    /// A field exactly as it was typed, as passwords must be.
    pub(crate) fn verbatim(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a field.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest for Form {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let expected = request.extensions().get::<Session>().map(|session| session.csrf_token.clone());
        let is_form = request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let body = Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_form {
                return Err(PageError::BadInput("This address takes a form, sent by POST.".to_owned()));
            }
            let body = body.await.map_err(|_| PageError::TooLarge)?;
            let form = Self(form_urlencoded::parse(&body).into_owned().collect());
            if form.0.iter().any(|(_, value)| value.contains('\0')) {
                return Err(PageError::NullByte);
            }
            match expected {
                Some(token) if !same(&token, form.verbatim(TOKEN_FIELD).unwrap_or_default()) => {
                    Err(PageError::StaleForm)
                }
                _ => Ok(form),
            }
        })
    }
}

fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// Keeps an address within this site: anything that a browser would read as another host becomes the
/// first page.
pub(crate) fn own_address(wanted: Option<&str>) -> String {
    let home = || "/".to_owned();
    let Some(wanted) = wanted.filter(|wanted| wanted.starts_with('/')) else { return home() };
    // A browser's own parser decides, since "//host", "/\host" and "/<tab>/host" all leave the site.
    let Ok(base) = Url::parse("http://waterline.invalid/") else { return home() };
    match base.join(wanted) {
        Ok(url) if url.origin() == base.origin() && !url.path().starts_with("//") => {
            url.as_str().split_once("waterline.invalid").map_or_else(home, |(_, rest)| rest.to_owned())
        }
        _ => home(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_addresses_are_kept_and_all_others_lead_home() {
        assert_eq!(own_address(Some("/tag?kind=incident&text=a%20b")), "/tag?kind=incident&text=a%20b");
        assert_eq!(own_address(Some("/")), "/");
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/.//evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "evil",
            "",
        ] {
            assert_eq!(own_address(Some(elsewhere)), "/", "{elsewhere}");
        }
        assert_eq!(own_address(None), "/");
    }

    #[test]
    fn a_header_cannot_be_smuggled_into_an_address() {
        assert!(!own_address(Some("/a\r\nSet-Cookie: x=y")).contains(['\r', '\n']));
    }

    #[test]
    fn tokens_are_compared_whole() {
        assert!(same("abc", "abc"));
        assert!(!same("abc", "ab") && !same("abc", "abd") && !same("abc", ""));
    }
}
