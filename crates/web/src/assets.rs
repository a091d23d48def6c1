//! The styles and scripts that `build.rs` built, embedded.

use actix_web::{HttpRequest, HttpResponse, http::header};

use crate::problem::PageError;

/// Their addresses hold a hash of their content, so a browser may keep them for good.
pub(crate) const STYLE: &str = concat!("/assets/", env!("WATERLINE_UI_HASH"), "/waterline.css");
pub(crate) const SCRIPT: &str = concat!("/assets/", env!("WATERLINE_UI_HASH"), "/waterline.js");
pub(crate) const ICON: &str = concat!("/assets/", env!("WATERLINE_UI_HASH"), "/favicon.svg");

/// (address, type, content)
const ASSETS: [(&str, &str, &[u8]); 3] = [
    (STYLE, "text/css; charset=utf-8", include_bytes!(concat!(env!("OUT_DIR"), "/ui/dist/waterline.css"))),
    (
        SCRIPT,
        "text/javascript; charset=utf-8",
        include_bytes!(concat!(env!("OUT_DIR"), "/ui/dist/waterline.js")),
    ),
    (ICON, "image/svg+xml", include_bytes!(concat!(env!("OUT_DIR"), "/ui/src/favicon.svg"))),
];

/// `/assets/{hash}/{file}`
pub(crate) async fn asset(request: HttpRequest) -> Result<HttpResponse, PageError> {
    let (_, kind, content) =
        ASSETS.iter().find(|(address, ..)| *address == request.path()).ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, *kind))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(*content))
}
