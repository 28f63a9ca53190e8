//! Faults on demand: any call can fail before or after its effect, be throttled, or never be answered.

use std::sync::{Arc, Mutex, PoisonError};

use crate::answer;
use crate::record::{Calls, Recorded};

/// How a call goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing happens, and the answer is this error.
    Fail(Failure),
    /// The call is carried out, and the answer is this error all the same.
    FailAfter(Failure),
    /// Nothing happens, and the answer is the service's own throttling error.
    Throttle,
    /// Nothing happens, and no answer comes before the client gives up (or 15 minutes have passed).
    Hang,
}

/// An error's HTTP status, code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status: 4xx for the caller's fault, 5xx for the service's, which SDKs retry.
    pub status: u16,
    /// The error's code, such as `InsufficientDBInstanceCapacity`.
    pub code: String,
    /// The message for a person.
    pub message: String,
}

impl Failure {
    /// An error that SDKs do not retry by themselves.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }

    pub(crate) fn throttled(service: &str) -> Self {
        let (status, code) = answer::throttled(service);
        Self::new(status, code, "Rate exceeded")
    }
}

/// A fault to come: which call, and what happens to it.
#[derive(Clone, Debug)]
pub struct Fault {
    kind: Kind,
    principal: Option<String>,
    service: Option<String>,
    operation: Option<String>,
    from: Option<usize>,
    times: usize,
    seen: usize,
}

impl Fault {
    /// Happens to the next call; the other methods narrow down which calls are meant.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            principal: None,
            service: None,
            operation: None,
            from: None,
            times: 1,
            seen: 0,
        }
    }

    /// Only calls that this program makes.
    pub fn principal(mut self, principal: impl Into<String>) -> Self {
        self.principal = Some(principal.into());
        self
    }

    /// Only calls of this service, by its signing name.
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Only calls of this operation of a service.
    pub fn operation(self, service: impl Into<String>, operation: impl Into<String>) -> Self {
        Self {
            operation: Some(operation.into()),
            ..self.service(service)
        }
    }

    /// Only from call `n` on, counted from 0 since the start among the calls that the fault is about.
    pub fn nth(mut self, n: usize) -> Self {
        self.from = Some(n);
        self
    }

    /// Happens this often in a row instead of once.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Happens until the faults are cleared.
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    fn is_about(&self, call: &Recorded) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        fits(&self.principal, &call.principal)
            && fits(&self.service, &call.service)
            && fits(&self.operation, &call.operation)
    }

    /// Counts `call`, and says whether its turn has come.
    fn is_due(&mut self, call: &Recorded) -> bool {
        if !self.is_about(call) {
            return false;
        }
        self.seen += 1;
        self.from.is_none_or(|from| self.seen > from)
    }
}

/// The faults that wait for their call.
#[derive(Clone, Debug)]
pub struct Faults {
    waiting: Arc<Mutex<Vec<Fault>>>,
    calls: Calls,
}

impl Faults {
    pub(crate) fn new(calls: Calls) -> Self {
        Self {
            waiting: Arc::default(),
            calls,
        }
    }

    /// Lets `fault` happen. When two are about the same call, the one that was added first happens.
    pub fn inject(&self, mut fault: Fault) {
        fault.seen = self
            .calls
            .all()
            .iter()
            .filter(|call| fault.is_about(call))
            .count();
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(fault);
    }

    /// Call number `n` since the start goes wrong, whatever it is.
    pub fn fail_call(&self, n: usize, kind: Kind) {
        self.inject(Fault::new(kind).nth(n));
    }

    /// The next call of `operation` goes wrong.
    pub fn fail_next(&self, service: &str, operation: &str, kind: Kind) {
        self.inject(Fault::new(kind).operation(service, operation));
    }

    /// Forgets all faults that have not happened yet.
    pub fn clear(&self) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// What happens to `call`.
    pub(crate) fn strike(&self, call: &Recorded) -> Option<Kind> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut struck = None;
        for fault in waiting.iter_mut() {
            if fault.is_due(call) && struck.is_none() {
                fault.times = fault.times.saturating_sub(usize::from(fault.times != usize::MAX));
                struck = Some(fault.kind.clone());
            }
        }
        waiting.retain(|fault| fault.times > 0);
        struck
    }
}
