use std::{future::Future, io};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

/// Tells when somebody asked us to stop: Ctrl-C, or SIGTERM from a service manager. Work then ends at
/// the next seam. Whoever asks a second time is not made to wait.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens from now on; needs a running runtime.
    pub(crate) fn on_signals() -> io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (tell, asked) = watch::channel(false);
        tokio::spawn(async move {
            either(&mut interrupt, &mut terminate).await;
            crate::output::note("Stopping; once more to stop at once.");
            tell.send_replace(true);
            either(&mut interrupt, &mut terminate).await;
            // What a shell reports for a program that Ctrl-C ended.
            std::process::exit(130);
        });
        Ok(Self(asked))
    }

    /// The outcome of the work, or `None` where somebody asked first: then the work is dropped, which
    /// undoes the transaction it may be in.
    pub(crate) async fn or<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            outcome = work => Some(outcome),
            // The sender lives as long as the process, so an error cannot be told from being asked.
            _ = self.0.wait_for(|asked| *asked) => None,
        }
    }
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
