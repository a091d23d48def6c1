use tracing_subscriber::EnvFilter;

use crate::{failure::WrongUse, progress::LogWriter};

/// Logs for people, to the standard error.
pub(crate) fn start(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        WrongUse(format!("\"{filter}\" is not a log filter ({error}); write one such as info"))
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(LogWriter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
    Ok(())
}
