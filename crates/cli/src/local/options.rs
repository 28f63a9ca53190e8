//! What `doppel local` and the specs ask of it.

use std::path::PathBuf;

use domain::policy::Engine;
use runtime::Clock;

use super::shop::Shop;
use crate::account::me;

pub use local_aws::rds::{Class, Quotas, Transitions};

/// The first port of `doppel local`, unless it is told another.
pub const PORT_BASE: u16 = 7400;

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct LocalOptions {
    /// The first of the ports in use; without it, any free ones.
    pub port_base: Option<u16>,
    /// What production runs on.
    pub engine: Engine,
    /// What is in production.
    pub data: Data,
    /// The time. A faster one shortens waits, expiry and schedules.
    pub clock: Clock,
    /// How long clusters stay in their passing statuses.
    pub transitions: Transitions,
    /// The account's limits.
    pub quotas: Quotas,
    /// How many clones of production its volume may have before AWS silently makes a full copy.
    pub clones_per_lineage: usize,
    /// Seconds between two questions of the state machine.
    pub poll_seconds: u64,
    /// The whole policy (`doppel.toml`); without it [`super::policy`].
    pub policy: Option<String>,
    /// Whether notifications are published on the topic [`super::TOPIC`].
    pub notifications: bool,
    /// The name under which whoever sits at this machine calls the embedded AWS.
    pub operator: String,
    /// The masking rules' text; without it the shop's, or a suggestion for a dump.
    pub rules: Option<String>,
}

/// What is in production.
#[derive(Clone, Debug)]
pub enum Data {
    /// A generated shop.
    Shop(Shop),
    /// Dumps, loaded one after another: plain SQL, or pg_dump's custom format.
    Dump(Vec<PathBuf>),
    /// Nothing.
    Empty,
}

impl Default for LocalOptions {
    /// The default shop on PostgreSQL at wall time, on free ports.
    fn default() -> Self {
        Self {
            port_base: None,
            engine: Engine::Postgres,
            data: Data::Shop(Shop::default()),
            clock: Clock::wall(),
            transitions: Transitions::default(),
            quotas: Quotas::default(),
            clones_per_lineage: 15,
            poll_seconds: 1,
            policy: None,
            notifications: false,
            operator: me(),
            rules: None,
        }
    }
}

impl LocalOptions {
    /// For specs: a small shop, and statuses that pass at once.
    pub fn small(engine: Engine) -> Self {
        Self {
            engine,
            data: Data::Shop(Shop {
                customers: 200,
                ..Shop::default()
            }),
            transitions: Transitions::instant(),
            ..Self::default()
        }
    }
}
