//! `uuid`: a version 4 UUID drawn from the keyed function.

use super::Cell;

pub(super) fn mask(value: &str, cell: &Cell<'_>) -> String {
    let mut bytes = [0; 16];
    cell.prf
        .stream(&value.to_ascii_lowercase().into_bytes())
        .fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
