//! The ports of `doppel local`: taken first, so that an occupied one is known before anything is made.

use anyhow::{Context, bail};
use tokio::net::TcpListener;

/// Listeners of the three servers. The databases' ports follow the base at some distance.
pub(super) struct Ports {
    pub(super) gateway: TcpListener,
    pub(super) slack: TcpListener,
    pub(super) aws: TcpListener,
    pub(super) databases: Option<u16>,
}

/// The databases' first port, from the base.
const DATABASES: u16 = 10;

/// How many ports after the databases' first may come into use.
const DATABASE_PORTS: u16 = 50;

impl Ports {
    pub(super) async fn take(base: Option<u16>) -> anyhow::Result<Self> {
        if base.is_some_and(|base| base == 0 || base.checked_add(DATABASES + DATABASE_PORTS).is_none()) {
            bail!(
                "--port-base must be from 1 to {}",
                u16::MAX - DATABASES - DATABASE_PORTS
            );
        }
        Ok(Self {
            gateway: listen(base).await?,
            slack: listen(base.map(|base| base + 1)).await?,
            aws: listen(base.map(|base| base + 2)).await?,
            databases: base.map(|base| base + DATABASES),
        })
    }
}

async fn listen(port: Option<u16>) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).await;
    listener.with_context(|| match port {
        Some(port) => format!("port {port} cannot be used; choose other ports with --port-base"),
        None => "no free port was found".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_occupied_port_is_named_with_the_flag_that_moves_it() {
        let taken = listen(None).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = listen(Some(port)).await.unwrap_err();
        assert!(
            format!("{error:#}").contains(&format!("port {port} cannot be used")),
            "{error:#}"
        );
        assert!(format!("{error:#}").contains("--port-base"), "{error:#}");
    }
}
