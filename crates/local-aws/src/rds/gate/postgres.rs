//! PostgreSQL's first packets: enough to know who is asking.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::Gate;

const SSL: u32 = 80_877_103;
const GSSENC: u32 = 80_877_104;
const CANCEL: u32 = 80_877_102;

/// What the server itself refuses to read.
const LONGEST: usize = 10_000;

/// Reads who asks; gives the server's side of an admitted connection, with the first packet sent on.
pub(super) async fn pass(gate: &Gate, client: &mut TcpStream) -> io::Result<Option<UnixStream>> {
    loop {
        let length = client.read_u32().await?;
        let body = usize::try_from(length).unwrap_or(usize::MAX).wrapping_sub(4);
        if !(4..=LONGEST).contains(&body) {
            return Ok(None);
        }
        let mut packet = vec![0; body];
        client.read_exact(&mut packet).await?;
        let code = packet.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        let admitted = match code {
            SSL | GSSENC => {
                client.write_all(b"N").await?;
                continue;
            }
            CANCEL => gate.admits_somebody(),
            _ => gate.admits(&user(&packet)),
        };
        if !admitted {
            return Ok(None);
        }
        let Ok(mut server) = gate.server().await else {
            return Ok(None);
        };
        server.write_u32(length).await?;
        server.write_all(&packet).await?;
        return Ok(Some(server));
    }
}

/// The `user` of a startup message; empty if there is none.
fn user(packet: &[u8]) -> String {
    let mut words = packet.get(4..).unwrap_or_default().split(|byte| *byte == 0);
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        if name == b"user" {
            return String::from_utf8_lossy(value).into_owned();
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_user_is_read_wherever_it_stands() {
        assert_eq!(
            super::user(b"\0\x03\0\0database\0shop\0user\0postgres\0\0"),
            "postgres"
        );
        assert_eq!(super::user(b"\0\x03\0\0database\0user\0\0"), "");
        assert_eq!(super::user(b""), "");
    }
}
