//! The protocol of MySQL, as far as reading one result needs it. No row allocates.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html>

use std::sync::Arc;

use mysql_common::constants::CapabilityFlags as Can;
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, HandshakePacket, HandshakeResponse, SslRequest};
use mysql_common::proto::MySerialize;
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::error::Error;
use crate::source::Source;

/// How much is read from the server at once; a row that is longer makes more room.
const INBOX: usize = 256 * 1024;
/// A packet holds at most so many bytes; one that is full goes on in the next.
const FULL: usize = 0xFF_FFFF;
const UTF8MB4: u8 = 45;
const QUERY: u8 = 3;

const LOGIN: &str = "logging in";

/// What every client of the last twenty years can; no local files, and one statement at a time.
fn abilities() -> Can {
    Can::CLIENT_LONG_PASSWORD
        | Can::CLIENT_LONG_FLAG
        | Can::CLIENT_PROTOCOL_41
        | Can::CLIENT_TRANSACTIONS
        | Can::CLIENT_SECURE_CONNECTION
        | Can::CLIENT_PLUGIN_AUTH
        | Can::CLIENT_CONNECT_WITH_DB
        | Can::CLIENT_SSL
}

/// A connection that is logged in.
pub(super) struct Wire {
    pipe: TlsStream<TcpStream>,
    inbox: Vec<u8>,
    start: usize,
    end: usize,
    sequence: u8,
}

impl Wire {
    pub(super) async fn connect(source: &Source) -> Result<Self, Error> {
        let lost = |_| Error::Lost(LOGIN);
        let mut tcp = TcpStream::connect((source.host.as_str(), source.port))
            .await
            .map_err(lost)?;
        tcp.set_nodelay(true).map_err(lost)?;
        let greeting = greeting(&mut tcp).await?;
        check(LOGIN, &greeting)?;
        let greeting: HandshakePacket<'_> = ParseBuf(&greeting).parse(()).map_err(lost)?;
        if !greeting.capabilities().contains(Can::CLIENT_SSL) {
            return Err(Error::Lost("asking for TLS, which the server does not offer"));
        }
        let mut request = Vec::new();
        SslRequest::new(abilities(), FULL as u32, UTF8MB4).serialize(&mut request);
        tcp.write_all(&framed(1, &request)).await.map_err(lost)?;
        let tls = crate::tls::client_config(&source.authorities)?;
        let name = ServerName::try_from(source.host.clone()).map_err(|_| Error::Lost(LOGIN))?;
        let pipe = tokio_rustls::TlsConnector::from(Arc::new(tls))
            .connect(name, tcp)
            .await;
        let mut wire = Self {
            pipe: pipe.map_err(|_| Error::Lost("verifying the server's certificate"))?,
            inbox: vec![0; INBOX],
            start: 0,
            end: 0,
            sequence: 2,
        };
        wire.log_in(source, &greeting).await?;
        Ok(wire)
    }

    async fn log_in(&mut self, source: &Source, greeting: &HandshakePacket<'_>) -> Result<(), Error> {
        let password = source.password.expose_secret();
        let plugin = match greeting.auth_plugin() {
            Some(AuthPlugin::CachingSha2Password) => AuthPlugin::CachingSha2Password,
            _ => AuthPlugin::MysqlNativePassword,
        };
        let data = plugin
            .gen_data(Some(password), &greeting.nonce())
            .map(|data| data.to_vec());
        let mut response = Vec::new();
        HandshakeResponse::new(
            data,
            (8, 0, 0),
            Some(source.user.as_bytes()),
            Some(source.database.as_bytes()),
            Some(plugin),
            abilities(),
            None,
            FULL as u32,
        )
        .serialize(&mut response);
        self.send(LOGIN, &response).await?;
        loop {
            let answer = self.packet(LOGIN).await?.to_vec();
            check(LOGIN, &answer)?;
            match answer.as_slice() {
                [0, ..] => return Ok(()),
                [0xFE, rest @ ..] => {
                    let proof = proof(password, rest).ok_or(Error::Lost(LOGIN))?;
                    self.send(LOGIN, &proof).await?;
                }
                // It remembers the password.
                [1, 3] => {}
                // It wants the password as it is, which TLS allows.
                [1, 4] => self.send(LOGIN, &clear(password)).await?,
                _ => return Err(Error::Lost(LOGIN)),
            }
        }
    }

    /// Runs a statement without a result.
    pub(super) async fn run(&mut self, doing: &'static str, sql: &str) -> Result<(), Error> {
        self.command(doing, sql).await?;
        check(doing, self.packet(doing).await?)
    }

    /// Sends a query, and answers the names of its columns: none if it has no result. Rows come by [`Self::row`].
    pub(super) async fn query(&mut self, doing: &'static str, sql: &str) -> Result<Vec<String>, Error> {
        self.command(doing, sql).await?;
        let first = self.packet(doing).await?;
        check(doing, first)?;
        let (columns, _) = length(first).ok_or(Error::Lost(doing))?;
        let mut names = Vec::with_capacity(columns);
        while names.len() < columns {
            let description = self.packet(doing).await?;
            names.push(name(description).ok_or(Error::Lost(doing))?);
        }
        if columns > 0 {
            // What ends the descriptions.
            self.packet(doing).await?;
        }
        Ok(names)
    }

    /// The next row; none after the last one.
    pub(super) async fn row(&mut self, doing: &'static str) -> Result<Option<&[u8]>, Error> {
        let packet = self.packet(doing).await?;
        match packet {
            [0xFE, ..] if packet.len() < 9 => Ok(None),
            [0xFF, ..] => check(doing, packet).map(|()| None),
            _ => Ok(Some(packet)),
        }
    }

