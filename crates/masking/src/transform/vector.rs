//! `vector`: pgvector's `[…]` of the same dimension, of zeros or of random numbers: an embedding can be turned back into
//! what it was made of. The distance between zeros by cosine is no number; where rows are searched by it, take random ones.

use super::{Cell, number, push};

pub(super) fn zero(value: &str, out: &mut Vec<u8>) {
    each(value, out, |out| out.push(b'0'));
}

pub(super) fn random(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let mut stream = cell.stream(value);
    each(value, out, |out| {
        let drawn = stream.below(2_000_001) as i64 - 1_000_000;
        if drawn < 0 {
            out.push(b'-');
        }
        number((drawn.unsigned_abs() / 1_000_000).into(), 1, out);
        out.push(b'.');
        number((drawn.unsigned_abs() % 1_000_000).into(), 6, out);
    });
}

fn each(value: &str, out: &mut Vec<u8>, mut element: impl FnMut(&mut Vec<u8>)) {
    let Some(inside) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return push("[0]", out);
    };
    out.push(b'[');
    for at in 0..=inside.bytes().filter(|c| *c == b',').count() {
        if at > 0 {
            out.push(b',');
        }
        element(out);
    }
    out.push(b']');
}
