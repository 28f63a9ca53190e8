//! Whether a server is there, sleeps or is not to be had, and who keeps it awake.

use std::sync::Arc;

use tokio::sync::{Notify, watch};

/// What a cluster's visitors go through, to a server that is reached by a `T`.
#[derive(Debug)]
pub(in crate::rds) struct Door<T> {
    leads: watch::Sender<Leads<T>>,
    visits: Arc<watch::Sender<usize>>,
    knocks: Notify,
}

/// Where it leads to.
#[derive(Clone, Debug)]
enum Leads<T> {
    /// No server runs.
    Nowhere,
    /// The server is paused; a knock wakes it.
    Asleep,
    /// To a running server.
    To(T),
}

/// Somebody who keeps the server awake until this is dropped.
#[derive(Debug)]
pub(crate) struct Visit(Arc<watch::Sender<usize>>);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.send_modify(|visits| *visits -= 1);
    }
}

impl<T> Default for Door<T> {
    /// It leads nowhere.
    fn default() -> Self {
        Self {
            leads: watch::Sender::new(Leads::Nowhere),
            visits: Arc::default(),
            knocks: Notify::default(),
        }
    }
}

impl<T: Clone> Door<T> {
    /// This server runs from now on.
    pub fn open(&self, server: T) {
        self.leads.send_replace(Leads::To(server));
    }

    /// No server runs.
    pub fn close(&self) {
        self.leads.send_replace(Leads::Nowhere);
    }

    /// Shuts it for a server that goes to sleep, unless somebody is in; says whether it did.
    pub fn fall_asleep(&self) -> bool {
        let before = self.leads.send_replace(Leads::Asleep);
        // Whoever comes in after this look finds the door shut, and knocks.
        let sleeps = matches!(before, Leads::To(_)) && *self.visits.borrow() == 0;
        if !sleeps {
            self.leads.send_replace(before);
        }
        sleeps
    }

    /// Whether the server sleeps.
    pub fn is_asleep(&self) -> bool {
        matches!(*self.leads.borrow(), Leads::Asleep)
    }

    /// Asks for a server that sleeps to be woken.
    pub fn knock(&self) {
        self.knocks.notify_one();
    }

    /// Waits until somebody knocks.
    pub async fn knocked(&self) {
        self.knocks.notified().await;
    }

    /// The running server, if there is one. One that sleeps is woken, and waited for.
    pub async fn server(&self) -> Option<T> {
        let mut leads = self.leads.subscribe();
        loop {
            match &*leads.borrow_and_update() {
                Leads::Nowhere => return None,
                Leads::To(server) => return Some(server.clone()),
                Leads::Asleep => self.knock(),
            }
            leads.changed().await.ok()?;
        }
    }

    /// The running server, without waiting for one.
    pub fn server_now(&self) -> Option<T> {
        match &*self.leads.borrow() {
            Leads::To(server) => Some(server.clone()),
            Leads::Nowhere | Leads::Asleep => None,
        }
    }

    /// Comes in.
    pub fn visit(&self) -> Visit {
        self.visits.send_modify(|visits| *visits += 1);
        Visit(self.visits.clone())
    }

    /// How many are in, and each change of that.
    pub fn visits(&self) -> watch::Receiver<usize> {
        self.visits.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_locked_in() {
        let door = Door::<&str>::default();
        assert!(!door.fall_asleep(), "there is no server that could sleep");
        door.open("s");
        let visit = door.visit();
        assert!(!door.fall_asleep());
        assert!(!door.is_asleep(), "open as before");
        drop(visit);
        assert!(door.fall_asleep() && door.is_asleep());
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_to_a_sleeping_server_knocks_and_waits() {
        let door = Arc::new(Door::default());
        door.open("old");
        assert!(door.fall_asleep());
        let waker = door.clone();
        let woken = tokio::spawn(async move {
            waker.knocked().await;
            waker.open("new");
        });
        assert_eq!(door.server().await, Some("new"));
        woken.await.unwrap();
        door.close();
        assert_eq!(door.server().await, None);
    }
}