    async fn command(&mut self, doing: &'static str, sql: &str) -> Result<(), Error> {
        self.sequence = 0;
        self.send(doing, &[&[QUERY], sql.as_bytes()].concat()).await
    }

    /// Sends one packet, or as many as its length needs.
    async fn send(&mut self, doing: &'static str, body: &[u8]) -> Result<(), Error> {
        let lost = |_| Error::Lost(doing);
        let mut parts: Vec<_> = body.chunks(FULL).collect();
        if body.len().is_multiple_of(FULL) {
            parts.push(&[]);
        }
        for part in parts {
            self.pipe
                .write_all(&framed(self.sequence, part))
                .await
                .map_err(lost)?;
            self.sequence = self.sequence.wrapping_add(1);
        }
        self.pipe.flush().await.map_err(lost)
    }

    /// The next packet, as a whole.
    async fn packet(&mut self, doing: &'static str) -> Result<&[u8], Error> {
        loop {
            if let Some((from, to)) = self.buffered() {
                return Ok(&self.inbox[from..to]);
            }
            self.fill(doing).await?;
        }
    }

    /// The next packet, if all of it is here. One that is spread over several loses the headers in between.
    fn buffered(&mut self) -> Option<(usize, usize)> {
        let mut at = self.start;
        loop {
            let (long, sequence) = header(&self.inbox[at..self.end])?;
            at += 4 + long;
            if at > self.end {
                return None;
            }
            if long < FULL {
                self.sequence = sequence.wrapping_add(1);
                break;
            }
        }
        let (mut from, mut to) = (self.start, self.start + 4);
        while from < at {
            let (long, _) = header(&self.inbox[from..at])?;
            self.inbox.copy_within(from + 4..from + 4 + long, to);
            (from, to) = (from + 4 + long, to + long);
        }
        let begun = self.start + 4;
        self.start = at;
        Some((begun, to))
    }

    /// Reads on. What was read already stays.
    async fn fill(&mut self, doing: &'static str) -> Result<(), Error> {
        self.inbox.copy_within(self.start..self.end, 0);
        (self.end, self.start) = (self.end - self.start, 0);
        if self.end == self.inbox.len() {
            self.inbox.resize(self.inbox.len() * 2, 0);
        }
        match self.pipe.read(&mut self.inbox[self.end..]).await {
            Ok(read) if read > 0 => {
                self.end += read;
                Ok(())
            }
            _ => Err(Error::Lost(doing)),
        }
    }
}

/// The server's first word.
async fn greeting(from: &mut TcpStream) -> Result<Vec<u8>, Error> {
    let lost = |_| Error::Lost(LOGIN);
    let mut head = [0; 4];
    from.read_exact(&mut head).await.map_err(lost)?;
    let mut body = vec![0; header(&head).map_or(0, |(long, _)| long)];
    from.read_exact(&mut body).await.map_err(lost)?;
    Ok(body)
}

/// What proves the password in the way that the server asks for: a plugin's name, and its data.
fn proof(password: &str, asked: &[u8]) -> Option<Vec<u8>> {
    let (name, data) = asked.split_at(asked.iter().position(|byte| *byte == 0).unwrap_or(asked.len()));
    let nonce = data.strip_prefix(&[0]).unwrap_or(data);
    match AuthPlugin::from_bytes(name).into_owned() {
        AuthPlugin::MysqlClearPassword => Some(clear(password)),
        plugin @ (AuthPlugin::CachingSha2Password | AuthPlugin::MysqlNativePassword) => {
            let nonce = &nonce[..nonce.len().min(20)];
            Some(
                plugin
                    .gen_data(Some(password), nonce)
                    .map(|data| data.to_vec())
                    .unwrap_or_default(),
            )
        }
        _ => None,
    }
}

fn clear(password: &str) -> Vec<u8> {
    [password.as_bytes(), &[0]].concat()
}

fn framed(sequence: u8, body: &[u8]) -> Vec<u8> {
    let mut header = (body.len() as u32).to_le_bytes();
    header[3] = sequence;
    [header.as_slice(), body].concat()
}

/// A packet's length and its number.
fn header(bytes: &[u8]) -> Option<(usize, u8)> {
    let header = bytes.first_chunk::<4>()?;
    Some((
        u32::from_le_bytes([header[0], header[1], header[2], 0]) as usize,
        header[3],
    ))
}

/// The server's refusal, if this is one.
fn check(doing: &'static str, packet: &[u8]) -> Result<(), Error> {
    let [0xFF, low, high, rest @ ..] = packet else {
        return Ok(());
    };
    let words = match rest {
        [b'#', _, _, _, _, _, words @ ..] => words,
        words => words,
    };
    Err(Error::Database {
        doing,
        code: u16::from_le_bytes([*low, *high]).to_string(),
        said: Some(String::from_utf8_lossy(words).into_owned()),
    })
}

/// The name in a column's description: the fifth of its texts.
fn name(mut description: &[u8]) -> Option<String> {
    for text in 0..5 {
        let (long, rest) = length(description)?;
        let (said, rest) = rest.split_at_checked(long)?;
        if text == 4 {
            return Some(String::from_utf8_lossy(said).into_owned());
        }
        description = rest;
    }
    None
}

/// A number as the protocol writes lengths, and what follows it.
pub(super) fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let wide = match first {
        0..=250 => return Some((usize::from(*first), rest)),
        0xFC => 2,
        0xFD => 3,
        0xFE => 8,
        _ => return None,
    };
    let (number, rest) = rest.split_at_checked(wide)?;
    let mut eight = [0; 8];
    eight[..wide].copy_from_slice(number);
    Some((usize::try_from(u64::from_le_bytes(eight)).ok()?, rest))
}
