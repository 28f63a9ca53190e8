//! Real database servers: found on this machine, started as an ordinary user, copied while they run.
//!
//! Everything here blocks its thread, on purpose: the embedded AWS calls it through `spawn_blocking`, so that a
//! test's paused clock does not run ahead of a real server.

/// Which database a cluster runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// PostgreSQL, shown to AWS's callers as `aurora-postgresql`.
    Postgres,
    /// MariaDB or MySQL, whichever is installed, shown as `aurora-mysql`.
    Mysql,
}

impl EngineKind {
    /// The engine's name in the RDS API.
    pub fn aws_name(self) -> &'static str {
        match self {
            Self::Postgres => "aurora-postgresql",
            Self::Mysql => "aurora-mysql",
        }
    }
}
