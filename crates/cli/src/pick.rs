//! One clone, by its id or the end of it.

use domain::CloneRecord;

use crate::exit::{Exit, Stop};

/// The record that `wanted` means: a whole id, or an ending that no other clone shares. A clone that lives goes
/// before those that are deleted.
pub fn pick(records: Vec<CloneRecord>, wanted: &str) -> Result<CloneRecord, Stop> {
    let mut found: Vec<_> = records
        .into_iter()
        .filter(|record| record.id.as_str().ends_with(wanted))
        .collect();
    if let Some(whole) = found.iter().position(|record| record.id.as_str() == wanted) {
        return Ok(found.swap_remove(whole));
    }
    if found.iter().any(|record| record.state.is_alive()) {
        found.retain(|record| record.state.is_alive());
    }
    match (found.pop(), found.as_slice()) {
        (Some(record), []) if !wanted.is_empty() => Ok(record),
        (Some(last), others) => {
            let ids: Vec<_> = others
                .iter()
                .chain([&last])
                .map(|record| record.id.as_str())
                .collect();
            Err(Exit::Usage.with(format!("`{wanted}` could mean {}", ids.join(", "))))
        }
        (None, _) => Err(Exit::NotFound.with(format!(
            "there is no clone `{wanted}`; `doppel list --all` shows them"
        ))),
    }
}
