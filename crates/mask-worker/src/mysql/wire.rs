//! The protocol of MySQL, as far as streaming a table needs it: rows come as the bytes that the server sent, and data
//! goes as bytes that it reads. Nothing is taken apart that need not be, and no row allocates.

use std::sync::Arc;

use mysql_common::constants::CapabilityFlags as Can;
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, HandshakePacket, HandshakeResponse, SslRequest};
use mysql_common::proto::MySerialize;
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::refused;
use crate::error::{DatabaseFailed, Error};
use crate::target::Target;

/// How much is read from the server at once.
const INBOX: usize = 256 * 1024;
/// A packet holds at most so many bytes; one that is full goes on in the next.
const FULL: usize = 0xFF_FFFF;
const UTF8MB4: u8 = 45;

trait Pipe: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Pipe for T {}

/// What the server says of a statement that it carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    /// Rows that were written.
    pub(super) rows: u64,
    /// What it would have refused, had it been strict.
    pub(super) warnings: u16,
}

/// A connection as the master, for rows in bulk.
pub(super) struct Wire {
    pipe: Box<dyn Pipe>,
    inbox: Vec<u8>,
    start: usize,
    end: usize,
    /// A packet that is spread over several.
    big: Vec<u8>,
    sequence: u8,
    doing: String,
}

impl Wire {
    /// Logs in; `doing` is what errors say was tried.
    pub(super) async fn connect(target: &Target, doing: &str) -> Result<Self, Error> {
        let lost = |_| lost(doing);
        let tcp = TcpStream::connect((target.host.as_str(), target.port))
            .await
            .map_err(lost)?;
        tcp.set_nodelay(true).map_err(lost)?;
        let mut wire = Self {
            pipe: Box::new(tcp),
            inbox: vec![0; INBOX],
            start: 0,
            end: 0,
            big: Vec::new(),
            sequence: 0,
            doing: doing.to_owned(),
        };
        wire.log_in(target).await?;
        Ok(wire)
    }

    async fn log_in(&mut self, target: &Target) -> Result<(), Error> {
        let greeting = self.packet().await?.to_vec();
        self.check(&greeting)?;
        let greeting: HandshakePacket<'_> = ParseBuf(&greeting).parse(()).map_err(|_| lost(&self.doing))?;
        let mut nonce = greeting.nonce();
        let mut plugin = match greeting.auth_plugin() {
            Some(AuthPlugin::CachingSha2Password) => AuthPlugin::CachingSha2Password,
            _ => AuthPlugin::MysqlNativePassword,
        };
        let mut can = Can::CLIENT_LONG_PASSWORD
            | Can::CLIENT_LONG_FLAG
            | Can::CLIENT_LOCAL_FILES
            | Can::CLIENT_PROTOCOL_41
            | Can::CLIENT_TRANSACTIONS
            | Can::CLIENT_SECURE_CONNECTION
            | Can::CLIENT_PLUGIN_AUTH;
        let tls = crate::tls::client_config(target)?;
        if let Some(config) = tls {
            if !greeting.capabilities().contains(Can::CLIENT_SSL) {
                return Err(lost(&self.doing).into());
            }
            can |= Can::CLIENT_SSL;
            let mut request = Vec::new();
            SslRequest::new(can, FULL as u32, UTF8MB4).serialize(&mut request);
            self.send(&request).await?;
            self.encrypt(target, config).await?;
        }
        let password = target.password.expose_secret();
        let data = plugin.gen_data(Some(password), &nonce).map(|data| data.to_vec());
        let mut response = Vec::new();
        HandshakeResponse::new(
            data,
            (8, 0, 0),
            Some(target.user.as_bytes()),
            None::<&[u8]>,
            Some(plugin.clone()),
            can,
            None,
            FULL as u32,
        )
        .serialize(&mut response);
        self.send(&response).await?;
        loop {
            let answer = self.packet().await?.to_vec();
            self.check(&answer)?;
            match answer.as_slice() {
                [0, ..] => return Ok(()),
                // Another way of proving the password is asked for.
                [0xFE, rest @ ..] => {
                    let (name, data) = rest.split_at(rest.iter().position(|b| *b == 0).unwrap_or(rest.len()));
                    plugin = AuthPlugin::from_bytes(name).into_owned();
                    nonce = data.strip_prefix(&[0]).unwrap_or(data).to_vec();
                    nonce.truncate(20);
                    let known = matches!(
                        plugin,
                        AuthPlugin::CachingSha2Password | AuthPlugin::MysqlNativePassword
                    );
                    let data = if known {
                        plugin.gen_data(Some(password), &nonce)
                    } else {
                        None
                    };
                    self.send(&data.map(|data| data.to_vec()).unwrap_or_default())
                        .await?;
                }
                // The server remembers the password from this task's first connection, and is content.
                [1, 3] => {}
                // It does not: the password itself is asked for, which only an encrypted connection may carry.
                [1, 4] if can.contains(Can::CLIENT_SSL) => {
                    let mut clear = password.as_bytes().to_vec();
                    clear.push(0);
                    self.send(&clear).await?;
                }
                _ => return Err(lost(&self.doing).into()),
            }
        }
    }

