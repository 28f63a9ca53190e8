//! Moments in the worker's work: a step of it, and how far its talk with the database has come in that step.

use std::fmt;

use domain::record::Progress;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::{ALICE, World};

/// The worker's steps.
const PHASES: [&str; 3] = ["prepare", "mask", "verify"];

/// A moment of a masking, by its own progress and not by the clock.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The worker's step.
    pub phase: &'static str,
    /// The part of that step's talk with the database that was had: 0 to 1.
    pub part: f64,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {:.0} % of {}", self.part * 100.0, self.phase)
    }
}

/// So many moments, the steps in turn and spread evenly over each, at random within their share of it.
pub fn moments(seed: u64, count: usize) -> Vec<Moment> {
    let rounds = count.div_ceil(PHASES.len());
    let random = |n: usize| {
        let digest = Sha256::digest(format!("{seed} {n}"));
        let bits = digest
            .iter()
            .take(6)
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        bits as f64 / (1_u64 << 48) as f64
    };
    let moment = |n: usize| Moment {
        phase: PHASES[n % PHASES.len()],
        part: ((n / PHASES.len()) as f64 + random(n)) / rounds as f64,
    };
    (0..count).map(moment).collect()
}

/// A masking that is to come, or is under way.
pub struct Masking {
    worker: watch::Receiver<Progress>,
    heard: watch::Receiver<u64>,
}

impl World {
    /// The next masking that begins.
    pub fn next_masking(&self) -> Masking {
        let mut worker = self.local.worker();
        worker.mark_unchanged();
        Masking {
            worker,
            heard: self.aws().rds().heard(),
        }
    }

    /// How much the worker says to the database in each step of a good masking.
    pub async fn talk_of_a_good_masking(&self) -> [u64; 3] {
        self.until_quiet().await;
        let mut masking = self.next_masking();
        self.asks(ALICE, "/clone production").await;
        let mut begins = [0; 3];
        for (phase, begin) in PHASES.iter().zip(&mut begins) {
            *begin = masking.until(phase).await;
        }
        self.handed_over().await;
        let end = *masking.heard.borrow();
        [begins[1] - begins[0], begins[2] - begins[1], end - begins[2]]
    }
}

impl Masking {
    /// Waits until this step begins, and tells how much was said to databases until then.
    async fn until(&mut self, phase: &str) -> u64 {
        let begun = self.worker.wait_for(|progress| progress.phase == phase);
        let begun = tokio::time::timeout(crate::PATIENCE, begun).await.map(drop);
        begun.unwrap_or_else(|_| panic!("the worker did not come to {phase}"));
        *self.heard.borrow()
    }

    /// Waits until this masking has begun and come to that moment, if a step's talk is as long as `talk` says.
    pub async fn until_moment(&mut self, moment: Moment, talk: [u64; 3]) {
        let begun = tokio::time::timeout(crate::PATIENCE, self.worker.changed()).await;
        begun
            .expect("the masking begins")
            .expect("the world still stands");
        let begin = self.until(moment.phase).await;
        let step = PHASES
            .iter()
            .position(|phase| *phase == moment.phase)
            .unwrap_or_default();
        let wanted = begin + (talk[step] as f64 * moment.part) as u64;
        let come = self.heard.wait_for(|heard| *heard >= wanted);
        let come = tokio::time::timeout(crate::PATIENCE, come).await.map(drop);
        come.unwrap_or_else(|_| panic!("the moment {moment} did not come"));
    }
}
