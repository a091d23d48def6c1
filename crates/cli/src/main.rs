//! The one binary: reads the command line, the configuration and the clock, and hands them to the
//! crates that do the work. Nothing is worked out here.

mod adopting;
mod args;
mod background;
mod clock;
mod commands;
mod config;
mod environment;
mod failure;
mod logging;
mod output;
mod progress;
mod startup;
mod stop;
mod words;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    match logging::start(&arguments.log).and_then(|()| in_runtime(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::report(&error);
            failure::exit_code(&error)
        }
    }
}

fn in_runtime(arguments: args::Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(commands::run(arguments));
    // Somebody who asked to stop should not wait for work that nobody will see.
    runtime.shutdown_background();
    outcome
}
