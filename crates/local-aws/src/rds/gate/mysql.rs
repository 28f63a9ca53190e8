//! MySQL's handshake: the server greets first, the client's answer names the user.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::Gate;

/// The capability bit that offers TLS, in the lower two bytes.
const CLIENT_SSL: u8 = 0x08;

/// Reads who asks; gives the server's side of an admitted connection, with the answer sent on.
pub(super) async fn pass(gate: &Gate, client: &mut TcpStream) -> io::Result<Option<UnixStream>> {
    if !gate.admits_somebody() {
        return Ok(None);
    }
    let Ok(mut server) = gate.server().await else {
        return Ok(None);
    };
    let mut greeting = packet(&mut server).await?;
    without_tls(&mut greeting);
    client.write_all(&greeting).await?;
    let answer = packet(client).await?;
    if !gate.admits(&user(&answer)) {
        return Ok(None);
    }
    server.write_all(&answer).await?;
    Ok(Some(server))
}

/// One packet with its header.
async fn packet(from: &mut (impl AsyncReadExt + Unpin)) -> io::Result<Vec<u8>> {
    let mut packet = vec![0; 4];
    from.read_exact(&mut packet).await?;
    let length = u32::from_le_bytes([packet[0], packet[1], packet[2], 0]);
    packet.resize(4 + usize::try_from(length).unwrap_or(0), 0);
    from.read_exact(&mut packet[4..]).await?;
    Ok(packet)
}

/// Takes TLS out of the server's greeting: header, protocol, version text, thread, salt, filler, capabilities.
fn without_tls(greeting: &mut [u8]) {
    let version = greeting.iter().skip(5).position(|byte| *byte == 0);
    if let Some(high) = version.and_then(|length| greeting.get_mut(5 + length + 1 + 4 + 8 + 1 + 1)) {
        *high &= !CLIENT_SSL;
    }
}

/// The user in the client's answer: header, capabilities, packet size, character set, 23 zeros, then the name.
fn user(answer: &[u8]) -> String {
    let name = answer.get(4 + 4 + 4 + 1 + 23..).unwrap_or_default();
    String::from_utf8_lossy(name.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_read_from_the_answer() {
        let mut answer = vec![0; 36];
        answer.extend_from_slice(b"admin\0\x14rest");
        assert_eq!(user(&answer), "admin");
        assert_eq!(user(&[0; 10]), "");
    }

    #[test]
    fn tls_is_not_offered() {
        let mut greeting = b"\x4a\0\0\0\x0a8.0.36\0\x01\0\0\0saltsalt\0".to_vec();
        greeting.extend_from_slice(&[0xff, 0xff, 0x21]);
        without_tls(&mut greeting);
        assert_eq!(greeting[greeting.len() - 3..], [0xff, 0xf7, 0x21]);
    }
}