    async fn encrypt(&mut self, target: &Target, config: rustls::ClientConfig) -> Result<(), DatabaseFailed> {
        let name = ServerName::try_from(target.host.clone()).map_err(|_| lost(&self.doing))?;
        let plain = std::mem::replace(&mut self.pipe, Box::new(tokio::io::empty()));
        let tls = tokio_rustls::TlsConnector::from(Arc::new(config));
        let pipe = tls.connect(name, plain).await.map_err(|_| lost(&self.doing))?;
        self.pipe = Box::new(pipe);
        Ok(())
    }

    /// Runs a statement that answers no rows.
    pub(super) async fn run(&mut self, sql: &str) -> Result<Done, DatabaseFailed> {
        self.command(3, sql.as_bytes()).await?;
        self.done().await
    }

    /// Sends a query. Its rows come by [`Self::row`].
    pub(super) async fn query(&mut self, sql: &str) -> Result<(), DatabaseFailed> {
        self.command(3, sql.as_bytes()).await?;
        let first = self.packet().await?.to_vec();
        self.check(&first)?;
        self.skip_until_end().await
    }

    /// The next row: each value with its length before it, `0xFB` for NULL. None after the last one.
    pub(super) fn row(&mut self) -> Option<Result<Row, DatabaseFailed>> {
        let (start, end) = self.buffered()?;
        let packet = &self.inbox[start..end];
        Some(match packet {
            [0xFE, ..] if packet.len() < 9 => Ok(Row::Last),
            [0xFF, ..] => self.check(packet).map(|()| Row::Last),
            _ => Ok(Row::At(start, end)),
        })
    }

    /// The bytes of a row.
    pub(super) fn bytes(&self, row: (usize, usize)) -> &[u8] {
        &self.inbox[row.0..row.1]
    }

    /// Begins a `LOAD DATA LOCAL`; the data goes by [`Self::data`], and [`Self::end_of_data`] ends it.
    pub(super) async fn load(&mut self, sql: &str) -> Result<(), DatabaseFailed> {
        self.command(3, sql.as_bytes()).await?;
        let answer = self.packet().await?.to_vec();
        self.check(&answer)?;
        match answer.first() {
            Some(0xFB) => Ok(()),
            _ => Err(lost(&self.doing)),
        }
    }

    /// Sends a piece of the data. The piece begins with four bytes for its header, and is emptied to these.
    pub(super) async fn data(&mut self, piece: &mut Vec<u8>) -> Result<(), DatabaseFailed> {
        let length = piece.len() - 4;
        if length < FULL {
            piece[..3].copy_from_slice(&(length as u32).to_le_bytes()[..3]);
            piece[3] = self.next();
            self.write(piece).await?;
        } else {
            for part in piece[4..].chunks(FULL - 1) {
                self.send(part).await?;
            }
        }
        piece.truncate(4);
        Ok(())
    }

