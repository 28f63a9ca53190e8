//! The set of original values: what must be nowhere after the masking.
//!
//! It holds 64-bit keyed digests in one open-addressed table of at most [`MOST`] slots, so its size does not grow with
//! the database. What does not fit is sampled by the digests themselves: at level `n` only those whose lowest `n` bits
//! are zero belong to the set, on the side that adds as on the side that looks up, so that both see the same sample.
//!
//! A made-up value is taken for an original only if their digests are equal. With `n` digests in the set, `m` lookups
//! raise a false alarm with a probability below `n · m / 2⁶⁴`: for a full set and ten million lookups that is 1.4 in a
//! million, for a thousand million lookups 1.4 in ten thousand.

/// The most slots: 24 MiB.
const MOST: usize = 3 << 20;
/// The fewest.
const LEAST: usize = 1 << 12;

/// Digests of original values, all or a sample of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Originals {
    level: u32,
    slots: Vec<u64>,
    used: usize,
}

impl Originals {
    /// A set with room for about so many values.
    pub(super) fn with_room_for(values: u64) -> Self {
        let wanted = usize::try_from(values).unwrap_or(MOST).saturating_mul(4) / 3;
        let mut level = 0;
        while values >> level > (MOST / 4 * 3) as u64 {
            level += 1;
        }
        Self {
            level,
            slots: vec![0; wanted.clamp(LEAST, MOST)],
            used: 0,
        }
    }

    /// One in how many values is in the sample; 1 if all are.
    pub(crate) fn one_in(&self) -> u64 {
        1 << self.level
    }

    /// Whether a digest belongs to the sample.
    pub(super) fn wants(&self, digest: u64) -> bool {
        digest.trailing_zeros() >= self.level
    }

    /// The bits that must be zero in a digest of the sample.
    pub(super) fn mask(&self) -> u64 {
        self.one_in() - 1
    }

    pub(super) fn contains(&self, digest: u64) -> bool {
        self.wants(digest) && self.slots[self.slot(digest)] != 0
    }

    pub(super) fn insert(&mut self, digest: u64) {
        if !self.wants(digest) {
            return;
        }
        let slot = self.slot(digest);
        if self.slots[slot] != 0 {
            return;
        }
        self.slots[slot] = never_zero(digest);
        self.used += 1;
        if self.used > self.slots.len() / 5 * 4 {
            self.make_room();
        }
    }

    /// The slot that holds the digest, or the empty one where it would go. There always is an empty one.
    fn slot(&self, digest: u64) -> usize {
        let digest = never_zero(digest);
        let mut at = ((u128::from(digest) * self.slots.len() as u128) >> 64) as usize;
        while self.slots[at] != 0 && self.slots[at] != digest {
            at += 1;
            if at == self.slots.len() {
                at = 0;
            }
        }
        at
    }

    /// Grows, or forgets every second digest.
    fn make_room(&mut self) {
        let size = (self.slots.len() * 2).min(MOST);
        if self.slots.len() == MOST {
            self.level += 1;
        }
        let level = self.level;
        let mut kept = std::mem::take(&mut self.slots);
        kept.retain(|digest| *digest != 0 && digest.trailing_zeros() >= level);
        kept.shrink_to_fit();
        self.slots = vec![0; size];
        self.used = kept.len();
        for digest in kept {
            let slot = self.slot(digest);
            self.slots[slot] = digest;
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.level.to_le_bytes());
        out.extend_from_slice(&(self.used as u64).to_le_bytes());
        for digest in self.slots.iter().filter(|digest| **digest != 0) {
            out.extend_from_slice(&digest.to_le_bytes());
        }
    }

    pub(super) fn read(from: &mut &[u8]) -> Option<Self> {
        let level = u32::from_le_bytes(super::witness::take(from)?);
        let used = u64::from_le_bytes(super::witness::take(from)?);
        let mut set = Self::with_room_for(used.min(MOST as u64 / 4 * 3));
        set.level = level;
        for _ in 0..used {
            set.insert(u64::from_le_bytes(super::witness::take(from)?));
        }
        Some(set)
    }
}

/// Zero marks an empty slot. The replacement belongs to every sample that a run can reach.
fn never_zero(digest: u64) -> u64 {
    if digest == 0 { 1 << 48 } else { digest }
}

#[cfg(test)]
mod tests {
    use super::super::digest::Digester;
    use super::*;

    fn digests(count: u64) -> impl Iterator<Item = u64> {
        let digester = Digester::new(&"secret".to_owned().into());
        (0..count).map(move |number| digester.anywhere(&number.to_le_bytes()))
    }

    #[test]
    fn everything_that_was_added_is_found_and_nothing_else() {
        let mut set = Originals::with_room_for(10);
        digests(50_000).for_each(|digest| set.insert(digest));
        assert_eq!((set.used, set.one_in()), (50_000, 1));
        assert!(digests(50_000).all(|digest| set.contains(digest)));
        assert_eq!(
            digests(1_000_000)
                .skip(50_000)
                .filter(|d| set.contains(*d))
                .count(),
            0
        );
    }

    #[test]
    fn a_set_that_is_full_keeps_a_sample_by_the_digests_alone() {
        let many = 4 * MOST as u64;
        let mut set = Originals::with_room_for(10);
        digests(many).for_each(|digest| set.insert(digest));
        assert!(set.one_in() > 1 && set.slots.len() == MOST);
        let (mut wanted, mut found) = (0, 0);
        for digest in digests(many) {
            wanted += usize::from(set.wants(digest));
            found += usize::from(set.contains(digest));
        }
        assert_eq!((wanted, found), (set.used, set.used));
        let share = many as usize / set.used;
        assert!(share.abs_diff(set.one_in() as usize) <= 1);
        assert_eq!(Originals::with_room_for(many).one_in(), set.one_in());
    }

    #[test]
    fn a_set_reads_back() {
        let mut set = Originals::with_room_for(1000);
        digests(1000).for_each(|digest| set.insert(digest));
        let mut bytes = Vec::new();
        set.write(&mut bytes);
        let back = Originals::read(&mut bytes.as_slice()).unwrap();
        assert_eq!(back.used, 1000);
        assert!(digests(1000).all(|digest| back.contains(digest)));
    }
}
