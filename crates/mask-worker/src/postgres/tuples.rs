//! COPY's binary form, row by row.

/// What a binary COPY begins with, before its flags and extension.
const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";

/// Splits a stream of chunks into rows. PostgreSQL sends a row a message today; nothing promises it.
#[derive(Default)]
pub(super) struct Tuples {
    pending: Vec<u8>,
    begun: bool,
    /// The fields of the row before: about as many as the next one has.
    width: usize,
}

/// The stream is not what COPY promises.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

impl Tuples {
    /// Calls `each` with the fields of every row that is complete.
    pub(super) fn push<E: From<Broken>>(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(&[Option<&[u8]>]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.pending.is_empty() {
            let rest = self.rows(chunk, &mut each)?;
            self.pending.extend_from_slice(rest);
            return Ok(());
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(chunk);
        let rest = self.rows(&pending, &mut each)?.len();
        pending.drain(..pending.len() - rest);
        self.pending = pending;
        Ok(())
    }

    fn rows<'a, E: From<Broken>>(
        &mut self,
        mut bytes: &'a [u8],
        each: &mut impl FnMut(&[Option<&[u8]>]) -> Result<(), E>,
    ) -> Result<&'a [u8], E> {
        if !self.begun {
            let Some((head, rest)) = bytes.split_at_checked(19) else {
                return Ok(bytes);
            };
            if !head.starts_with(SIGNATURE) {
                return Err(Broken.into());
            }
            let extension = u32::from_be_bytes([head[15], head[16], head[17], head[18]]) as usize;
            let Some(rest) = rest.get(extension..) else {
                return Ok(bytes);
            };
            self.begun = true;
            bytes = rest;
        }
        let mut fields = Vec::with_capacity(self.width);
        while let Some(rest) = row(bytes, &mut fields)? {
            // The end of the stream is a row of no fields.
            if !fields.is_empty() {
                each(&fields)?;
                self.width = fields.len();
            }
            bytes = rest;
        }
        Ok(bytes)
    }
}

/// Takes one row off the bytes, into `fields`; none where it is not complete.
fn row<'a>(bytes: &'a [u8], fields: &mut Vec<Option<&'a [u8]>>) -> Result<Option<&'a [u8]>, Broken> {
    fields.clear();
    let Some((count, mut rest)) = bytes.split_first_chunk::<2>() else {
        return Ok(None);
    };
    for _ in 0..i16::from_be_bytes(*count).max(0) {
        let Some((length, after)) = rest.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = i32::from_be_bytes(*length);
        if length == -1 {
            fields.push(None);
            rest = after;
            continue;
        }
        let Some((field, after)) = after.split_at_checked(usize::try_from(length).map_err(|_| Broken)?)
        else {
            return Ok(None);
        };
        fields.push(Some(field));
        rest = after;
    }
    Ok(Some(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_whole_however_the_stream_is_cut() {
        let mut stream = SIGNATURE.to_vec();
        stream.extend([0; 8]);
        for row in [&[Some("a"), None][..], &[Some(""), Some("bc")]] {
            stream.extend((row.len() as i16).to_be_bytes());
            for field in row {
                stream.extend(field.map_or(-1, |field| field.len() as i32).to_be_bytes());
                stream.extend(field.unwrap_or_default().as_bytes());
            }
        }
        stream.extend((-1_i16).to_be_bytes());
        for cut in 0..stream.len() {
            let (mut tuples, mut seen) = (Tuples::default(), Vec::new());
            for chunk in [&stream[..cut], &stream[cut..]] {
                let pushed: Result<(), Broken> = tuples.push(chunk, |fields| {
                    seen.push(
                        fields
                            .iter()
                            .map(|field| field.map(<[u8]>::to_vec))
                            .collect::<Vec<_>>(),
                    );
                    Ok(())
                });
                pushed.unwrap();
            }
            let expected = [
                vec![Some(b"a".to_vec()), None],
                vec![Some(vec![]), Some(b"bc".to_vec())],
            ];
            assert_eq!(seen, expected, "cut at {cut}");
        }
        let nonsense: Result<(), Broken> = Tuples::default().push(&[7; 40], |_| Ok(()));
        assert_eq!(nonsense, Err(Broken));
    }
}
