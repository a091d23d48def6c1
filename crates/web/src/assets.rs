//! The styles and scripts that `build.rs` built, embedded.

use actix_web::{HttpResponse, http::header, web::Path};

use crate::problem::PageError;

/// Their addresses hold a hash of their content, so a browser may keep them for good.
pub(crate) const STYLE: &str = concat!("/assets/", env!("WATERLINE_UI_HASH"), "/waterline.css");
pub(crate) const SCRIPT: &str = concat!("/assets/", env!("WATERLINE_UI_HASH"), "/waterline.js");
pub(crate) const ICON: &str = concat!("/assets/", env!("WATERLINE_UI_HASH"), "/favicon.svg");

/// (name, type, content)
type Asset = (&'static str, &'static str, &'static [u8]);

macro_rules! built {
    ($($file:tt)*) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/ui/", $($file)*))
    };
}

/// A picture of the design system that its styles refer to.
macro_rules! icon {
    ($name:literal) => {
        (
            $name,
            "image/svg+xml",
            built!(concat!("node_modules/nhsuk-frontend/dist/nhsuk/assets/images/", $name)),
        )
    };
}

const ASSETS: [Asset; 7] = [
    ("waterline.css", "text/css; charset=utf-8", built!("dist/waterline.css")),
    ("waterline.js", "text/javascript; charset=utf-8", built!("dist/waterline.js")),
    ("favicon.svg", "image/svg+xml", built!("src/favicon.svg")),
    icon!("nhsuk-icon-arrow-down.svg"),
    icon!("nhsuk-icon-arrow-up-down.svg"),
    icon!("nhsuk-icon-arrow-up.svg"),
    icon!("nhsuk-icon-cross.svg"),
];

/// `/assets/{hash}/{file}`
pub(crate) async fn asset(path: Path<(String, String)>) -> Result<HttpResponse, PageError> {
    let (hash, file) = path.into_inner();
    // Another version's address must not be kept for good with this version's content.
    let found = ASSETS.iter().find(|(name, ..)| *name == file && hash == env!("WATERLINE_UI_HASH"));
    let (_, kind, content) = found.ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, *kind))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(*content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_that_the_styles_name_is_served() {
        let styles = std::str::from_utf8(ASSETS[0].2).unwrap();
        let named: Vec<&str> =
            styles.split("url(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(!named.is_empty());
        for name in named {
            assert!(ASSETS.iter().any(|(served, ..)| *served == name), "{name} is not served");
        }
    }
}
