//! Transactions between calls: a connection each, given up after three minutes without a call.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use super::fault::{self, Fault};
use super::limits;
use super::session::Session;
use crate::work::Work;

/// The transactions that are open.
pub(super) struct Transactions {
    open: Arc<Mutex<HashMap<String, Transaction>>>,
    work: Work,
}

struct Transaction {
    resource: String,
    session: Arc<tokio::sync::Mutex<Session>>,
    used: Instant,
}

/// A connection for one call: its own, or a transaction's.
pub(super) enum Held {
    Own(Session),
    Of(OwnedMutexGuard<Session>),
}

impl Held {
    /// Logs out after a failure; a result that was read only in part is still being made, and is cancelled. A
    /// transaction goes on.
    pub async fn give_up(self) {
        if let Self::Own(session) = self {
            session.canceller().cancel().await;
            session.close().await;
        }
    }

    /// Logs out, unless a transaction goes on.
    pub async fn close(self) {
        if let Self::Own(session) = self {
            session.close().await;
        }
    }
}

impl Deref for Held {
    type Target = Session;

    fn deref(&self) -> &Session {
        match self {
            Self::Own(session) => session,
            Self::Of(session) => session,
        }
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Session {
        match self {
            Self::Own(session) => session,
            Self::Of(session) => session,
        }
    }
}

impl Transactions {
    pub fn new(work: Work) -> Self {
        Self {
            open: Arc::default(),
            work,
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Transaction>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a connection on which a transaction has begun; its id.
    pub fn add(&self, resource: &str, session: Session) -> String {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let transaction = Transaction {
            resource: resource.to_owned(),
            session: Arc::new(tokio::sync::Mutex::new(session)),
            used: Instant::now(),
        };
        self.open().insert(id.clone(), transaction);
        let (open, expiring) = (Arc::downgrade(&self.open), id.clone());
        let expiry = async move {
            let mut due = Instant::now() + limits::TRANSACTION;
            loop {
                tokio::time::sleep_until(due).await;
                let Some(open) = open.upgrade() else { return };
                let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
                match open
                    .get(&expiring)
                    .map(|transaction| transaction.used + limits::TRANSACTION)
                {
                    Some(later) if later > due => due = later,
                    _ => {
                        // The connection goes, and the server rolls back.
                        open.remove(&expiring);
                        return;
                    }
                }
            }
        };
        drop(self.work.spawn_quietly(expiry));
        id
    }

    /// A transaction's connection, for one call.
    pub fn hold(&self, resource: &str, id: &str) -> Result<Held, Fault> {
        let mut open = self.open();
        let found = open
            .get_mut(id)
            .filter(|transaction| transaction.resource == resource);
        let transaction = found.ok_or_else(|| missing(id))?;
        transaction.used = Instant::now();
        let session = transaction.session.clone().try_lock_owned();
        session.map(Held::Of).map_err(|_| busy())
    }

    /// The same, for the last call.
    pub fn take(&self, resource: &str, id: &str) -> Result<Held, Fault> {
        let held = self.hold(resource, id)?;
        self.open().remove(id);
        Ok(held)
    }
}

fn missing(id: &str) -> Fault {
    fault::NO_TRANSACTION.because(format!("Transaction {id} is not found"))
}

fn busy() -> Fault {
    fault::DATABASE_ERROR.because("Transaction is still running a query.")
}