    pub(super) async fn end_of_data(&mut self) -> Result<Done, DatabaseFailed> {
        self.send(&[]).await?;
        self.done().await
    }

    /// Prepares a statement whose parameters are all bytes.
    pub(super) async fn prepare(&mut self, sql: &str) -> Result<u32, DatabaseFailed> {
        self.command(0x16, sql.as_bytes()).await?;
        let answer = self.packet().await?.to_vec();
        self.check(&answer)?;
        let [0, a, b, c, d, _, _, low, high, ..] = answer.as_slice() else {
            return Err(lost(&self.doing));
        };
        if (*low, *high) != (0, 0) {
            self.skip_until_end().await?;
        }
        Ok(u32::from_le_bytes([*a, *b, *c, *d]))
    }

    /// Runs a prepared statement with `nulls` (a bit a parameter) and `values` (each with its length before it).
    pub(super) async fn execute(
        &mut self,
        statement: u32,
        parameters: usize,
        nulls: &[u8],
        values: &[u8],
    ) -> Result<Done, DatabaseFailed> {
        const BLOB: [u8; 2] = [252, 0];
        let mut body = Vec::with_capacity(10 + nulls.len() + 2 * parameters + values.len());
        body.extend_from_slice(&statement.to_le_bytes());
        body.extend_from_slice(&[0, 1, 0, 0, 0]);
        body.extend_from_slice(nulls);
        body.push(1);
        (0..parameters).for_each(|_| body.extend_from_slice(&BLOB));
        body.extend_from_slice(values);
        self.command(0x17, &body).await?;
        self.done().await
    }

    async fn command(&mut self, command: u8, body: &[u8]) -> Result<(), DatabaseFailed> {
        self.sequence = 0;
        let mut whole = Vec::with_capacity(body.len() + 1);
        whole.push(command);
        whole.extend_from_slice(body);
        self.send(&whole).await
    }

    /// Sends one packet, or as many as its length needs.
    async fn send(&mut self, body: &[u8]) -> Result<(), DatabaseFailed> {
        let mut parts = body.chunks(FULL).collect::<Vec<_>>();
        if body.len().is_multiple_of(FULL) {
            parts.push(&[]);
        }
        for part in parts {
            let mut header = (part.len() as u32).to_le_bytes();
            header[3] = self.next();
            let mut whole = Vec::with_capacity(part.len() + 4);
            whole.extend_from_slice(&header);
            whole.extend_from_slice(part);
            self.write(&whole).await?;
        }
        Ok(())
    }

    fn next(&mut self) -> u8 {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        sequence
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), DatabaseFailed> {
        let lost = |_| lost(&self.doing);
        self.pipe.write_all(bytes).await.map_err(lost)?;
        self.pipe.flush().await.map_err(lost)
    }

    /// The answer to a statement without rows.
    async fn done(&mut self) -> Result<Done, DatabaseFailed> {
        let answer = self.packet().await?.to_vec();
        self.check(&answer)?;
        let [0, rest @ ..] = answer.as_slice() else {
            return Err(lost(&self.doing));
        };
        let (rows, rest) = length(rest).ok_or_else(|| lost(&self.doing))?;
        let (_, rest) = length(rest).ok_or_else(|| lost(&self.doing))?;
        let [_, _, low, high, ..] = rest else {
            return Err(lost(&self.doing));
        };
        Ok(Done {
            rows: rows as u64,
            warnings: u16::from_le_bytes([*low, *high]),
        })
    }

    /// Column descriptions, up to the packet that ends them.
    async fn skip_until_end(&mut self) -> Result<(), DatabaseFailed> {
        loop {
            let packet = self.packet().await?;
            if packet.first() == Some(&0xFE) && packet.len() < 9 {
                return Ok(());
            }
        }
    }

