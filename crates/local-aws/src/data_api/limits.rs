//! What the Data API does not carry: <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html>

use std::time::Duration;

use super::fault::{self, Fault};
use super::value::Cell;

/// The longest statement, in characters.
const LONGEST_SQL: usize = 65_536;
/// The most bytes of a row, and of all rows.
const LARGEST_ROW: usize = 64 * 1024;
const LARGEST_RESULT: usize = 1024 * 1024;
/// How long a statement may take, and a transaction may wait for its next call: AWS's own limits.
pub(super) const STATEMENT: Duration = Duration::from_secs(45);
pub(super) const TRANSACTION: Duration = Duration::from_secs(180);

/// Refuses a statement that is too long.
pub(super) fn check_sql(sql: &str) -> Result<(), Fault> {
    if sql.trim().is_empty() {
        return Err(fault::INVALID.because("The SQL statement is empty."));
    }
    match sql.chars().nth(LONGEST_SQL) {
        None => Ok(()),
        Some(_) => Err(fault::INVALID.because(format!(
            "1 validation error detected: Value at 'sql' failed to satisfy constraint: Member must have length less than or equal to {LONGEST_SQL}"
        ))),
    }
}

/// Adds up what an answer holds.
#[derive(Default)]
pub(super) struct Measure {
    bytes: usize,
}

impl Measure {
    /// One more row.
    pub fn add(&mut self, row: &[Cell]) -> Result<(), Fault> {
        let bytes: usize = row.iter().map(Cell::size).sum();
        self.bytes += bytes;
        if bytes > LARGEST_ROW {
            return Err(fault::UNSUPPORTED_RESULT
                .because("The result contains a row that exceeds the size limit 64 KB."));
        }
        if self.bytes > LARGEST_RESULT {
            return Err(fault::UNSUPPORTED_RESULT.because("The result exceeds the size limit 1 MB."));
        }
        Ok(())
    }
}
