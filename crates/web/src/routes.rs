use actix_web::{
    App, Error, Route,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    guard,
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
        .service(web::resource("/").route(read().to(pages::iceberg::page)))
        .service(web::resource("/figures.csv").route(read().to(pages::figures_csv::file)))
        .service(web::resource("/sources").route(read().to(pages::sources::page)))
        .service(web::resource("/method").route(read().to(pages::method::page)))
        .service(
            web::resource("/tag")
                .route(read().to(pages::tag::queue::page))
                .route(web::post().to(pages::tag::tag)),
        )
        .service(web::resource("/tag/list").route(read().to(pages::tag::list::page)))
        .service(web::resource("/tag/history").route(read().to(pages::tag::history::page)))
        .service(web::resource("/tag/matching").route(web::post().to(pages::tag::matching)))
        .service(web::resource("/tag/undo").route(web::post().to(pages::tag::undo)))
        .configure(audit)
        .configure(rules)
        .service(web::resource("/watch").route(read().to(pages::watch::page)))
        .service(web::resource("/watch/target").route(web::post().to(pages::watch::set_target)))
        .service(web::resource("/watch/withdraw").route(web::post().to(pages::watch::withdraw_target)))
        .service(web::resource("/admin").route(read().to(pages::admin::page)))
        .service(
            web::resource("/sign-in")
                .route(read().to(pages::sign_in::page))
                .route(web::post().to(pages::sign_in::sign_in)),
        )
        .service(web::resource("/sign-out").route(web::post().to(pages::sign_in::sign_out)))
        .service(web::resource("/accessibility").route(read().to(pages::statements::accessibility)))
        .service(web::resource("/privacy").route(read().to(pages::statements::privacy)))
        .service(web::resource("/healthz").route(read().to(pages::health::alive)))
        .service(web::resource("/readyz").route(read().to(pages::health::ready)))
        .service(web::resource("/metrics").route(read().to(pages::health::metrics)))
        // Only what is the same for everyone is compressed: a page holds the secret of its forms beside
        // text that others may have written, and its compressed size would tell.
        .service(
            web::resource("/assets/{hash}/{file}").wrap(Compress::default()).route(read().to(assets::asset)),
        )
        .default_service(web::to(pages::nothing_here));
}

fn audit(config: &mut ServiceConfig) {
    config
        .service(web::resource("/audit").route(read().to(pages::audit::page)))
        .service(web::resource("/audit/draw").route(web::post().to(pages::audit::draw)))
        .service(web::resource("/audit/{audit:[0-9]+}").route(read().to(pages::audit::result_page)))
        .service(
            web::resource("/audit/{audit:[0-9]+}/next")
                .route(read().to(pages::audit::next))
                .route(web::post().to(pages::audit::answer)),
        )
        .service(
            web::resource("/audit/{audit:[0-9]+}/take-back").route(web::post().to(pages::audit::take_back)),
        )
        .service(web::resource("/audit/{audit:[0-9]+}/more").route(web::post().to(pages::audit::more)));
}

fn rules(config: &mut ServiceConfig) {
    use pages::rules;
    config
        .service(web::resource("/rules").route(read().to(rules::in_force)))
        .service(web::resource("/rules/{number:[0-9]+}").route(read().to(rules::rule_set)))
        .service(web::resource("/rules/{number:[0-9]+}.toml").route(read().to(rules::file)))
        .service(web::resource("/rules/draft/{number}").route(read().to(rules::draft)))
        .service(web::resource("/rules/new").route(read().to(rules::new)))
        .service(web::resource("/rules/edit").route(read().to(rules::edit)))
        .service(web::resource("/rules/save").route(web::post().to(rules::save)))
        .service(web::resource("/rules/move").route(web::post().to(rules::move_rule)))
        .service(web::resource("/rules/remove").route(web::post().to(rules::remove)))
        .service(
            web::resource("/rules/text")
                .app_data(PayloadConfig::new(rules::TEXT_BYTES_MAX))
                .route(read().to(rules::text))
                .route(web::post().to(rules::save_text)),
        )
        .service(web::resource("/rules/compare").route(read().to(rules::compare)))
        .service(web::resource("/rules/adopt").route(web::post().to(rules::adopt)))
        .service(web::resource("/rules/undo").route(web::post().to(rules::undo)))
        .service(web::resource("/rules/adoption/{id}").route(read().to(rules::progress)));
}

/// GET, and HEAD, which is the same without the body.
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}
