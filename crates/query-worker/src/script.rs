//! A person's own program: taken from S3, run with the clone's endpoint and a token in its environment, and nothing else of
//! ours. What it writes to standard output is the result.
//!
//! It is no sandbox: in the task, the program can do what the task's role may.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use aws_sdk_s3::Client;
use domain::CloneId;
use domain::policy::Engine;
use runtime::aws::failed;
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use crate::error::Error;
use crate::output::Output;
use crate::place::Place;
use crate::source::Source;

/// How much is read of what the program says at once.
const PIECE: usize = 256 << 10;

/// The end of standard error that is kept for who asked.
const LAST_WORDS: usize = 2000;

/// Runs the program in `place` to its end.
pub(crate) async fn run(
    s3: &Client,
    place: &Place,
    clone: &CloneId,
    source: &Source,
    output: &mut Output,
) -> Result<(), Error> {
    // Not an open file: a program that somebody could still write to cannot be run.
    let folder = tempfile::tempdir().map_err(Error::Program)?;
    let program = folder.path().join("program");
    let call = s3.get_object().bucket(&place.bucket).key(&place.prefix);
    let object = call.send().await.map_err(failed("GetObject", place))?;
    let mut file = tokio::fs::File::create(&program).await.map_err(Error::Program)?;
    let mut body = object.body.into_async_read();
    tokio::io::copy(&mut body, &mut file)
        .await
        .map_err(Error::Program)?;
    let executable = std::fs::Permissions::from_mode(0o500);
    file.set_permissions(executable).await.map_err(Error::Program)?;
    file.sync_all().await.map_err(Error::Program)?;
    drop(file.into_std().await);
    let mut command = Command::new(&program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        .envs(environment(clone, source))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(Error::Program)?;
    let (Some(said), Some(complained)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(Error::Stopped);
    };
    let (taken, complaint) = tokio::join!(take(said, output), last_words(complained));
    taken?;
    let status = child.wait().await.map_err(Error::Program)?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::Ended {
            status: status.to_string(),
            said: complaint,
        }),
    }
}

/// The clone's endpoint and the token, by the names that the databases' own clients read, and by plain ones.
fn environment(clone: &CloneId, source: &Source) -> Vec<(&'static str, String)> {
    let (host, port, token) = (
        &source.host,
        source.port.to_string(),
        source.password.expose_secret(),
    );
    let authorities = source.authorities.display().to_string();
    let plain = [
        ("DOPPEL_CLONE", clone.to_string()),
        ("DB_ENGINE", source.engine.scheme().to_owned()),
        ("DB_HOST", host.clone()),
        ("DB_PORT", port.clone()),
        ("DB_NAME", source.database.clone()),
        ("DB_USER", source.user.clone()),
        ("DB_TOKEN", token.to_owned()),
        ("DB_CA", authorities.clone()),
    ];
    let own: &[(&'static str, String)] = match source.engine {
        Engine::Postgres => &[
            ("PGHOST", host.clone()),
            ("PGPORT", port),
            ("PGDATABASE", source.database.clone()),
            ("PGUSER", source.user.clone()),
            ("PGPASSWORD", token.to_owned()),
            ("PGSSLMODE", "verify-full".to_owned()),
            ("PGSSLROOTCERT", authorities),
        ],
        Engine::Mysql => &[
            ("MYSQL_HOST", host.clone()),
            ("MYSQL_TCP_PORT", port),
            ("MYSQL_PWD", token.to_owned()),
            ("LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN", "1".to_owned()),
        ],
    };
    plain.into_iter().chain(own.iter().cloned()).collect()
}

/// Takes what the program says: its lines are the rows.
async fn take(mut said: impl AsyncRead + Unpin, output: &mut Output) -> Result<(), Error> {
    let mut is_whole = true;
    loop {
        let room = output.room();
        let begun = room.len();
        room.reserve(PIECE);
        let read = said.read_buf(room).await.map_err(Error::Program)?;
        let piece = &room[begun..];
        let lines = memchr::memchr_iter(b'\n', piece).count() as u64;
        if read == 0 {
            // A last line without an end is a line.
            return output.end_rows(u64::from(!is_whole)).await;
        }
        is_whole = piece.ends_with(b"\n");
        output.end_rows(lines).await?;
    }
}

async fn last_words(mut complained: impl AsyncRead + Unpin) -> String {
    let mut words = Vec::new();
    while complained.read_buf(&mut words).await.is_ok_and(|read| read > 0) {
        let more = words.len().saturating_sub(LAST_WORDS);
        words.drain(..more);
    }
    String::from_utf8_lossy(&words).trim().to_owned()
}
