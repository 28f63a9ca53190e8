//! `uuid`: a version 4 UUID, with hyphens or without, in capitals or not, as the value is.

use super::Cell;

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let mut digits = [0; 32];
    let mut count = 0;
    for digit in value.bytes().filter(u8::is_ascii_hexdigit) {
        if let Some(place) = digits.get_mut(count) {
            *place = digit.to_ascii_lowercase();
        }
        count += 1;
    }
    // The same number is the same however it is written; anything else is a text like another.
    let mut stream = if count == 32 && value.len() <= 38 {
        cell.stream_of_bytes(&digits)
    } else {
        cell.stream(value)
    };
    let start = out.len();
    stream.push_hex(32, out);
    out[start + 12] = b'4';
    out[start + 16] = b"89ab"[usize::from(out[start + 16] % 4)];
    if !(value.len() == 32 && count == 32) && cell.place.limit >= 36 {
        for at in [20, 16, 12, 8] {
            out.insert(start + at, b'-');
        }
    }
    if value.bytes().any(|c| (b'A'..=b'F').contains(&c)) {
        out[start..].make_ascii_uppercase();
    }
}