    fn check(&self, packet: &[u8]) -> Result<(), DatabaseFailed> {
        let [0xFF, low, high, rest @ ..] = packet else {
            return Ok(());
        };
        let words = match rest {
            [b'#', _, _, _, _, _, words @ ..] => words,
            words => words,
        };
        Err(refused(
            self.doing.clone(),
            u16::from_le_bytes([*low, *high]),
            &String::from_utf8_lossy(words),
        ))
    }

    async fn packet(&mut self) -> Result<&[u8], DatabaseFailed> {
        loop {
            if let Some((start, end)) = self.buffered() {
                return Ok(&self.inbox[start..end]);
            }
            self.fill().await?;
        }
    }

    /// The next packet, if all of it is here.
    fn buffered(&mut self) -> Option<(usize, usize)> {
        let header = self.inbox[self.start..self.end].first_chunk::<4>()?;
        let length = u32::from_le_bytes([header[0], header[1], header[2], 0]) as usize;
        if length == FULL {
            return self.spread();
        }
        let (start, end) = (self.start + 4, self.start + 4 + length);
        if end > self.end {
            return None;
        }
        self.sequence = header[3].wrapping_add(1);
        self.start = end;
        Some((start, end))
    }

    /// A packet that goes on in the next: once all of its parts are here, their headers are taken out.
    fn spread(&mut self) -> Option<(usize, usize)> {
        let mut at = self.start;
        self.big.clear();
        loop {
            let header = self.inbox[at..self.end].first_chunk::<4>()?;
            let length = u32::from_le_bytes([header[0], header[1], header[2], 0]) as usize;
            let sequence = header[3];
            let part = self.inbox[at + 4..self.end].get(..length)?;
            self.big.extend_from_slice(part);
            at += 4 + length;
            if length < FULL {
                self.sequence = sequence.wrapping_add(1);
                break;
            }
        }
        let (start, end) = (self.start, self.start + self.big.len());
        self.inbox[start..end].copy_from_slice(&self.big);
        self.big = Vec::new();
        self.start = at;
        Some((start, end))
    }

    /// Reads on. What was read already stays; the room grows only for a packet that is larger.
    pub(super) async fn fill(&mut self) -> Result<(), DatabaseFailed> {
        self.inbox.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.inbox.len() {
            self.inbox.resize(self.inbox.len() * 2, 0);
        }
        let read = self.pipe.read(&mut self.inbox[self.end..]).await;
        match read {
            Ok(0) | Err(_) => Err(lost(&self.doing)),
            Ok(read) => {
                self.end += read;
                Ok(())
            }
        }
    }
}

/// What [`Wire::row`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// A row; [`Wire::bytes`] gives it until [`Wire::fill`] is called.
    At(usize, usize),
    /// There are no more.
    Last,
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

/// Writes a length as the protocol does.
pub(super) fn put_length(length: usize, out: &mut Vec<u8>) {
    let bytes = (length as u64).to_le_bytes();
    match length {
        0..=250 => out.push(bytes[0]),
        251..=0xFFFF => {
            out.push(0xFC);
            out.extend_from_slice(&bytes[..2]);
        }
        0x1_0000..=0xFF_FFFF => {
            out.push(0xFD);
            out.extend_from_slice(&bytes[..3]);
        }
        _ => {
            out.push(0xFE);
            out.extend_from_slice(&bytes);
        }
    }
}

fn lost(doing: &str) -> DatabaseFailed {
    DatabaseFailed {
        doing: doing.to_owned(),
        code: "nothing: the connection is lost".to_owned(),
        said: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_they_are_written() {
        for number in [0, 1, 250, 251, 0xFFFF, 0x1_0000, 0xFF_FFFF, 0x100_0000] {
            let mut bytes = Vec::new();
            put_length(number, &mut bytes);
            bytes.push(7);
            assert_eq!(length(&bytes), Some((number, [7].as_slice())));
        }
        assert_eq!(length(&[0xFC, 1]), None);
    }
}
