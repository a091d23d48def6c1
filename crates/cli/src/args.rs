//! What can be asked for. The texts are read by analysts, so they say what a thing is for.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use waterline_core::{Basis, Breakdown, Month, TextPolicy};
use waterline_store::Role;

/// How much of a hospital trust's IT work anyone can see, and how much keeps the lights on.
///
/// Waterline pulls tickets from the service desk, sorts each into a category on one side of the
/// waterline, and shows the board the visible share with its error.
#[derive(Debug, Parser)]
#[command(
    name = "waterline",
    version,
    after_help = "\
To see it at work without any system of your own:
  waterline demo

To begin with your own data:
  waterline check --connect          is the configuration sound, do the sources answer?
  waterline ingest                   pull all sources once
  waterline user add anna --role admin
  waterline serve                    show the pages

Ends with 0 when done, 1 when something failed, 2 when asked for something that cannot be."
)]
pub(crate) struct Arguments {
    /// Configuration file. Without it: waterline.toml in this folder if there is one, else the defaults.
    #[arg(long, global = true, env = "WATERLINE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// How much to log: error, warn, info, debug, or a filter such as warn,waterline_ingestor=debug.
    #[arg(
        long,
        global = true,
        env = "WATERLINE_LOG",
        value_name = "FILTER",
        default_value = "warn,waterline=info",
        hide_default_value = true
    )]
    pub(crate) log: String,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show Waterline at work on a simulated trust: no configuration, nothing leaves this machine.
    Demo(Demo),
    /// Serve the pages to the board and to taggers.
    Serve,
    /// Pull new and changed tickets from the sources in the configuration.
    Ingest(Ingest),
    /// Take in a CSV or XLSX file of tickets.
    Import(Import),
    /// Check the configuration, and tell everything that is wrong with it at once.
    Check(Check),
    /// Print the figures of a period with what they rest on.
    Figures(Figures),
    /// Look at the rules that sort the tickets, try others, and put them in force.
    #[command(subcommand)]
    Rules(Rules),
    /// Look after the model that learns from people's tags.
    #[command(subcommand)]
    Model(Model),
    /// Measure how well the learned model tells visible work from work that keeps the lights on.
    Evaluate(Evaluate),
    /// Add people who may sign in, and change what they may do.
    #[command(subcommand)]
    User(User),
    /// Look after the database.
    #[command(subcommand)]
    Db(Db),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  waterline demo
  waterline demo --port 9000 --scale 0.1       a tenth of the tickets
  waterline demo --fresh                       begin again with an empty database")]
pub(crate) struct Demo {
    /// Port of the pages; if it is taken, a free one is used and told.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,

    /// Folder of the demo's own database.
    #[arg(long, value_name = "DIR", default_value = "waterline-data/demo")]
    pub(crate) data: PathBuf,

    /// Delete the demo's database first.
    #[arg(long)]
    pub(crate) fresh: bool,

    /// Size of the simulated trust's ticket history; 1 is about 200,000 tickets over 24 months.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = scale)]
    pub(crate) scale: f64,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  waterline ingest                             all sources, once
  waterline ingest servicenow --full           one source from its beginning, to find what it deleted
  waterline ingest --watch                     go on until stopped, every [ingest] every seconds")]
pub(crate) struct Ingest {
    /// Names of sources as in the configuration; none means all.
    #[arg(value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,

    /// From the beginning instead of from where the last pull ended.
    #[arg(long)]
    pub(crate) full: bool,

    /// Pull again and again until stopped.
    #[arg(long)]
    pub(crate) watch: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  waterline import tickets.csv --source old-desk --mapping old-desk.toml
  waterline import export.xlsx --source hornbill --mapping hornbill.toml --rejects rejected.csv

Importing the same file twice changes nothing. A mapping file says which column is what; without
--mapping, one to begin with is suggested from the file's own columns. config/mappings has examples.")]
pub(crate) struct Import {
    /// The file: CSV or TSV, also gzipped, or XLSX.
    pub(crate) file: PathBuf,

    /// Name of the source to file the tickets under: a-z, 0-9, - and _.
    #[arg(long, value_name = "NAME", value_parser = source_name)]
    pub(crate) source: String,

    /// Which column is what.
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,

    /// Where to write the lines that could not be read, each with its reason; by default the file's name
    /// and .rejects.csv, in this folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,

