//! `bytes`: other bytes, as many. Where they must stay unique, short ones are permuted; long ones have more than 64
//! random bits anyway.

use super::{Cell, push};
use crate::schema::Engine;

/// From so many bytes on, chance keeps them apart.
const LONG: usize = 16;

pub(super) fn mask(value: &[u8], cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let hex = value
        .strip_prefix(b"\\x")
        .filter(|_| cell.place.engine == Engine::Postgres);
    let (given, radix) = match hex {
        Some(digits) => {
            push("\\x", out);
            (digits, 16)
        }
        None => (value, 256),
    };
    if cell.place.exact && given.len() * usize::from(radix) < LONG * 256 {
        return permuted(given, radix, cell, out);
    }
    let mut stream = cell.stream_of_bytes(given);
    if hex.is_some() {
        return stream.push_hex(given.len(), out);
    }
    let start = out.len();
    out.resize(start + given.len(), 0);
    stream.fill(&mut out[start..]);
}

fn permuted(given: &[u8], radix: u16, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let digit = |c: &u8| char::from(*c).to_digit(16).unwrap_or(0) as u16;
    let symbols = &mut cell.draw.symbols;
    symbols.clear();
    symbols.extend(
        given
            .iter()
            .map(|c| if radix == 16 { digit(c) } else { u16::from(*c) }),
    );
    cell.draw.radices.clear();
    cell.draw.radices.resize(given.len(), radix);
    cell.draw.group.permute(0, symbols, &cell.draw.radices);
    out.extend(symbols.iter().map(|symbol| match radix {
        16 => b"0123456789abcdef"[usize::from(*symbol)],
        _ => *symbol as u8,
    }));
}

/// No bytes, as the engine writes them.
pub(super) fn empty(engine: Engine, out: &mut Vec<u8>) {
    if engine == Engine::Postgres {
        push("\\x", out);
    }
}
