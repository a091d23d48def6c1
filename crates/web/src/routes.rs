use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::{Compress, from_fn},
    web::{self, Data, PayloadConfig, ServiceConfig},
};

use crate::{access, app::Site, assets, headers, metrics, pages, problem};

/// More than a form of 200 ticked boxes needs.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// The application as `serve` runs it and as the tests call it.
pub(crate) fn application(
    site: Data<Site>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    // The last one wrapped comes first.
    App::new()
        .app_data(site)
        .app_data(PayloadConfig::new(FORM_BYTES_MAX))
        .configure(routes)
        .wrap(from_fn(access::guard))
        .wrap(from_fn(problem::explain))
        .wrap(from_fn(headers::secure))
        .wrap(from_fn(metrics::observe))
}

/// Each with its line in `access::ACCESS`.
fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(pages::iceberg::page))
        .route("/figures.csv", web::get().to(pages::figures_csv::file))
        .route("/sources", web::get().to(pages::sources::page))
        .route("/method", web::get().to(pages::method::page))
        .service(
            web::resource("/tag")
                .route(web::get().to(pages::tag::page))
                .route(web::post().to(pages::tag::tag)),
        )
        .route("/tag/undo", web::post().to(pages::tag::undo))
        .route("/admin", web::get().to(pages::admin::page))
        .service(
            web::resource("/sign-in")
                .route(web::get().to(pages::sign_in::page))
                .route(web::post().to(pages::sign_in::sign_in)),
        )
        .route("/sign-out", web::post().to(pages::sign_in::sign_out))
        .route("/accessibility", web::get().to(pages::statements::accessibility))
        .route("/privacy", web::get().to(pages::statements::privacy))
        .route("/healthz", web::get().to(pages::health::alive))
        .route("/readyz", web::get().to(pages::health::ready))
        .route("/metrics", web::get().to(pages::health::metrics))
        // Only what is the same for everyone is compressed: a page holds the secret of its forms beside
        // text that others may have written, and its compressed size would tell.
        .service(
            web::resource("/assets/{hash}/{file}")
                .wrap(Compress::default())
                .route(web::get().to(assets::asset)),
        )
        .default_service(web::to(pages::nothing_here));
}
