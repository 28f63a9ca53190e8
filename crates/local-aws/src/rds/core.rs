//! The embedded RDS's inside: what all calls share, and the tasks that let statuses pass.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::fault::{self, Fault};
use super::gate::Guard;
use super::machine::remove_folder;
use super::options::Options;
use super::proxy::SecretReader;
use super::state::State;
use super::{Error, Result};
use crate::Time;
use crate::engine::{self, Engine, EngineKind, RunAs};

/// Shared by all clones of an `Rds`. The fields are dropped in this order: servers first, files last.
pub(super) struct Core {
    pub time: Time,
    pub options: Options,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    tasks: TaskTracker,
    closing: CancellationToken,
    engines: Mutex<HashMap<EngineKind, Arc<Engine>>>,
    pub home: Home,
    /// What all endpoints share.
    pub guard: Arc<Guard>,
    /// How proxies read their secrets.
    pub secrets: Arc<OnceLock<SecretReader>>,
}

impl Core {
    pub fn new(time: Time, options: Options) -> Result<Self> {
        let home = Home::take(&options.home)?;
        Ok(Self {
            secrets: Arc::default(),
            guard: Arc::new(Guard::new(time.clone(), &options.region)?),
            time,
            options,
            state: Mutex::default(),
            changed: watch::Sender::new(0),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            engines: Mutex::default(),
            home,
        })
    }

    /// The state, for a look.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes whoever waits for a change.
    pub fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.changed.send_modify(|n| *n += 1);
        result
    }

    /// Each change of the state.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Waits until `is_so`; `None` if RDS is shut down before.
    pub async fn until(&self, is_so: impl Fn(&State) -> bool) -> Option<()> {
        let mut changes = self.changed.subscribe();
        let wait = async {
            while !is_so(&self.state()) {
                if changes.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        self.closing.run_until_cancelled(wait).await
    }

    /// Does `work` behind the answer; shutting down ends it.
    pub fn later(&self, work: impl Future<Output = ()> + Send + 'static) {
        let closing = self.closing.clone();
        self.tasks.spawn(async move {
            closing.run_until_cancelled(work).await;
        });
    }

    /// Runs what blocks (servers, files) on a thread of its own. Shutting down waits for it.
    pub async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        match self.tasks.spawn_blocking(work).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Only a runtime that is going away cancels it, and then nobody looks at the result.
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits until `least` has passed on the clock and `work` is done.
    pub async fn at_least<T>(&self, least: Duration, work: impl Future<Output = T>) -> T {
        if least.is_zero() {
            return work.await;
        }
        tokio::join!(work, self.time.sleep(least)).0
    }

    /// Waits for a status to pass.
    pub async fn pass(&self, duration: Duration) {
        if !duration.is_zero() {
            self.time.sleep(duration).await;
        }
    }

    /// The programs of `kind`, looked for (and fetched) when the first cluster needs them.
    pub async fn engine(self: &Arc<Self>, kind: EngineKind) -> Result<Arc<Engine>, engine::Error> {
        let core = self.clone();
        self.blocking(move || {
            let mut engines = core.engines.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(engine) = engines.get(&kind) {
                return Ok(engine.clone());
            }
            let engine = Arc::new(Engine::open(kind, &core.home.data(), &core.home.sockets())?);
            engines.insert(kind, engine.clone());
            Ok(engine)
        })
        .await
    }

    /// The ARN of a resource.
    pub fn arn(&self, kind: &str, id: &str) -> String {
        format!(
            "arn:aws:rds:{}:{}:{kind}:{id}",
            self.options.region, self.options.account
        )
    }

    /// The time now, as RDS writes it.
    pub fn now(&self) -> String {
        timestamp(self.time.now())
    }

    /// Stops all: tasks, servers, files.
    pub async fn shut_down(self: &Arc<Self>) {
        self.closing.cancel();
        let clusters = self.update(|state| {
            state.closed = true;
            state.instances.clear();
            state.proxies.clear();
            std::mem::take(&mut state.clusters)
        });
        let machines: Vec<_> = clusters.into_values().map(|cluster| cluster.machine).collect();
        for machine in machines {
            self.blocking(move || machine.remove()).await;
        }
        self.tasks.close();
        self.tasks.wait().await;
        let core = self.clone();
        self.blocking(move || {
            core.engines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clear();
            core.home.clear();
        })
        .await;
    }
}

/// A time as RDS writes it.
pub(super) fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// What an engine's trouble looks like through the API: AWS's own fault, with our reason in the message.
pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> Fault {
    let chain = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    fault::INTERNAL.because(chain.collect::<Vec<_>>().join(": "))
}

/// The folder of all files, ours alone while we live.
pub(super) struct Home {
    folder: PathBuf,
    sockets: PathBuf,
    _lock: File,
}

/// The longest folder in which a socket of ours still has a path that every system takes (104 bytes on macOS).
const LONGEST: usize = 70;

const LOCK: &str = "lock";
const SOCKETS: &str = "sockets";
const DATA: &str = "data";

impl Home {
    /// Makes the folder, or takes over what a killed run left behind.
    fn take(folder: &Path) -> Result<Self> {
        let failed = |source| Error::Home {
            folder: folder.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let folder = folder.canonicalize().map_err(failed)?;
        let folder = folder.as_path();
        let lock = File::options()
            .create(true)
            .append(true)
            .open(folder.join(LOCK))
            .map_err(failed)?;
        match lock.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => return Err(Error::InUse(folder.to_owned())),
            Err(std::fs::TryLockError::Error(source)) => return Err(failed(source)),
            Ok(()) => {}
        }
        if let Ok(left) = std::fs::read_to_string(folder.join(SOCKETS)) {
            remove_folder(Path::new(&left));
        }
        remove_folder(&folder.join(DATA));
        let sockets = if folder.as_os_str().len() <= LONGEST {
            folder.join("s")
        } else {
            let short = tempfile::Builder::new()
                .prefix("doppel-")
                .tempdir_in("/tmp")
                .map_err(failed)?;
            short.keep()
        };
        let written = sockets.as_os_str().as_encoded_bytes();
        std::fs::write(folder.join(SOCKETS), written).map_err(failed)?;
        let home = Self {
            folder: folder.to_owned(),
            sockets,
            _lock: lock,
        };
        for folder in [&home.data(), &home.sockets] {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        home.let_servers_in().map_err(failed)?;
        Ok(home)
    }

    /// The servers' user must be able to walk through our folders; what lies in them is closed to others.
    fn let_servers_in(&self) -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        if !matches!(RunAs::for_engine(EngineKind::Postgres), Ok(None)) {
            for folder in [&self.folder, &self.sockets, &self.data()] {
                std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711))?;
            }
        }
        Ok(())
    }

    /// Where data directories lie.
    pub fn data(&self) -> PathBuf {
        self.folder.join(DATA)
    }

    fn sockets(&self) -> PathBuf {
        self.sockets.clone()
    }

    /// Removes everything that was made here, and the folder itself if nothing else is in it.
    fn clear(&self) {
        remove_folder(&self.data());
        remove_folder(&self.sockets);
        for file in [SOCKETS, LOCK] {
            drop(std::fs::remove_file(self.folder.join(file)));
        }
        drop(std::fs::remove_dir(&self.folder));
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.clear();
    }
}
