//! Task tokens: a `.waitForTaskToken` task waits until someone answers with its token.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use super::record::locked;
use super::{Error, TaskFailure};

/// What a task's token brought back.
pub(super) type Answer = Result<Value, TaskFailure>;

/// All tokens that were ever given out.
#[derive(Default)]
pub(super) struct Tokens {
    open: Mutex<HashMap<String, Open>>,
    closed: Mutex<HashSet<String>>,
}

struct Open {
    answer: oneshot::Sender<Answer>,
    beat: Arc<Notify>,
}

/// A token that waits for its answer; dropping it makes the token useless.
pub(super) struct Waiting {
    pub(super) token: String,
    pub(super) answer: oneshot::Receiver<Answer>,
    /// Notified of each heartbeat.
    pub(super) beat: Arc<Notify>,
    tokens: Arc<Tokens>,
}

impl Tokens {
    /// Gives out a new token.
    pub(super) fn open(self: &Arc<Self>) -> Waiting {
        let token = Uuid::new_v4().simple().to_string();
        let (answer, receiver) = oneshot::channel();
        let beat = Arc::new(Notify::new());
        locked(&self.open).insert(
            token.clone(),
            Open {
                answer,
                beat: beat.clone(),
            },
        );
        Waiting {
            token,
            answer: receiver,
            beat,
            tokens: self.clone(),
        }
    }

    pub(super) fn answer(&self, token: &str, answer: Answer) -> Result<(), Error> {
        let open = locked(&self.open)
            .remove(token)
            .ok_or_else(|| self.unknown(token))?;
        locked(&self.closed).insert(token.to_owned());
        open.answer
            .send(answer)
            .map_err(|_| Error::TaskTimedOut(token.to_owned()))
    }

    pub(super) fn beat(&self, token: &str) -> Result<(), Error> {
        match locked(&self.open).get(token) {
            Some(open) => open.beat.notify_one(),
            None => return Err(self.unknown(token)),
        }
        Ok(())
    }

    fn unknown(&self, token: &str) -> Error {
        if locked(&self.closed).contains(token) {
            Error::TaskTimedOut(token.to_owned())
        } else if token.len() == 32 && token.bytes().all(|it| it.is_ascii_hexdigit()) {
            Error::TaskDoesNotExist(token.to_owned())
        } else {
            Error::InvalidToken(token.to_owned())
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        locked(&self.tokens.open).remove(&self.token);
        locked(&self.tokens.closed).insert(self.token.clone());
    }
}
