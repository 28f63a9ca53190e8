//! The client's answer to a greeting, taken apart and put together anew with another password.

use sha1::{Digest, Sha1};

/// Capability bits that say what an answer holds.
const CONNECT_WITH_DB: u32 = 1 << 3;
const SSL: u32 = 1 << 11;
const SECURE_CONNECTION: u32 = 1 << 15;
const PLUGIN_AUTH: u32 = 1 << 19;
const LENGTH_ENCODED_PASSWORD: u32 = 1 << 21;

const PROTOCOL_41: u32 = 1 << 9;
const UTF8MB4: u8 = 45;

/// What stands before the user: capabilities, packet size, character set, 23 bytes of which MariaDB uses some.
const HEAD: usize = 4 + 4 + 1 + 23;

/// A client's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rds) struct Response {
    head: Vec<u8>,
    pub user: String,
    /// What proves the password.
    pub proof: Vec<u8>,
    database: Option<Vec<u8>>,
    /// The plugin that made the proof.
    pub plugin: Vec<u8>,
    /// Attributes of the connection.
    rest: Vec<u8>,
}

impl Response {
    /// The answer of a user who wants no database and says nothing else.
    pub fn of(user: &str) -> Self {
        let mut head = PROTOCOL_41.to_le_bytes().to_vec();
        head.extend_from_slice(&[0xFF, 0xFF, 0xFF, 0, UTF8MB4]);
        head.resize(HEAD, 0);
        Self {
            head,
            user: user.to_owned(),
            proof: Vec::new(),
            database: None,
            plugin: Vec::new(),
            rest: Vec::new(),
        }
    }

    /// Reads a whole packet; none if it is none.
    pub fn read(packet: &[u8]) -> Option<Self> {
        let (head, rest) = packet.get(4..)?.split_at_checked(HEAD)?;
        let can = u32::from_le_bytes(*head.first_chunk()?);
        let (user, rest) = text(rest)?;
        let (proof, rest) = if can & (LENGTH_ENCODED_PASSWORD | SECURE_CONNECTION) == 0 {
            text(rest)?
        } else {
            // A length of more than a byte belongs to no proof that we know.
            let (length, rest) = rest.split_first().filter(|(length, _)| **length <= 250)?;
            rest.split_at_checked(usize::from(*length))?
        };
        let (database, rest) = match can & CONNECT_WITH_DB {
            0 => (None, rest),
            _ => text(rest).map(|(database, rest)| (Some(database.to_vec()), rest))?,
        };
        let (plugin, rest) = match can & PLUGIN_AUTH {
            0 => (&[][..], rest),
            _ => text(rest).unwrap_or((rest, &[])),
        };
        Some(Self {
            head: head.to_vec(),
            user: String::from_utf8_lossy(user).into_owned(),
            proof: proof.to_vec(),
            database,
            plugin: plugin.to_vec(),
            rest: rest.to_vec(),
        })
    }

    /// The body of the same answer without TLS, and with a proof of `mysql_native_password`.
    pub fn with_native(&self, proof: &[u8]) -> Vec<u8> {
        let can = self
            .head
            .first_chunk()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let can = (can & !SSL & !LENGTH_ENCODED_PASSWORD) | SECURE_CONNECTION | PLUGIN_AUTH;
        let length = u8::try_from(proof.len()).unwrap_or(0);
        let mut body = [
            &can.to_le_bytes(),
            &self.head[4..],
            self.user.as_bytes(),
            &[0, length],
            proof,
        ]
        .concat();
        for text in self
            .database
            .iter()
            .map(Vec::as_slice)
            .chain([b"mysql_native_password".as_slice()])
        {
            body.extend_from_slice(text);
            body.push(0);
        }
        body.extend_from_slice(&self.rest);
        body
    }
}

/// How `mysql_native_password` proves a password by a nonce.
pub(in crate::rds) fn native(password: &str, nonce: &[u8]) -> Vec<u8> {
    let once = Sha1::digest(password.as_bytes());
    let salted = Sha1::new()
        .chain_update(nonce)
        .chain_update(Sha1::digest(once))
        .finalize();
    once.iter().zip(salted).map(|(a, b)| a ^ b).collect()
}

/// A text up to its zero, and what follows.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_all_but_its_proof_and_tls() {
        let can = CONNECT_WITH_DB | SSL | SECURE_CONNECTION | PLUGIN_AUTH | 1;
        let mut packet = vec![0, 0, 0, 2];
        packet.extend_from_slice(&can.to_le_bytes());
        packet.resize(4 + HEAD, 7);
        packet.extend_from_slice(b"admin\0\x03abcshop\0caching_sha2_password\0\x02kv");
        let response = Response::read(&packet).unwrap();
        assert_eq!(
            (response.user.as_str(), response.proof.as_slice()),
            ("admin", b"abc".as_slice())
        );
        let again = [&[0, 0, 0, 1], response.with_native(b"12345").as_slice()].concat();
        let expected = Response {
            proof: b"12345".to_vec(),
            plugin: b"mysql_native_password".to_vec(),
            head: [&(can & !SSL).to_le_bytes(), &response.head[4..]].concat(),
            ..response
        };
        assert_eq!(Response::read(&again), Some(expected));
        assert_eq!(Response::read(&[0; 10]), None);
    }
}
