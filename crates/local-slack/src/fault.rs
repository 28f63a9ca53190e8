use std::collections::HashMap;
use std::collections::VecDeque;
use std::time::Duration;

/// What goes wrong with a call of the Web API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 429 with `Retry-After`.
    RateLimited {
        /// In seconds: Slack knows no smaller unit.
        retry_after: Duration,
    },
    /// HTTP 200 with `ok: false` and this error.
    Error(String),
    /// This HTTP status with a body that is no JSON.
    Status(u16),
    /// No answer, until the caller hangs up.
    Hang,
}

#[derive(Default)]
pub(crate) struct Faults {
    planned: HashMap<String, VecDeque<(Fault, Moment)>>,
    lasting: HashMap<String, Fault>,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing was done.
    Before,
    /// Done, but the caller does not learn it.
    After,
}

impl Faults {
    pub(crate) fn plan(&mut self, method: &str, fault: Fault, moment: Moment) {
        self.planned
            .entry(method.to_owned())
            .or_default()
            .push_back((fault, moment));
    }

    /// Every call of the method from now on, until it is healed.
    pub(crate) fn last(&mut self, method: &str, fault: Option<Fault>) {
        match fault {
            Some(fault) => self.lasting.insert(method.to_owned(), fault),
            None => self.lasting.remove(method),
        };
    }

    pub(crate) fn take(&mut self, method: &str) -> Option<(Fault, Moment)> {
        let planned = self.planned.get_mut(method).and_then(VecDeque::pop_front);
        planned.or_else(|| Some((self.lasting.get(method)?.clone(), Moment::Before)))
    }
}
