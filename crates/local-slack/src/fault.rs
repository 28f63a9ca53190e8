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

    pub(crate) fn take(&mut self, method: &str) -> Option<(Fault, Moment)> {
        self.planned.get_mut(method)?.pop_front()
    }
}
