use std::path::Path;

use waterline_ingestor::Source;

use crate::{
    args::Check,
    clock,
    config::{Config, Problems, Written},
    environment::Environment,
    output, startup,
};

pub(crate) async fn run(check: Check, path: Option<&Path>, environment: &Environment) -> anyhow::Result<()> {
    let written = Written::read(path, environment)?;
    let mut problems = written.source_problems(environment, &clock::system());
    let config = match written.check(environment) {
        Ok(config) if problems.is_empty() => config,
        outcome => {
            let mut all = outcome.err().map(|error| error.0).unwrap_or_default();
            all.append(&mut problems);
            return Err(Problems(all).into());
        }
    };
    output::print(in_words(&config))?;
    if check.connect {
        connect(&config, environment).await?;
    }
    Ok(output::print("Everything is in order.")?)
}

/// What the configuration came to, without a secret.
fn in_words(config: &Config) -> String {
    let or_none = |what: Option<String>| what.unwrap_or_else(|| "none".to_owned());
    let file = config.path.as_ref().map(|path| path.display().to_string());
    let taxonomy = config.classification.classifier.taxonomy();
    let mut lines = vec![
        format!("Configuration  {}", file.unwrap_or_else(|| "none; the defaults hold".to_owned())),
        format!("Trust          {}", config.trust_name),
        format!("Time zone      {}", config.zone.name()),
        format!("Database       {}", config.database.shown()),
        format!("Categories     {}", taxonomy.categories().len()),
        format!("Rules          {}", config.classification.classifier.rules().rules().len()),
        format!("Smallest group {} items", config.smallest_group),
        format!("Pull every     {} s with --watch", config.ingest_every.as_secs()),
        format!("Listen on      {}", config.serve.listen),
        format!("Public address {}", or_none(config.serve.public_url.as_ref().map(ToString::to_string))),
    ];
    if config.sources.is_empty() {
        lines.push("Sources        none".to_owned());
    }
    for source in &config.sources {
        let feeds = source.feeds.as_ref().map_or("all feeds".to_owned(), |feeds| feeds.join(", "));
        let text = format!("{:?}", source.text).to_lowercase();
        lines.push(format!(
            "Source         {} ({}) at {}, {feeds}, text: {text}",
            source.name, source.connector, source.url
        ));
    }
    lines.join("\n")
}

/// Asks the database and every feed of every source; tells all that do not answer.
async fn connect(config: &Config, environment: &Environment) -> anyhow::Result<()> {
    let mut problems = Vec::new();
    match startup::open_store(config).await {
        Ok(store) => match store.ping().await {
            Ok(()) => output::print("The database answers.")?,
            Err(error) => problems.push(error.to_string()),
        },
        Err(error) => problems.push(error.to_string()),
    }
    for source in config.sources(&[], environment, &clock::system())? {
        probe(&source, &mut problems).await?;
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems).into()) }
}

async fn probe(source: &Source, problems: &mut Vec<String>) -> anyhow::Result<()> {
    for feed in source.feeds() {
        match source.probe(feed).await {
            Ok(Some(total)) => {
                output::print(format!("{}/{feed} answers and has {total} records.", source.name))?;
            }
            Ok(None) => output::print(format!("{}/{feed} answers.", source.name))?,
            Err(error) => problems.push(error.to_string()),
        }
    }
    Ok(())
}
