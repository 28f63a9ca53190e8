//! MySQL's handshake: the server greets first, the client's answer names the user.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

mod aurora;
mod response;

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio_rustls::TlsAcceptor;

use super::{Client, Gate};
pub(super) use aurora::talk;
pub(in crate::rds) use response::{Response, native};

/// A capability bit, in the second of four bytes.
const CLIENT_SSL: u8 = 0x08;
/// A capability bit, in the first.
const CLIENT_COMPRESS: u8 = 0x20;

/// A request for TLS is an answer that ends before the user: header, capabilities, packet size, character set, zeros.
const SSL_REQUEST: usize = 4 + 4 + 4 + 1 + 23;

/// Reads who asks; gives both sides of an admitted connection, logged in by a token or just before the password.
pub(super) async fn pass(gate: &Gate, client: Client) -> io::Result<Option<(Client, UnixStream)>> {
    if !gate.admits_somebody() {
        return Ok(None);
    }
    let Ok(mut server) = gate.server().await else {
        return Ok(None);
    };
    let mut greeting = packet(&mut server).await?;
    offer(&mut greeting, gate.takes_tokens());
    let tls = gate.takes_tokens().then_some(&gate.guard.tls);
    let (mut client, answer) = greet(client, &greeting, tls).await?;
    let response = Response::read(&answer);
    let user = response.as_ref().map(|response| response.user.as_str());
    let Some(user) = user.filter(|user| gate.admits(user)) else {
        return Ok(None);
    };
    let password = match gate.takes_tokens() {
        true => gate.password_behind_token(user).await?,
        false => None,
    };
    let (Some(password), Some(response)) = (password, &response) else {
        hand_on(&mut client, &mut server, answer).await?;
        return Ok(Some((client, server)));
    };
    let mut sequence = answer[3].wrapping_add(1);
    let is_good = client.is_encrypted() && {
        let token = ask_password(&mut client, &mut sequence).await?;
        gate.opens_with(user, &token)
    };
    if !is_good {
        client.dismiss(&denied(sequence, user)).await?;
        return Ok(None);
    }
    let mut welcome = log_in(&mut server, &greeting, response, &password).await?;
    welcome[3] = sequence;
    client.write_all(&welcome).await?;
    Ok(Some((client, server)))
}

/// Greets; the client may ask for TLS before it answers.
pub(in crate::rds) async fn greet(
    mut client: Client,
    greeting: &[u8],
    tls: Option<&TlsAcceptor>,
) -> io::Result<(Client, Vec<u8>)> {
    client.write_all(greeting).await?;
    let answer = packet(&mut client).await?;
    let wants_tls = answer.len() == SSL_REQUEST && answer[5] & CLIENT_SSL != 0;
    let Some(tls) = tls.filter(|_| wants_tls) else {
        return Ok((client, answer));
    };
    let mut client = client.encrypt(tls).await?;
    let answer = packet(&mut client).await?;
    Ok((client, answer))
}

/// The plugin of which a proof can be checked by who knows the password.
pub(in crate::rds) const NATIVE: &[u8] = b"mysql_native_password";

/// Asks for a proof by that plugin.
pub(in crate::rds) async fn ask_native(
    client: &mut Client,
    sequence: &mut u8,
    nonce: &[u8],
) -> io::Result<Vec<u8>> {
    let question = [&[0xFE], NATIVE, &[0], nonce, &[0]].concat();
    client.write_all(&framed(*sequence, &question)).await?;
    let mut proof = packet(client).await?;
    *sequence = proof[3].wrapping_add(1);
    Ok(proof.split_off(4))
}

