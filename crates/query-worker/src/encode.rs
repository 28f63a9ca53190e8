//! Values as text. PostgreSQL writes its own; here are MySQL's rows, and the names of columns.

use crate::request::Format;

/// Appends one value; a row's values stand between [`separator`]s.
pub(crate) fn value(format: Format, value: Option<&[u8]>, out: &mut Vec<u8>) {
    match (format, value) {
        (Format::Tsv, None) => out.extend_from_slice(b"\\N"),
        (Format::Tsv, Some(value)) => escaped(value, out),
        (Format::Csv, None) => {}
        (Format::Csv, Some(value)) => quoted(value, out),
    }
}

/// What stands between two values.
pub(crate) fn separator(format: Format) -> u8 {
    match format {
        Format::Tsv => b'\t',
        Format::Csv => b',',
    }
}

/// Appends the names of the columns as a line.
pub(crate) fn header(format: Format, names: &[String], out: &mut Vec<u8>) {
    for (n, name) in names.iter().enumerate() {
        if n > 0 {
            out.push(separator(format));
        }
        value(format, Some(name.as_bytes()), out);
    }
    out.push(b'\n');
}

/// As `SELECT … INTO OUTFILE` writes it. What needs no escape is copied at once.
fn escaped(mut value: &[u8], out: &mut Vec<u8>) {
    loop {
        let common = memchr::memchr3(b'\\', b'\t', b'\n', value);
        let at = match memchr::memchr(0, &value[..common.unwrap_or(value.len())]) {
            Some(zero) => zero,
            None => match common {
                Some(at) => at,
                None => break,
            },
        };
        out.extend_from_slice(&value[..at]);
        out.push(b'\\');
        out.push(match value[at] {
            0 => b'0',
            b'\t' => b't',
            b'\n' => b'n',
            other => other,
        });
        value = &value[at + 1..];
    }
    out.extend_from_slice(value);
}

/// In quotes where it must be, and where it would be taken for NULL or for an end.
fn quoted(value: &[u8], out: &mut Vec<u8>) {
    let is_special = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if !value.is_empty() && value != b"\\." && !value.iter().any(is_special) {
        out.extend_from_slice(value);
        return;
    }
    out.push(b'"');
    for (n, piece) in value.split(|byte| *byte == b'"').enumerate() {
        if n > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(piece);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(None, "\\N", "")]
    #[case(Some("plain"), "plain", "plain")]
    #[case(Some(""), "", "\"\"")]
    #[case(Some("a\tb\nc\\d\0e"), "a\\tb\\nc\\\\d\\0e", "\"a\tb\nc\\d\0e\"")]
    #[case(Some("say \"hi\", twice"), "say \"hi\", twice", "\"say \"\"hi\"\", twice\"")]
    #[case(Some("\\N"), "\\\\N", "\\N")]
    #[case(Some("\\."), "\\\\.", "\"\\.\"")]
    #[case(Some("日本\u{1F980}"), "日本\u{1F980}", "日本\u{1F980}")]
    fn values_read_back_as_what_they_were(#[case] text: Option<&str>, #[case] tsv: &str, #[case] csv: &str) {
        for (format, expected) in [(Format::Tsv, tsv), (Format::Csv, csv)] {
            let mut out = Vec::new();
            value(format, text.map(str::as_bytes), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
