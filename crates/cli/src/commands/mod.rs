//! One file per command. Each reads what it needs, asks the other crates, and tells what came out.

mod check;
mod db;
mod demo;
mod evaluate;
mod figures;
mod import;
mod ingest;
mod model;
mod rules;
mod serve;
mod user;

use crate::{
    args::{Arguments, Command},
    config::Config,
    environment::Environment,
};

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let environment = Environment::of_this_process();
    let path = arguments.config.as_deref();
    let config = || Config::load(path, &environment);
    match arguments.command {
        Command::Demo(demo) => demo::run(&demo).await,
        Command::Serve => serve::run(config()?).await,
        Command::Ingest(ingest) => ingest::run(&ingest, &config()?, &environment).await,
        Command::Import(import) => import::run(&import, &config()?).await,
        Command::Check(check) => check::run(check, path, &environment).await,
        Command::Figures(figures) => figures::run(&figures, &config()?).await,
        Command::Rules(rules) => rules::run(&rules, &config()?).await,
        Command::Model(model) => model::run(&model, &config()?).await,
        Command::Evaluate(evaluate) => evaluate::run(&evaluate),
        Command::User(user) => user::run(&user, &config()?).await,
        Command::Db(db) => db::run(&db, &config()?).await,
    }
}
