//! How far long work has come: bars on a terminal, a plain line now and then elsewhere.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    sync::{LazyLock, Mutex, PoisonError},
};

use indicatif::{HumanBytes, HumanCount, MultiProgress, ProgressBar, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;
use waterline_ingestor::{FeedOutcome, FeedReport, PullEvent};

use crate::output;

/// All bars of the process share one screen.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Without a terminal, a line is written when this many more are done, or a tenth of all if that is more.
const LINE_EVERY: u64 = 10_000;

/// What a piece of work is measured in.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Records,
    Bytes,
}

impl Unit {
    /// How a bar with a known end looks.
    fn template(self) -> &'static str {
        match self {
            Self::Records => "{prefix} {bar:32} {human_pos} of {human_len}, {eta} to go {msg}",
            Self::Bytes => "{prefix} {bar:32} {percent}%, {eta} to go {msg}",
        }
    }

    fn in_words(self, done: u64, all: Option<u64>) -> String {
        match (self, all) {
            (Self::Records, Some(all)) => format!("{} of {}", HumanCount(done), HumanCount(all)),
            (Self::Records, None) => HumanCount(done).to_string(),
            (Self::Bytes, Some(all)) => format!("{}%", done.saturating_mul(100) / all.max(1)),
            (Self::Bytes, None) => HumanBytes(done).to_string(),
        }
    }
}

/// Runs `write` with the bars out of the way, so that no line is drawn through.
pub(crate) fn above_bars<R>(write: impl FnOnce() -> R) -> R {
    BARS.suspend(write)
}

/// One long piece of work.
pub(crate) struct Task {
    label: String,
    unit: Unit,
    bar: Option<ProgressBar>,
    last_line: u64,
}

impl Task {
    pub(crate) fn begin(label: impl Into<String>, unit: Unit) -> Self {
        let label = label.into();
        let bar = io::stderr().is_terminal().then(|| {
            let bar = BARS.add(ProgressBar::no_length());
            bar.set_style(style("{prefix} {spinner} {human_pos} {msg}"));
            bar.set_prefix(format!("{label:<28}"));
            bar
        });
        Self { label, unit, bar, last_line: 0 }
    }

    /// `all` where it is known.
    pub(crate) fn advance(&mut self, done: u64, all: Option<u64>) {
        match &self.bar {
            Some(bar) => {
                if let Some(all) = all
                    && bar.length() != Some(all)
                {
                    bar.set_length(all);
                    bar.set_style(style(self.unit.template()));
                }
                bar.set_message("");
                bar.set_position(done);
            }
            None if done >= self.last_line + all.map_or(LINE_EVERY, |all| LINE_EVERY.max(all / 10)) => {
                output::note(format!("{}: {}", self.label, self.unit.in_words(done, all)));
                self.last_line = done;
            }
            None => {}
        }
    }

    /// Why nothing goes on just now.
    pub(crate) fn say(&self, message: String) {
        match &self.bar {
            Some(bar) => bar.set_message(message),
            None => output::note(format!("{}: {message}", self.label)),
        }
    }

    pub(crate) fn end(self, message: &str) {
        output::note(format!("{}: {message}", self.label));
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            BARS.remove(bar);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Follows a pull, feed by feed.
#[derive(Default)]
pub(crate) struct Pull(Mutex<BTreeMap<String, Task>>);

impl Pull {
    pub(crate) fn hear(&self, event: PullEvent<'_>) {
        // A poisoned lock only means that another line could not be written.
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            PullEvent::Stored { source, feed, records, upstream_total } => {
                task(&mut tasks, source, feed).advance(records, upstream_total);
            }
            PullEvent::Waiting { source, feed, until, why } => {
                let until = until.format("%H:%M:%S UTC");
                task(&mut tasks, source, feed).say(format!("waiting until {until}, because {why}"));
            }
            PullEvent::Done { source, report } => {
                let label = label(source, report.feed);
                tasks
                    .remove(&label)
                    .unwrap_or_else(|| Task::begin(label, Unit::Records))
                    .end(&in_words(report));
            }
        }
    }
}

fn label(source: &str, feed: &str) -> String {
    format!("{source}/{feed}")
}

fn task<'a>(tasks: &'a mut BTreeMap<String, Task>, source: &str, feed: &str) -> &'a mut Task {
    let label = label(source, feed);
    tasks.entry(label.clone()).or_insert_with(|| Task::begin(label, Unit::Records))
}

fn in_words(report: &FeedReport) -> String {
    match &report.outcome {
        FeedOutcome::Failed(why) => format!("FAILED after {} records: {why}", HumanCount(report.records)),
        FeedOutcome::Busy => {
            "left alone, because another process is pulling it, or was killed less than 3 minutes ago"
                .to_owned()
        }
        FeedOutcome::Drained => {
            let unreadable = match report.rejected {
                0 => String::new(),
                rejected => format!(", {} could not be read", HumanCount(rejected)),
            };
            format!(
                "done, {} new and {} changed items{unreadable}",
                HumanCount(report.added),
                HumanCount(report.changed)
            )
        }
    }
}

/// Writes log lines above the bars.
#[derive(Clone, Copy)]
pub(crate) struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        above_bars(|| io::stderr().lock().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        *self
    }
}
