//! Secrets Manager, in AWS's own shapes (`winterbaume`'s), with its behaviour: tokens, versions, planned deletion.

mod api;
mod list;
mod policy;
mod store;
mod value;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use winterbaume_secretsmanager::SecretsManagerService;

use crate::Time;
use crate::place::Place;
use store::Store;

const SERVICE: &str = "secretsmanager";

/// Secrets Manager. A clone is another handle on the same secrets.
#[derive(Clone)]
pub(crate) struct Secrets {
    time: Time,
    place: Place,
    store: Arc<Mutex<Store>>,
    rest: Arc<SecretsManagerService>,
}

/// Why a call is refused; the status is always 400.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refused {
    code: &'static str,
    message: String,
}

impl Refused {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl Secrets {
    pub(crate) fn new(time: Time, place: Place) -> Self {
        Self {
            time,
            place,
            store: Arc::default(),
            rest: Arc::default(),
        }
    }

    /// The current value of a secret, by name or ARN; `None` also for one that is marked for deletion.
    pub(crate) fn value(&self, id: &str) -> Option<String> {
        let store = self.lock();
        let secret = store.usable(id).ok()?;
        secret.version(None, None).ok()?.string.clone()
    }

    /// The tags of a secret, by name or ARN.
    pub(crate) fn tags(&self, id: &str) -> Option<BTreeMap<String, String>> {
        let store = self.lock();
        let tags = store.usable(id).ok()?.tags.iter();
        let pairs = tags.map(|tag| {
            (
                tag.key.clone().unwrap_or_default(),
                tag.value.clone().unwrap_or_default(),
            )
        });
        Some(pairs.collect())
    }

    /// The secrets, without those whose recovery window is over.
    fn lock(&self) -> MutexGuard<'_, Store> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.purge(self.time.now());
        store
    }
}
