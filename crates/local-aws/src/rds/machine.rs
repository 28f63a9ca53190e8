//! What stands behind a cluster: its data directory and, once it has an instance, its server.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::gate::{Door, Gate};
use crate::engine::{Administrator, Engine, Error, Master, Parameters, Server};

/// One cluster's data and server. All of its methods block.
pub(super) struct Machine {
    engine: Arc<Engine>,
    data: PathBuf,
    gate: Arc<Gate>,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    server: Option<Server>,
    /// The master user still to be made, at the first start.
    unmade: Option<Master>,
    /// The master's name and its new password, until a server runs that can be told.
    untold: Option<(String, String)>,
    removed: bool,
}

impl Machine {
    /// A machine whose data will lie in `data`; a fresh one makes `master` at its first start.
    pub fn new(engine: Arc<Engine>, data: PathBuf, gate: Arc<Gate>, master: Option<Master>) -> Self {
        Self {
            engine,
            data,
            gate,
            inside: Mutex::new(Inside {
                unmade: master,
                ..Inside::default()
            }),
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an empty data directory.
    pub fn create(&self) -> Result<(), Error> {
        self.engine.create(&self.data)
    }

    /// Copies this machine's data into `other`'s directory.
    pub fn copy_to(&self, other: &Self) -> Result<(), Error> {
        let inside = self.inside();
        match &inside.server {
            Some(server) => server.copy_to(&other.data),
            None => Err(Error::NotUp {
                program: "the source's server".into(),
                output: "it was stopped".into(),
            }),
        }
    }

    /// Starts the server unless it runs, makes the master user if this is the first start, and opens the gate.
    pub fn start(&self, parameters: &Parameters) -> Result<(), Error> {
        let mut inside = self.inside();
        if inside.removed || inside.server.is_some() {
            return Ok(());
        }
        let server = self.engine.start(&self.data, parameters)?;
        if let Some(master) = inside.unmade.take() {
            server.provision(&master)?;
        }
        if let Some((user, password)) = inside.untold.take() {
            server.set_password(&user, &password)?;
        }
        self.gate.door().open(server.administrator());
        inside.server = Some(server);
        Ok(())
    }

    /// Stops the server; the data stays.
    pub fn stop(&self) {
        let mut inside = self.inside();
        self.gate.door().close();
        if let Some(server) = inside.server.take() {
            server.stop();
        }
    }

    /// Stops the server until somebody knocks, if nobody is in.
    pub fn fall_asleep(&self) {
        let mut inside = self.inside();
        if inside.server.is_some()
            && self.gate.door().fall_asleep()
            && let Some(server) = inside.server.take()
        {
            server.stop();
        }
    }

    /// Starts a server that sleeps. One that was stopped meanwhile stays stopped.
    pub fn wake(&self, parameters: &Parameters) -> Result<(), Error> {
        if self.gate.door().is_asleep() {
            self.start(parameters)?;
        }
        Ok(())
    }

    /// What its visitors go through.
    pub fn door(&self) -> &Door<Administrator> {
        self.gate.door()
    }

    /// Stops and starts, with other settings perhaps.
    pub fn restart(&self, parameters: &Parameters) -> Result<(), Error> {
        self.stop();
        self.start(parameters)
    }

    /// Sets the master's password now, or when the server starts.
    pub fn set_password(&self, user: &str, password: &str) -> Result<(), Error> {
        let mut inside = self.inside();
        if let Some(server) = &inside.server {
            return server.set_password(user, password);
        }
        match &mut inside.unmade {
            Some(master) => password.clone_into(&mut master.password),
            None => inside.untold = Some((user.to_owned(), password.to_owned())),
        }
        Ok(())
    }

    /// The socket of the running server.
    pub fn socket(&self) -> Option<PathBuf> {
        self.inside()
            .server
            .as_ref()
            .map(|server| server.socket().to_owned())
    }

    /// The programs that belong to this server.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The engine, for a clone's machine.
    pub fn shared_engine(&self) -> Arc<Engine> {
        self.engine.clone()
    }

    /// Stops the server for good and removes the data.
    pub fn remove(&self) {
        let mut inside = self.inside();
        inside.removed = true;
        self.gate.door().close();
        if let Some(server) = inside.server.take() {
            server.kill();
        }
        remove_folder(&self.data);
    }
}

/// Removes a folder and what is in it; a folder that is not there is fine.
pub(super) fn remove_folder(folder: &Path) {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(folder = %folder.display(), %error, "could not remove a data directory");
        }
        _ => {}
    }
}
