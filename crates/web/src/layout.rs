use waterline_store::{Role, StoreError};

use crate::{access::Visit, app::Site, assets};

/// Where in the navigation a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Iceberg,
    Tag,
    Audit,
    Rules,
    Watch,
    Sources,
    Method,
    Admin,
    Elsewhere,
}

/// One entry of the navigation.
pub(crate) struct NavigationItem {
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
    pub(crate) current: bool,
}

/// What surrounds every page: the header, the navigation, the banner and the footer.
pub(crate) struct Layout {
    pub(crate) trust: String,
    /// Name of whoever is signed in.
    pub(crate) user: Option<String>,
    /// Goes into every form.
    pub(crate) token: String,
    pub(crate) navigation: Vec<NavigationItem>,
    /// Whether any figure comes from the simulator.
    pub(crate) example_data: bool,
    pub(crate) style: &'static str,
    pub(crate) script: &'static str,
    pub(crate) icon: &'static str,
}

/// In the order of the header, with the role that each takes.
const NAVIGATION: [(Place, &str, &str, Role); 8] = [
    (Place::Iceberg, "Iceberg", "/", Role::Board),
    (Place::Tag, "Tag work", "/tag", Role::Tagger),
    (Place::Audit, "Audit", "/audit", Role::Board),
    (Place::Rules, "Rules", "/rules", Role::Tagger),
    (Place::Watch, "Watch", "/watch", Role::Board),
    (Place::Sources, "Sources", "/sources", Role::Board),
    (Place::Method, "How we measure", "/method", Role::Board),
    (Place::Admin, "Log", "/admin", Role::Admin),
];

impl Layout {
    pub(crate) async fn new(site: &Site, visit: &Visit, here: Place) -> Result<Self, StoreError> {
        let example_data = site.app.store.shows_example_data().await?;
        Ok(Self { example_data, ..Self::without_store(site, visit, here) })
    }

    /// For pages that hold no figure, and must also show when the database does not answer.
    pub(crate) fn without_store(site: &Site, visit: &Visit, here: Place) -> Self {
        let session = visit.session.as_ref();
        Self {
            trust: site.app.settings.trust_name.clone(),
            user: session.map(|session| session.user.name.clone()),
            token: session.map(|session| session.csrf_token.clone()).unwrap_or_default(),
            navigation: NAVIGATION
                .into_iter()
                .filter(|(.., role)| session.is_some_and(|session| session.user.role >= *role))
                .map(|(place, name, address, _)| NavigationItem { name, address, current: place == here })
                .collect(),
            example_data: false,
            style: assets::STYLE,
            script: assets::SCRIPT,
            icon: assets::ICON,
        }
    }
}