/// Asks for a password as it is.
pub(in crate::rds) async fn ask_password(client: &mut Client, sequence: &mut u8) -> io::Result<String> {
    let question = framed(*sequence, b"\xfemysql_clear_password\0");
    client.write_all(&question).await?;
    let password = packet(client).await?;
    *sequence = password[3].wrapping_add(1);
    let text = password[4..].split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// Proves a password to the server that greeted so, with all else that the client answered; gives its last word.
///
/// # Errors
/// `PermissionDenied` when the server does not take the password.
pub(in crate::rds) async fn log_in(
    server: &mut UnixStream,
    greeting: &[u8],
    response: &Response,
    password: &str,
) -> io::Result<Vec<u8>> {
    let nonce = nonce(greeting).ok_or(io::ErrorKind::InvalidData)?;
    server
        .write_all(&framed(1, &response.with_native(&native(password, &nonce))))
        .await?;
    let mut said = packet(server).await?;
    if said.get(4) == Some(&0xFE) {
        // The server would rather hear it once more, with another nonce.
        let data = said[5..].split(|byte| *byte == 0).nth(1).unwrap_or_default();
        let again = native(password, data);
        server.write_all(&framed(said[3].wrapping_add(1), &again)).await?;
        said = packet(server).await?;
    }
    match said.get(4) {
        Some(0) => Ok(said),
        _ => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

/// Sends the client's answer on. One that came encrypted is a packet further than the server, which knows of no TLS,
/// must believe: the packets are counted anew until the server is content.
async fn hand_on(client: &mut Client, server: &mut UnixStream, mut answer: Vec<u8>) -> io::Result<()> {
    let ahead = answer[3].wrapping_sub(1);
    answer[3] = 1;
    answer[5] &= !CLIENT_SSL;
    server.write_all(&answer).await?;
    if ahead == 0 {
        return Ok(());
    }
    loop {
        let mut said = packet(server).await?;
        said[3] = said[3].wrapping_add(ahead);
        client.write_all(&said).await?;
        match said.get(4..) {
            Some([0x00 | 0xFF, ..]) | None => return Ok(()),
            // The server remembers the password, and goes on by itself.
            Some([0x01, 0x03]) => {}
            _ => {
                let mut word = packet(client).await?;
                word[3] = word[3].wrapping_sub(ahead);
                server.write_all(&word).await?;
            }
        }
    }
}

/// One packet with its header.
pub(in crate::rds) async fn packet(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut packet = vec![0; 4];
    from.read_exact(&mut packet).await?;
    let length = u32::from_le_bytes([packet[0], packet[1], packet[2], 0]);
    packet.resize(4 + usize::try_from(length).unwrap_or(0), 0);
    from.read_exact(&mut packet[4..]).await?;
    Ok(packet)
}

/// A body with its header.
pub(in crate::rds) fn framed(sequence: u8, body: &[u8]) -> Vec<u8> {
    let mut header = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    header[3] = sequence;
    [header.as_slice(), body].concat()
}

/// The server's word to whom it does not let in: error 1045.
pub(in crate::rds) fn denied(sequence: u8, user: &str) -> Vec<u8> {
    let words = format!("#28000Access denied for user '{user}'@'127.0.0.1'");
    framed(sequence, &[&[0xFF, 0x15, 0x04], words.as_bytes()].concat())
}

/// Where the capabilities' lower bytes lie: behind header, protocol, version text, thread, half the nonce, filler.
fn capabilities(greeting: &[u8]) -> Option<usize> {
    let version = greeting.iter().skip(5).position(|byte| *byte == 0)?;
    Some(5 + version + 1 + 4 + 8 + 1)
}

/// What the server's greeting offers: no compression, which could not be looked into, and TLS where we have it.
pub(in crate::rds) fn offer(greeting: &mut [u8], tls: bool) {
    let Some(at) = capabilities(greeting) else {
        return;
    };
    if let Some([low, high]) = greeting.get_mut(at..at + 2) {
        *low &= !CLIENT_COMPRESS;
        *high &= !CLIENT_SSL;
        if tls {
            *high |= CLIENT_SSL;
        }
    }
}

/// The twenty bytes that a password is proven by.
pub(in crate::rds) fn nonce(greeting: &[u8]) -> Option<Vec<u8>> {
    let at = capabilities(greeting)?;
    let first = greeting.get(at - 9..at - 1)?;
    // Capabilities, character set, status, capabilities, length, ten zeros.
    let second = greeting.get(at + 2 + 1 + 2 + 2 + 1 + 10..)?.get(..12)?;
    Some([first, second].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_offers_what_there_is_and_its_nonce_is_found() {
        let mut greeting = b"\x4a\0\0\0\x0a8.0.36\0\x01\0\0\0saltsalt\0".to_vec();
        greeting.extend_from_slice(&[0xff, 0xf7, 0x21, 2, 0, 0xff, 0x81, 21]);
        greeting.extend_from_slice(&[0; 10]);
        greeting.extend_from_slice(b"pepperpepper\0mysql_native_password\0");
        let at = capabilities(&greeting).unwrap();
        offer(&mut greeting, true);
        assert_eq!(greeting[at..at + 2], [0xdf, 0xff]);
        offer(&mut greeting, false);
        assert_eq!(greeting[at..at + 2], [0xdf, 0xf7]);
        assert_eq!(nonce(&greeting).unwrap(), b"saltsaltpepperpepper");
    }
}
