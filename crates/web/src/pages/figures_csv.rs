use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Query},
};
use waterline_board_pack::figures_csv;
use waterline_core::{Breakdown, Evidence, Figures};

use crate::{
    app::Site,
    period::{Choice, FigureQuery},
    problem::PageError,
};

/// `GET /figures.csv`: the table of the first page, as a file.
pub(crate) async fn file(site: Data<Site>, query: Query<FigureQuery>) -> Result<HttpResponse, PageError> {
    let choice = Choice::ask(&site, &query).await?;
    let store = &site.app.store;
    let by = Breakdown::Category;
    let rows = store.work_done(choice.period, by.dimension()).await?;
    let audits = store.audits(choice.period).await?;
    let evidence = Evidence { coverage: store.coverage((site.app.clock)()).await?, audits: &audits };
    // No category is so small that its figure would be a person's, so none is merged.
    let in_force = store.in_force().await?;
    let taxonomy = in_force.classifier.taxonomy();
    let figures = Figures::new(choice.period, choice.basis, by, &rows, taxonomy, evidence, 0);
    let csv = figures_csv(&figures).map_err(PageError::File)?;
    let name = format!(
        "waterline-{}-{}-to-{}.csv",
        choice.basis.as_str(),
        choice.period.first(),
        choice.period.last()
    );
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(csv))
}