    /// How much of the tickets' text to keep, after taking out numbers and addresses of people.
    #[arg(long, value_enum, default_value_t = Text::Title)]
    pub(crate) text: Text,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Text {
    /// No text at all
    None,
    /// The title
    Title,
    /// Title and description
    Full,
}

impl From<Text> for TextPolicy {
    fn from(text: Text) -> Self {
        match text {
            Text::None => Self::None,
            Text::Title => Self::Title,
            Text::Full => Self::Full,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Also ask the database and fetch one batch from each source; nothing is stored.
    #[arg(long)]
    pub(crate) connect: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  waterline figures --from 2025-11 --to 2026-10
  waterline figures --from 2025-11 --to 2026-10 --by department --basis items
  waterline figures --from 2026-10 --to 2026-10 --by team --format csv > october.csv

Every figure comes with its bounds, its coverage, the part that is estimated and its error. Teams
and departments with too few items are merged, so that no figure is about a person.")]
pub(crate) struct Figures {
    /// First month, for example 2025-11.
    #[arg(long, value_name = "YYYY-MM")]
    pub(crate) from: Month,

    /// Last month, for example 2026-10.
    #[arg(long, value_name = "YYYY-MM")]
    pub(crate) to: Month,

    /// Break down by category, team, department, system, source, kind or month.
    #[arg(long, default_value_t = Breakdown::Category)]
    pub(crate) by: Breakdown,

    /// Count working time (effort) or finished tickets (items).
    #[arg(long, value_name = "BASIS", default_value = "effort", value_parser = basis)]
    pub(crate) basis: Basis,

    /// A table for people, JSON for programs, CSV for spreadsheets.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  waterline rules export --out rules.toml      the rules in force, to edit
  waterline rules dry-run rules.toml           what would move if these were in force
  waterline rules import rules.toml --adopt --reason \"projector lamps are devices\"
  waterline rules undo                         back to what was in force before

A rule set never changes: every other text of the rules gets a number of its own. Trying one moves
nothing. Putting one in force looks at every ticket again; pages show the old figures until it is done.")]
pub(crate) enum Rules {
    /// Print the rules in force, or those of a number.
    Export {
        /// Number of the rule set; without it, the one in force.
        #[arg(long, value_name = "N")]
        number: Option<i32>,
        /// File to write to, instead of the standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Read rules from a file, number them, and tell what they would move.
    Import {
        /// The rules, as in config/rules.toml.
        file: PathBuf,
        /// Put them in force as well.
        #[arg(long)]
        adopt: bool,
        /// Why, for the log.
        #[arg(long, value_name = "TEXT", requires = "adopt", default_value = "from the command line")]
        reason: String,
    },
    /// Tell what rules would move if they were in force; nothing moves.
    DryRun {
        /// The rules, as in config/rules.toml.
        #[arg(required_unless_present = "number", conflicts_with = "number")]
        file: Option<PathBuf>,
        /// Number of a rule set.
        #[arg(long, value_name = "N")]
        number: Option<i32>,
        /// A table for people, JSON for programs.
        #[arg(long, value_enum, default_value_t = TextFormat::Table)]
        format: TextFormat,
    },
    /// List the rule sets, and which of them was in force when.
    List,
    /// Put a rule set in force.
    Adopt {
        /// Its number.
        number: i32,
        /// Why, for the log.
        #[arg(long, value_name = "TEXT", default_value = "from the command line")]
        reason: String,
    },
    /// Put back in force what was before.
    Undo,
    /// Tell which rules can never match, or never did, or contradict each other.
    Lint {
        /// Number of the rule set; without it, the one in force.
        number: Option<i32>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TextFormat {
    Table,
    Json,
}

#[derive(Debug, Subcommand)]
#[command(after_help = "\
A model learns from what people tagged on /tag. `waterline serve` trains one by itself once there are
enough new tags, and asks for it to be put in force only where it is measurably better on tags that it
never saw.")]
pub(crate) enum Model {
    /// Train a model now from all tags that stand.
    Train {
        /// The same tags and the same seed give the same model.
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        seed: u64,
    },
    /// List the models, and how each did on tags that it never saw.
    List,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  waterline evaluate --train tagged.csv --test others.csv --text title,body --label side

Trains a model on one file and asks it about the other; rules, database and configuration play no part.
Every row of the test file gets a label. Prints one JSON object: n, accuracy, precision, recall and f1
(of visible), calibration_error (how far confidence is from how often it is right), items_per_second.")]
pub(crate) struct Evaluate {
    /// CSV file to learn from.
    #[arg(long, value_name = "FILE")]
    pub(crate) train: PathBuf,

    /// CSV file to be judged by.
    #[arg(long, value_name = "FILE")]
    pub(crate) test: PathBuf,

    /// Columns of text, separated by commas: the first as the title, the others as the description.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', required = true)]
    pub(crate) text: Vec<String>,

    /// Column of the right label: visible or ktlo.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
    Csv,
}

#[derive(Debug, Subcommand)]
#[command(after_help = "\
The password is asked for on the terminal, or read as one line from the standard input:
  waterline user add anna --role admin
  waterline user add board --role board < password.txt")]
pub(crate) enum User {
    /// Add somebody who may sign in.
    Add {
        /// The name to sign in with.
        name: String,
        /// board sees figures, tagger also sees tickets and tags them, admin also configures.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// List who may sign in.
    List,
    /// Give somebody a new password.
    SetPassword {
        name: String,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Change what somebody may do.
    SetRole {
        name: String,
        /// board, tagger or admin.
        role: Role,
    },
    /// Lock somebody out at once, also where signed in.
    Disable { name: String },
    /// Let somebody in again.
    Enable { name: String },
}

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct PasswordFrom {
    /// Read the password as one line from the standard input, also on a terminal.
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Bring the layout of the database up to date; other commands do so too when they begin.
    Migrate,
    /// Work every figure out afresh from the tickets, and compare.
    Verify,
    /// Write a consistent copy of an SQLite database, also while others use it.
    Backup {
        /// A file that does not exist yet.
        file: PathBuf,
    },
}

fn source_name(name: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        return Err("a name has 1 to 64 of the characters a-z, 0-9, - and _".to_owned());
    }
    Ok(name.to_owned())
}

fn basis(word: &str) -> Result<Basis, String> {
    [Basis::Effort, Basis::Items]
        .into_iter()
        .find(|basis| basis.as_str() == word)
        .ok_or_else(|| "figures count effort or items".to_owned())
}

fn scale(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|factor: &f64| (0.001..=100.0).contains(factor))
        .ok_or_else(|| "the factor is a number from 0.001 to 100".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
