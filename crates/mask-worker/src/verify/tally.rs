//! Judging what was read of one masked place.

use masking::Transform;

use super::expect::{is_as_promised, is_blank};
use super::witness::{ColumnWitness, Digester};

/// A row key that stands for several values can prove nothing.
pub(super) const AMBIGUOUS: u64 = u64::MAX;

/// What was counted of one place.
#[derive(Default)]
pub(super) struct Tally {
    broken: u64,
    left: u64,
    compared: u64,
    unchanged: u64,
    constant: Option<u64>,
}

impl Tally {
    pub(super) fn count(
        &mut self,
        transform: &Transform,
        place: &str,
        value: &str,
        known: Option<&ColumnWitness>,
        key: Option<u64>,
        digester: &Digester,
    ) {
        let digest = digester.digest([place, value]);
        if matches!(transform, Transform::Constant(_)) {
            // The engine may spell a constant its own way; it is the same in every row.
            self.broken += u64::from(*self.constant.get_or_insert(digest) != digest);
            return;
        }
        self.broken += u64::from(!value.is_empty() && !is_as_promised(transform, value));
        let Some(known) = known.filter(|_| !is_blank(value)) else {
            return;
        };
        if transform.is_wide() {
            self.left += u64::from(known.values.get(digest).is_some());
        } else if let Some(before) = key
            .and_then(|key| known.rows.get(key))
            .filter(|before| *before != AMBIGUOUS)
        {
            self.compared += 1;
            self.unchanged += u64::from(before == digest);
        }
    }

    /// Chance lets a few values of a narrow column come out as they were; more than a few are no chance. What
    /// has few distinct values is judged more mildly.
    pub(super) fn verdict(&self, transform: &Transform, distinct: usize) -> Vec<(&'static str, u64)> {
        let mut found = Vec::new();
        if self.broken > 0 {
            found.push(("values that are not what the rule promises", self.broken));
        }
        if self.left > 0 {
            found.push(("original values", self.left));
        }
        let partial = matches!(transform, Transform::TextRedact | Transform::Constant(_));
        let limit = match distinct {
            0..5 => self.compared.saturating_sub(1),
            5..20 => self.compared / 2,
            _ => self.compared / 20,
        };
        if !partial && self.unchanged > limit {
            found.push(("rows whose value is what it was", self.unchanged));
        }
        found
    }
}
