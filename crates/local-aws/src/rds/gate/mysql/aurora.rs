//! The talk after the handshake. Statements that name Aurora's own way of proving who one is are said to the server, which
//! has no such plugin, in its own words: the user is made with a password that this process alone knows.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::super::Gate;
use super::framed;
use crate::engine::native_hash;

/// COM_QUERY.
const QUERY: u8 = 3;

/// A statement that makes a user is shorter.
const LONGEST: usize = 16 * 1024;

const PLUGIN: &str = "AWSAuthenticationPlugin";

/// Carries each side's words to the other until one hangs up.
pub(in crate::rds::gate) async fn talk(
    gate: &Gate,
    client: impl AsyncRead + AsyncWrite + Unpin,
    mut server: UnixStream,
) -> io::Result<()> {
    let (from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = server.split();
    let asking = async {
        ask(
            gate,
            BufReader::with_capacity(64 * 1024, from_client),
            &mut to_server,
        )
        .await?;
        to_server.shutdown().await
    };
    let answering = async {
        tokio::io::copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::try_join!(asking, answering).map(drop)
}

async fn ask(
    gate: &Gate,
    mut client: BufReader<impl AsyncRead + Unpin>,
    server: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    loop {
        let mut header = [0; 4];
        match client.read_exact(&mut header).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        };
        let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
        if usize::try_from(length).is_ok_and(|length| length > LONGEST) {
            server.write_all(&header).await?;
            tokio::io::copy_buf(&mut (&mut client).take(u64::from(length)), server).await?;
            continue;
        }
        let mut packet = vec![0; 4 + usize::try_from(length).unwrap_or(0)];
        packet[..4].copy_from_slice(&header);
        client.read_exact(&mut packet[4..]).await?;
        if let Some(again) = gate.in_own_words(&packet[4..]) {
            packet = framed(header[3], &again);
        }
        server.write_all(&packet).await?;
    }
}

impl Gate {
    /// A query that makes a user with Aurora's plugin, as the server can carry it out; none of any other.
    fn in_own_words(&self, body: &[u8]) -> Option<Vec<u8>> {
        let (QUERY, sql) = body.split_first().map(|(kind, sql)| (*kind, sql))? else {
            return None;
        };
        let sql = std::str::from_utf8(sql).ok()?;
        find(sql, PLUGIN)?;
        let password = self.token_password()?;
        let sql = in_own_words(sql, &native_hash(&password));
        Some([&[QUERY], sql.as_bytes()].concat())
    }
}

/// `IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS'` becomes the same with a password. `REQUIRE SSL` goes: the endpoint
/// holds to it, and between it and the server there is no network.
fn in_own_words(sql: &str, hash: &str) -> String {
    let mut said = String::with_capacity(sql.len() + hash.len());
    let mut rest = sql;
    while let Some(at) = find(rest, PLUGIN) {
        let (before, after) = (&rest[..at], &rest[at + PLUGIN.len()..]);
        let quoted = |end: &str| before.ends_with(end).then(|| after.strip_prefix(end)).flatten();
        let (before, after) = match quoted("'").or_else(|| quoted("`")).or_else(|| quoted("\"")) {
            Some(after) => (&before[..before.len() - 1], after),
            None => (before, after),
        };
        said.push_str(before);
        said.push_str(&format!("mysql_native_password AS '{hash}'"));
        rest = without_string(after);
    }
    said.push_str(rest);
    match find(&said, "REQUIRE SSL") {
        Some(at) => said[..at].to_owned() + &said[at + "REQUIRE SSL".len()..],
        None => said,
    }
}

/// What follows `AS 'RDS'`; all of it if that is not there.
fn without_string(after: &str) -> &str {
    let word = after.trim_start();
    let behind_as = word
        .get(..2)
        .filter(|word| word.eq_ignore_ascii_case("as"))
        .map(|_| word[2..].trim_start());
    let quote = behind_as
        .and_then(|rest| rest.chars().next())
        .filter(|c| matches!(c, '\'' | '"'));
    let behind = behind_as
        .zip(quote)
        .and_then(|(rest, quote)| rest[1..].split_once(quote));
    behind.map_or(after, |(_, rest)| rest)
}

/// Where a word stands, in whichever case.
fn find(text: &str, word: &str) -> Option<usize> {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    text.windows(word.len())
        .position(|piece| piece.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(
        "CREATE USER 'batchquery'@'%' IDENTIFIED WITH AWSAuthenticationPlugin as 'RDS';",
        "CREATE USER 'batchquery'@'%' IDENTIFIED WITH mysql_native_password AS '*H';"
    )]
    #[case(
        "create user b identified with 'awsauthenticationplugin' AS \"RDS\" require ssl ACCOUNT UNLOCK",
        "create user b identified with mysql_native_password AS '*H'  ACCOUNT UNLOCK"
    )]
    #[case(
        "ALTER USER b IDENTIFIED WITH AWSAuthenticationPlugin",
        "ALTER USER b IDENTIFIED WITH mysql_native_password AS '*H'"
    )]
    fn auroras_plugin_is_said_in_the_servers_own_words(#[case] said: &str, #[case] meant: &str) {
        assert_eq!(in_own_words(said, "*H"), meant);
    }
}
