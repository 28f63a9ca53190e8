//! Results on standard output.

use std::io::{ErrorKind, Write};

use serde::Serialize;

use crate::exit::Stop;

/// Writes a text. A reader that has seen enough, such as `head`, is no failure.
pub fn text(text: &str) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a line.
pub fn line(line: &str) -> Result<(), Stop> {
    text(&format!("{line}\n"))
}

/// Writes a value as JSON on one line.
pub fn json(value: &impl Serialize) -> Result<(), Stop> {
    line(&serde_json::to_string(value)?)
}
