//! The signatures that this process has taken.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longer than a signature is valid: five minutes on either side of its time.
const REMEMBERED: Duration = Duration::from_secs(660);

/// So many are taken in before the old ones are looked for.
const ROUND: usize = 4_096;

/// Signatures, each for as long as it is valid.
#[derive(Default)]
pub(crate) struct Seen(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    taken: HashMap<String, Instant>,
    since_cleaning: usize,
}

impl Seen {
    /// Remembers a signature. Answers whether it was not remembered before.
    pub(crate) fn is_first(&self, signature: &str) -> bool {
        self.is_first_at(signature, Instant::now())
    }

    fn is_first_at(&self, signature: &str, now: Instant) -> bool {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.since_cleaning += 1;
        if memory.since_cleaning > ROUND {
            memory.since_cleaning = 0;
            memory.taken.retain(|_, at| now.duration_since(*at) < REMEMBERED);
        }
        memory.taken.insert(signature.to_owned(), now).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_taken_once_and_forgotten_when_it_is_worth_nothing() {
        let (seen, start) = (Seen::default(), Instant::now());
        assert!(seen.is_first_at("v0=a", start));
        assert!(!seen.is_first_at("v0=a", start + Duration::from_secs(1)));
        assert!(seen.is_first_at("v0=b", start));
        let later = start + REMEMBERED + Duration::from_secs(2);
        for number in 0..=ROUND {
            seen.is_first_at(&format!("v0={number}"), later);
        }
        let kept = seen.0.lock().unwrap().taken.len();
        assert!(kept <= ROUND + 1, "{kept}");
        assert!(!seen.0.lock().unwrap().taken.contains_key("v0=b"));
    }
}
