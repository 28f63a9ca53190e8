//! Keyed digests: a value that is left is recognised by its digest, and no value can be read from one.

use masking::TableName;
use secrecy::{ExposeSecret, SecretString};
use siphasher::sip::SipHasher13;

/// Digests under the witness's key, which comes from the master's password and lives nowhere else. SipHash is a keyed
/// pseudo-random function: who does not know the key learns nothing from its output, and cannot provoke a collision.
#[derive(Clone)]
pub(crate) struct Digester {
    keys: (u64, u64),
    anywhere: SipHasher13,
}

/// The digester of one masked place: short values mean something only where they stood.
#[derive(Clone)]
pub(crate) struct PlaceDigester(SipHasher13);

impl Digester {
    pub(crate) fn new(password: &SecretString) -> Self {
        let key = blake3::derive_key(
            "doppel 2026 verification witness",
            password.expose_secret().as_bytes(),
        );
        let half = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&key[at..at + 8]);
            u64::from_le_bytes(bytes)
        };
        Self {
            keys: (half(0), half(8)),
            anywhere: SipHasher13::new_with_keys(half(16), half(24)),
        }
    }

    /// The digest of a value wherever it stands.
    pub(super) fn anywhere(&self, value: &[u8]) -> u64 {
        self.anywhere.hash(value)
    }

    /// The digester of `table.column`, with the path for JSON.
    pub(super) fn place(&self, table: &TableName, place: &str) -> PlaceDigester {
        let (first, second) = self.keys;
        let name = SipHasher13::new_with_keys(second, first).hash(format!("{table}.{place}").as_bytes());
        PlaceDigester(SipHasher13::new_with_keys(first ^ name, second))
    }
}

impl PlaceDigester {
    pub(super) fn digest(&self, value: &[u8]) -> u64 {
        self.0.hash(value)
    }
}
