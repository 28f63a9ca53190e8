//! `doppel`: the command line, and a whole AWS on this machine.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    doppel::run().await
}
