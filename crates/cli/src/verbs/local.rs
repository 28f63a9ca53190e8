//! `doppel local`: starts everything, says where it is, and stops it again.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use runtime::Clock;
use tokio::signal::unix::{SignalKind, signal};

use crate::args;
use crate::exit::{Exit, Stop};
use crate::local::shop::Shop;
use crate::local::{Addresses, Data, Local, LocalOptions, address_file};
use crate::output;

pub async fn run(args: args::Local, file: Option<PathBuf>, json: bool) -> Result<(), Stop> {
    let rules = match &args.rules {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
            Exit::Usage.with(format!(
                "the masking rules {} cannot be read: {error}",
                path.display()
            ))
        })?),
        None => None,
    };
    let options = LocalOptions {
        port_base: Some(args.port_base),
        engine: args.engine.into(),
        data: match args.load.is_empty() {
            true => Data::Shop(Shop {
                customers: args.rows.max(1),
                ..Shop::default()
            }),
            false => Data::Dump(args.load),
        },
        clock: if args.speed > 1.0 {
            Clock::faster(args.speed)
        } else {
            Clock::wall()
        },
        rules,
        ..LocalOptions::default()
    };
    // Before anything is started, so that no signal meets a half-made world unprepared.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut stopped = async || tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} };
    if !json {
        eprintln!("starting production, the embedded AWS and Slack …");
    }
    let local = tokio::select! {
        local = Local::start(options) => local.map_err(|error| Exit::Failed.with(format!("{error:#}")))?,
        () = stopped() => return Ok(()),
    };
    let file = file.unwrap_or_else(address_file);
    let told = write(&file, local.addresses()).and_then(|()| tell(local.addresses(), json));
    if told.is_ok() {
        stopped().await;
    }
    eprintln!("stopping");
    remove(&file, local.addresses());
    local.stop().await;
    told
}

/// For `--local` of the other verbs. It names passwords, so it is its owner's alone.
fn write(file: &Path, addresses: &Addresses) -> Result<(), Stop> {
    // A file that another run left may belong to anybody: it is replaced, never written through.
    let _ = std::fs::remove_file(file);
    let mut open = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    open.write_all(&serde_json::to_vec(addresses)?)?;
    Ok(())
}

/// Removes the file unless another run has put its own there meanwhile.
fn remove(file: &Path, addresses: &Addresses) {
    let ours =
        Addresses::read(Some(file)).is_ok_and(|written| written.aws_endpoint == addresses.aws_endpoint);
    if ours {
        let _ = std::fs::remove_file(file);
    }
}

fn tell(addresses: &Addresses, json: bool) -> Result<(), Stop> {
    if json {
        return output::json(addresses);
    }
    let Addresses {
        slack,
        gateway,
        aws_endpoint,
        source,
        state_machine_arn,
        ..
    } = addresses;
    output::line(&format!(
        "\
  Slack        {slack}
  gateway      {gateway}
  AWS          {aws_endpoint}   (AWS_ENDPOINT_URL; any credentials)
  production   {dsn}

Try next:
  open {slack} and press \"Clone production\", or type /clone {name} 4h
  doppel create {name} --local --wait
  doppel list --local
  AWS_ENDPOINT_URL={aws_endpoint} aws rds describe-db-clusters

The state machine is {state_machine_arn}
Ctrl-C stops everything and leaves nothing behind.",
        dsn = source.dsn,
        name = source.name,
    ))
}
