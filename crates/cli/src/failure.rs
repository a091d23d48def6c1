use std::process::ExitCode;

/// The command line asks for something that cannot be asked for: ends with 2, as clap's own errors do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUse(pub(crate) String);

/// 2 for wrong use, 1 for everything else that fails.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(if error.is::<WrongUse>() { 2 } else { 1 })
}
