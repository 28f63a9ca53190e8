//! The run's key and the keyed pseudo-random function that every transform draws from.
//!
//! Keys are derived with BLAKE3 and values are hashed with SipHash-2-4 in its 128-bit form, a pseudo-random function
//! under a key of 128 bits. Its output is stretched by a plain generator that has no secret of its own: whoever sees all
//! of a stream can at most compute the output that it began with, and to see outputs, even for inputs of one's own
//! choice, gives away neither the key nor the output for any other input. That is what a pseudo-random function promises.

use std::hash::Hasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use siphasher::sip128::{Hasher128 as _, SipHasher24};

/// The secret of one masking run: random, never stored, never shown, gone with the process.
#[derive(Clone)]
pub struct Key {
    secret: [u8; 32],
    /// How many functions for fresh draws were handed out.
    drawn: Arc<AtomicU64>,
}

impl Key {
    /// Wraps 32 bytes that the caller drew from the operating system's random source.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self {
            secret: random,
            drawn: Arc::default(),
        }
    }

    /// The function of one group of columns: the same group gives the same output for the same input.
    #[must_use]
    pub fn group(&self, name: &str) -> Prf {
        Prf::of(*blake3::keyed_hash(&self.secret, name.as_bytes()).as_bytes())
    }

    /// A function that nothing else draws from: no two calls give the same, of this key or of any copy of it.
    pub(crate) fn fresh(&self, group: &Prf) -> Prf {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        group.apart(&format!("fresh {number}"))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A keyed pseudo-random function: without the key its output says nothing of its input.
#[derive(Clone)]
pub struct Prf {
    /// Other functions are derived from it; no value is hashed with it.
    secret: [u8; 32],
    hasher: SipHasher24,
}

impl Prf {
    fn of(secret: [u8; 32]) -> Self {
        let mut key = [0; 16];
        key.copy_from_slice(&blake3::keyed_hash(&secret, b"values").as_bytes()[..16]);
        Self {
            secret,
            hasher: SipHasher24::new_with_key(&key),
        }
    }

    /// Endless pseudo-random bytes that depend on `input` and on nothing else.
    #[must_use]
    pub fn stream(&self, input: &[u8]) -> Stream {
        Stream::of(self.hasher.hash(input).as_u64())
    }

    /// The stream of a pair of numbers.
    #[must_use]
    pub fn numbered(&self, a: u64, b: u64) -> Stream {
        let mut input = [0; 16];
        input[..8].copy_from_slice(&a.to_le_bytes());
        input[8..].copy_from_slice(&b.to_le_bytes());
        self.stream(&input)
    }

    /// A function apart, for another use of the same value.
    #[must_use]
    pub fn apart(&self, label: &str) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(b"apart ").update(label.as_bytes());
        Self::of(*hasher.finalize().as_bytes())
    }

    /// Permutes symbols in place, each within its own alphabet of `radices[i]` symbols: a bijection over all strings
    /// with these alphabets, so that what was unique stays unique. Eight Feistel rounds; one symbol alone is moved on
    /// by a keyed amount. Another `tweak` is another permutation.
    pub fn permute(&self, tweak: u64, symbols: &mut [u16], radices: &[u16]) {
        let length = symbols.len().min(radices.len());
        if length < 2 {
            if let (Some(symbol), Some(radix)) = (symbols.first_mut(), radices.first()) {
                let mut stream = self.numbered(tweak, u64::from(*radix));
                let shift = 1 + stream.below(usize::from(*radix).saturating_sub(1));
                *symbol = add(*symbol, shift as u16, *radix);
            }
            return;
        }
        let half = length / 2;
        let (left_radices, right_radices) = radices.split_at(half);
        for round in 0..8_u64 {
            let (left, right) = symbols.split_at_mut(half);
            let (target, target_radices, source) = if round % 2 == 0 {
                (left, left_radices, right)
            } else {
                (right, right_radices, left)
            };
            let mut stream = self.of_symbols(tweak, round << 32 | length as u64, source);
            let mut bits = 0;
            for (at, (symbol, radix)) in target.iter_mut().zip(target_radices).enumerate() {
                // 64 bits are enough for two symbols of any alphabet.
                if at % 2 == 0 {
                    bits = stream.bits();
                }
                let drawn = u128::from(bits) * u128::from(*radix);
                bits = drawn as u64;
                *symbol = add(*symbol, (drawn >> 64) as u16, *radix);
            }
        }
    }

    fn of_symbols(&self, tweak: u64, round: u64, symbols: &[u16]) -> Stream {
        const PIECE: usize = 24;
        let mut bytes = [0; 16 + 2 * PIECE];
        bytes[..8].copy_from_slice(&tweak.to_le_bytes());
        bytes[8..16].copy_from_slice(&round.to_le_bytes());
        if symbols.len() <= PIECE {
            for (place, symbol) in bytes[16..].chunks_exact_mut(2).zip(symbols) {
                place.copy_from_slice(&symbol.to_le_bytes());
            }
            return self.stream(&bytes[..16 + 2 * symbols.len()]);
        }
        let mut hasher = self.hasher;
        hasher.write(&bytes[..16]);
        for symbol in symbols {
            hasher.write(&symbol.to_le_bytes());
        }
        Stream::of(hasher.finish128().as_u64())
    }
}

/// The symbol so many places on, in its alphabet; `by` is less than the alphabet's size.
fn add(symbol: u16, by: u16, radix: u16) -> u16 {
    let sum = u32::from(symbol) + u32::from(by);
    let radix = u32::from(radix);
    (if sum >= radix { sum - radix } else { sum }) as u16
}

impl std::fmt::Debug for Prf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prf(…)")
    }
}

/// What [`Prf::stream`] gives: its 128 bits, and then whatever follows from them.
#[derive(Clone)]
pub struct Stream {
    at: u64,
    step: u64,
}

impl Stream {
    fn of((at, step): (u64, u64)) -> Self {
        Self { at, step: step | 1 }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.at = self.at.wrapping_add(self.step);
        // Two rounds of multiply and shift, each reversible: no bits are lost.
        let mut mixed = self.at;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(8) {
            let bits = self.bits().to_le_bytes();
            piece.copy_from_slice(&bits[..piece.len()]);
        }
    }

    /// A number from 0 to `bound - 1`, 0 for a bound of 0; the bias is below 2⁻³² for every bound that masking uses.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// Appends `length` characters of lower-case letters and the digits 2 to 7: five bits each.
    pub fn push_letters(&mut self, length: usize, out: &mut Vec<u8>) {
        self.push(b"abcdefghijklmnopqrstuvwxyz234567", 5, length, out);
    }

    /// Appends `length` hexadecimal digits.
    pub fn push_hex(&mut self, length: usize, out: &mut Vec<u8>) {
        self.push(b"0123456789abcdef", 4, length, out);
    }

    fn push(&mut self, alphabet: &[u8], bits: usize, length: usize, out: &mut Vec<u8>) {
        let mut left = length;
        while left > 0 {
            let mut drawn = self.bits();
            for _ in 0..left.min(64 / bits) {
                out.push(alphabet[(drawn & ((1 << bits) - 1)) as usize]);
                drawn >>= bits;
            }
            left = left.saturating_sub(64 / bits);
        }
    }

    /// `length` characters of lower-case letters and the digits 2 to 7: five bits each.
    pub fn letters(&mut self, length: usize) -> String {
        let mut out = Vec::with_capacity(length);
        self.push_letters(length, &mut out);
        out.into_iter().map(char::from).collect()
    }
}
