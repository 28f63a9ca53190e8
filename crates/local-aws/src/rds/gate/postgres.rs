//! PostgreSQL's first packets: enough to know who is asking, and to log somebody in.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::io;

use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio_rustls::TlsAcceptor;

use super::{Client, Gate};

const SSL: u32 = 80_877_103;
const GSSENC: u32 = 80_877_104;
const CANCEL: u32 = 80_877_102;

/// What the server itself refuses to read.
const LONGEST: usize = 10_000;

/// A client's first word, once it has been decided whether it is encrypted.
pub(in crate::rds) struct Startup {
    /// The whole packet, with its length.
    pub packet: Vec<u8>,
    /// Who asks; empty for who wants a statement cancelled.
    pub user: String,
    pub is_cancel: bool,
}

/// Reads the first word; TLS is offered if there is something to offer it with. None if it is no word of the protocol.
pub(in crate::rds) async fn startup(
    mut client: Client,
    tls: Option<&TlsAcceptor>,
) -> io::Result<Option<(Client, Startup)>> {
    loop {
        let length = client.read_u32().await?;
        let body = usize::try_from(length).unwrap_or(usize::MAX).wrapping_sub(4);
        if !(4..=LONGEST).contains(&body) {
            return Ok(None);
        }
        let mut packet = length.to_be_bytes().to_vec();
        packet.resize(4 + body, 0);
        client.read_exact(&mut packet[4..]).await?;
        let code = packet[4..]
            .first_chunk()
            .map_or(0, |bytes| u32::from_be_bytes(*bytes));
        match (code, tls) {
            (SSL, Some(tls)) if !client.is_encrypted() => {
                client.write_all(b"S").await?;
                client = client.encrypt(tls).await?;
            }
            (SSL | GSSENC, _) => client.write_all(b"N").await?,
            _ => {
                let is_cancel = code == CANCEL;
                let user = if is_cancel {
                    String::new()
                } else {
                    user(&packet[4..])
                };
                let startup = Startup {
                    packet,
                    user,
                    is_cancel,
                };
                return Ok(Some((client, startup)));
            }
        }
    }
}

/// Reads who asks; gives both sides of an admitted connection, logged in by a token or with the first packet sent on.
pub(super) async fn pass(gate: &Gate, client: Client) -> io::Result<Option<(Client, UnixStream)>> {
    let tls = gate.takes_tokens().then_some(&gate.guard.tls);
    let Some((mut client, startup)) = startup(client, tls).await? else {
        return Ok(None);
    };
    let admitted = match startup.is_cancel {
        true => gate.admits_somebody(),
        false => gate.admits(&startup.user),
    };
    if !admitted {
        return Ok(None);
    }
    let asks_for_token = client.is_encrypted() && !startup.is_cancel;
    let password = match asks_for_token {
        true => gate.password_behind_token(&startup.user).await?,
        false => None,
    };
    let Some(password) = password else {
        let Ok(mut server) = gate.server().await else {
            return Ok(None);
        };
        server.write_all(&startup.packet).await?;
        return Ok(Some((client, server)));
    };
    let token = ask_password(&mut client).await?;
    if !gate.opens_with(&startup.user, &token) {
        let user = startup.user;
        client
            .dismiss(&fatal(
                "28000",
                &format!("PAM authentication failed for user \"{user}\""),
            ))
            .await?;
        return Ok(None);
    }
    let mut server = gate.server().await?;
    log_in(&mut server, &startup.packet, &password).await?;
    client.write_all(&AUTHENTICATED).await?;
    Ok(Some((client, server)))
}

/// The first word of somebody who wants in, without TLS.
pub(in crate::rds) fn startup_of(user: &str, database: &str) -> Vec<u8> {
    let words = format!("user\0{user}\0database\0{database}\0\0");
    let length = u32::try_from(words.len() + 8).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), &[0, 3, 0, 0], words.as_bytes()].concat()
}

/// `AuthenticationOk`.
pub(in crate::rds) const AUTHENTICATED: [u8; 9] = [b'R', 0, 0, 0, 8, 0, 0, 0, 0];

/// Asks for a password as it is; the connection should be encrypted.
pub(in crate::rds) async fn ask_password(client: &mut Client) -> io::Result<String> {
    client.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).await?;
    let (kind, body) = message(client).await?;
    match (kind, body.split_last()) {
        (b'p', Some((0, password))) => Ok(String::from_utf8_lossy(password).into_owned()),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// The server's last word, as it would say it.
pub(in crate::rds) fn fatal(code: &str, words: &str) -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{words}\0\0");
    let length = u32::try_from(fields.len() + 4).unwrap_or(u32::MAX);
    [
        b"E".as_slice(),
        length.to_be_bytes().as_slice(),
        fields.as_bytes(),
    ]
    .concat()
}

/// Says a client's first word to the server, and proves the password of the user in it.
///
/// # Errors
/// `PermissionDenied` when the server does not take the password.
pub(in crate::rds) async fn log_in(
    server: &mut UnixStream,
    startup: &[u8],
    password: &str,
) -> io::Result<()> {
    server.write_all(startup).await?;
    let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
    loop {
        let (kind, body) = message(server).await?;
        let (code, data) = body.split_first_chunk().ok_or(io::ErrorKind::InvalidData)?;
        match (kind, u32::from_be_bytes(*code)) {
            (b'R', 0) => return Ok(()),
            (b'R', 10) => {
                let first = scram.message();
                let length = i32::try_from(first.len()).map_err(io::Error::other)?;
                let name = [SCRAM_SHA_256.as_bytes(), &[0], &length.to_be_bytes()].concat();
                answer(server, &[&name, first].concat()).await?;
            }
            (b'R', 11) => {
                scram.update(data)?;
                answer(server, scram.message()).await?;
            }
            (b'R', 12) => scram.finish(data)?,
            _ => return Err(io::ErrorKind::PermissionDenied.into()),
        }
    }
}

async fn answer(to: &mut (impl AsyncWrite + Unpin), body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len() + 4).map_err(io::Error::other)?;
    to.write_all(&[b"p".as_slice(), length.to_be_bytes().as_slice(), body].concat())
        .await
}

/// A message's kind and its body.
async fn message(from: &mut (impl AsyncRead + Unpin)) -> io::Result<(u8, Vec<u8>)> {
    let kind = from.read_u8().await?;
    let length = usize::try_from(from.read_u32().await?).unwrap_or(usize::MAX);
    let length = length.checked_sub(4).filter(|length| *length <= LONGEST);
    let mut body = vec![0; length.ok_or(io::ErrorKind::InvalidData)?];
    from.read_exact(&mut body).await?;
    Ok((kind, body))
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
