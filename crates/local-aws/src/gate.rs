//! Where every call comes in, from outside or from Step Functions: it is recorded, and a fault may meet it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Time;
use crate::faults::{Failure, Faults, Kind};
use crate::record::{Calls, Outcome};
use crate::subject::Subject;

/// The longest a call hangs.
const LONGEST_HANG: Duration = Duration::from_secs(900);

/// The record of calls and the faults that wait for them.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    time: Time,
    stop: CancellationToken,
    pub(crate) calls: Calls,
    pub(crate) faults: Faults,
}

/// A call that was let in.
pub(crate) struct Admitted {
    pub(crate) n: usize,
    /// The error to answer with once the call is carried out.
    pub(crate) fails_after: Option<Failure>,
}

impl Gate {
    /// Calls that hang are answered once `stop` is cancelled.
    pub(crate) fn new(time: Time, stop: CancellationToken) -> Self {
        let calls = Calls::default();
        Self {
            time,
            stop,
            faults: Faults::new(calls.clone()),
            calls,
        }
    }

    /// Records a call.
    ///
    /// # Errors
    /// The failure that the call shall be answered with, before any effect.
    pub(crate) async fn admit(
        &self,
        principal: &str,
        service: &str,
        operation: &str,
        subjects: Vec<Subject>,
    ) -> Result<Admitted, Failure> {
        let now = self.time.now();
        let call = self.calls.begin(principal, service, operation, subjects, now);
        let failure = match self.faults.strike(&call) {
            None => {
                return Ok(Admitted {
                    n: call.n,
                    fails_after: None,
                });
            }
            Some(Kind::FailAfter(failure)) => {
                return Ok(Admitted {
                    n: call.n,
                    fails_after: Some(failure),
                });
            }
            Some(Kind::Fail(failure)) => failure,
            Some(Kind::Throttle) => Failure::throttled(service),
            Some(Kind::Hang) => {
                self.stop
                    .run_until_cancelled(tokio::time::sleep(LONGEST_HANG))
                    .await;
                Failure::new(504, "GatewayTimeout", "No answer came in time")
            }
        };
        self.calls.end(call.n, failure.outcome());
        Err(failure)
    }
}

impl Failure {
    /// How a call ended that was answered with this on demand.
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::Failed {
            status: self.status,
            code: self.code.clone(),
            injected: true,
        }
    }

    /// How a call ended that the service itself answered with this.
    pub(crate) fn outcome_of_ours(&self) -> Outcome {
        Outcome::Failed {
            status: self.status,
            code: self.code.clone(),
            injected: false,
        }
    }
}
