//! What people and programs read. A reader that stops reading (`waterline figures | head`) is content,
//! so a closed pipe is not an error.

use std::io::{self, Write};

use crate::progress;

/// Writes to the standard output, and a line end unless there is one.
pub(crate) fn print(text: impl AsRef<[u8]>) -> io::Result<()> {
    match progress::above_bars(|| write_line(&mut io::stdout().lock(), text.as_ref())) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a line to the standard error. There is nobody to tell where even that fails.
pub(crate) fn note(text: impl AsRef<str>) {
    let _nobody_to_tell =
        progress::above_bars(|| write_line(&mut io::stderr().lock(), text.as_ref().as_bytes()));
}

/// One sentence, then what caused it, each on its line. Database errors repeat their cause in their own
/// text, so what was said already is not said again.
pub(crate) fn report(error: &anyhow::Error) {
    let mut said = format!("error: {error}");
    note(&said);
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            note(format!("  because: {cause}"));
        }
        said = cause;
    }
}

fn write_line(to: &mut impl Write, text: &[u8]) -> io::Result<()> {
    to.write_all(text)?;
    if !text.ends_with(b"\n") {
        to.write_all(b"\n")?;
    }
    to.flush()
}
