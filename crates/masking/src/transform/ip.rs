//! `ip`: an address of the documentation ranges: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 (RFC 5737) and
//! 2001:db8::/32 (RFC 3849). A network becomes one of these networks. The ranges for version 4 hold 768 addresses, so
//! that all addresses of a unique column become addresses of version 6.

use super::{Cell, number, push};
use crate::key::Stream;

const V4: [&str; 3] = ["192.0.2.", "198.51.100.", "203.0.113."];

pub(super) fn mask(value: &str, cell: &mut Cell<'_>, out: &mut Vec<u8>) {
    let network = value.contains('/');
    let mut stream = cell.stream(value);
    if cell.place.unique {
        push("2001:db8", out);
        (0..6).for_each(|_| group(&mut stream, out));
        if network {
            push("/128", out);
        }
    } else if value.contains(':') && cell.place.limit >= 24 {
        push("2001:db8", out);
        group(&mut stream, out);
        if network {
            return push("::/48", out);
        }
        group(&mut stream, out);
        out.push(b':');
        group(&mut stream, out);
    } else {
        let (range, last) = (stream.pick(&V4), stream.below(256));
        if network {
            push(range, out);
            return push("0/24", out);
        }
        cell.other_than(value, out, |n, out| {
            push(range, out);
            number(((last + n) % 256) as u128, 1, out);
        });
    }
}

/// Appends `:` and four digits, the first of them no zero, as addresses are usually written.
fn group(stream: &mut Stream, out: &mut Vec<u8>) {
    out.push(b':');
    out.push(b"123456789abcdef"[stream.below(15)]);
    stream.push_hex(3, out);
}
