//! The run's key and the keyed pseudo-random function that every transform draws from.

/// The secret of one masking run: random, never stored, never shown, gone with the process.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// Wraps 32 bytes that the caller drew from the operating system's random source.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// The function of one group of columns: the same group gives the same output for the same input.
    #[must_use]
    pub fn group(&self, name: &str) -> Prf {
        Prf {
            key: *blake3::keyed_hash(&self.0, name.as_bytes()).as_bytes(),
        }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A keyed pseudo-random function (BLAKE3): without the key its output says nothing of its input.
#[derive(Clone)]
pub struct Prf {
    key: [u8; 32],
}

impl Prf {
    /// Endless pseudo-random bytes that depend on `input` and on nothing else.
    #[must_use]
    pub fn stream(&self, input: &[u8]) -> Stream {
        Stream {
            reader: blake3::Hasher::new_keyed(&self.key).update(input).finalize_xof(),
        }
    }

    /// A function apart, for another use of the same value.
    #[must_use]
    pub fn apart(&self, label: &str) -> Self {
        Self {
            key: *blake3::keyed_hash(&self.key, label.as_bytes()).as_bytes(),
        }
    }

    /// Permutes decimal digits in place: a bijection over all strings of the same length, so that what was
    /// unique stays unique. Eight Feistel rounds; one digit alone is shifted by a keyed amount.
    pub fn permute_digits(&self, digits: &mut [u8]) {
        let length = digits.len();
        if length == 1 {
            let shift = 1 + self.stream(b"one digit").below(9);
            digits[0] = (digits[0] + shift as u8) % 10;
            return;
        }
        for round in 0..8_u8 {
            let (left, right) = digits.split_at_mut(length / 2);
            let (target, source) = if round % 2 == 0 {
                (left, right)
            } else {
                (right, left)
            };
            let mut input = Vec::with_capacity(source.len() + 2);
            input.extend_from_slice(&[round, length as u8]);
            input.extend_from_slice(source);
            let mut stream = self.stream(&input);
            for digit in target {
                *digit = (*digit + stream.below(10) as u8) % 10;
            }
        }
    }
}

impl std::fmt::Debug for Prf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prf(…)")
    }
}

/// What [`Prf::stream`] gives.
pub struct Stream {
    reader: blake3::OutputReader,
}

impl Stream {
    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.reader.fill(bytes);
    }

    /// A number from 0 to `bound - 1`; the bias is below 2⁻³² for every bound that masking uses.
    pub fn below(&mut self, bound: usize) -> usize {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        (u64::from_le_bytes(bytes) % bound.max(1) as u64) as usize
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// `length` characters of lower-case letters and the digits 2 to 7: five bits each.
    pub fn letters(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut bytes = vec![0; length];
        self.fill(&mut bytes);
        bytes
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
            .collect()
    }

    /// `length` hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 16] = b"0123456789abcdef";
        let mut bytes = vec![0; length];
        self.fill(&mut bytes);
        bytes
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte & 15)]))
            .collect()
    }
}
