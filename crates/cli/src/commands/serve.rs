use waterline_web::{App, WebSettings};

use crate::{adopting, background, clock, config::Config, output, startup};

pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let settings = WebSettings {
        listen: config.serve.listen,
        public_url: config.serve.public_url.clone(),
        allow_insecure_http: config.serve.allow_insecure_http,
        trust_name: config.trust_name.clone(),
        metrics_token: config.serve.metrics_token.clone(),
    };
    // Before the database, so that a second `serve` by mistake changes nothing.
    let listener = waterline_web::bind(&settings)?;
    let address = listener.local_addr()?;
    let store = startup::open_store(&config).await?;
    adopting::follow_taxonomy(&store, &config).await?;
    if store.users().await?.is_empty() {
        output::note("Nobody may sign in yet; add somebody with `waterline user add NAME --role admin`.");
    }
    let app = App { store: store.clone(), clock: clock::system(), settings };
    let server = waterline_web::serve(app, listener)?;
    output::note(format!("Serving on http://{address}; Ctrl-C stops."));
    let behind = background::start(store.clone());
    // Ends by itself when asked to stop, after the requests under way.
    let ended = server.await;
    behind.abort();
    store.give_leases_back().await?;
    Ok(ended?)
}
