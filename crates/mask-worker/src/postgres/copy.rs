//! COPY's text form, row by row.

/// Splits a stream of chunks into rows. PostgreSQL sends a row a message today; nothing promises it.
#[derive(Default)]
pub(super) struct Rows {
    pending: Vec<u8>,
}

impl Rows {
    /// Calls `each`, which may fail, with every row that is complete, without its line feed.
    pub(super) fn push<E>(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = chunk;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (row, after) = (&rest[..end], &rest[end + 1..]);
            if self.pending.is_empty() {
                each(row)?;
            } else {
                self.pending.extend_from_slice(row);
                each(&std::mem::take(&mut self.pending))?;
            }
            rest = after;
        }
        self.pending.extend_from_slice(rest);
        Ok(())
    }
}

/// The fields of a row, NULL as none, the others still escaped.
pub(super) fn fields(row: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    row.split(|byte| *byte == b'\t')
        .map(|field| (field != b"\\N").then_some(field))
}

/// The field's value: the field itself where nothing in it is escaped, as in most.
pub(super) fn unescaped<'a>(field: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
    if !field.contains(&b'\\') {
        return field;
    }
    scratch.clear();
    unescape_into(field, scratch);
    scratch
}

fn unescape_into(field: &[u8], value: &mut Vec<u8>) {
    let mut bytes = field.iter();
    while let Some(byte) = bytes.next() {
        value.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'b') => 8,
                Some(b'f') => 12,
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'v') => 11,
                Some(other) => *other,
                None => b'\\',
            },
            other => *other,
        });
    }
}

pub(super) fn escape(value: &[u8], out: &mut Vec<u8>) {
    if !value
        .iter()
        .any(|byte| matches!(byte, b'\\' | b'\n' | b'\r' | b'\t'))
    {
        out.extend_from_slice(value);
        return;
    }
    for byte in value {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            other => out.push(*other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_whole_however_the_stream_is_cut() {
        let text = b"a\tb\\nc\n\\N\td\n";
        for cut in 0..text.len() {
            let mut rows = Rows::default();
            let mut seen = Vec::new();
            for chunk in [&text[..cut], &text[cut..]] {
                let whole: Result<(), ()> = rows.push(chunk, |row| {
                    seen.push(row.to_vec());
                    Ok(())
                });
                whole.unwrap();
            }
            assert_eq!(seen, [b"a\tb\\nc".to_vec(), b"\\N\td".to_vec()], "cut at {cut}");
        }
    }

    #[test]
    fn escaping_and_unescaping_are_inverse() {
        let value = b"tab\t line\n return\r back\\slash \\N end";
        let mut out = Vec::new();
        escape(value, &mut out);
        assert!(!out.contains(&b'\n') && !out.contains(&b'\t'));
        assert_eq!(unescaped(&out, &mut Vec::new()), value);
    }
}
