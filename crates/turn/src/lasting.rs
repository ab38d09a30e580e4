//! What the shell tells us for a while: a map whose entries run out, with room for so many. When it is full, what would
//! run out first makes room.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// `T` is the clock the entries run out by.
pub(crate) struct Lasting<K, V, T> {
    entries: HashMap<K, (T, V)>,
    by_end: BTreeSet<(T, K)>,
    room: usize,
}

impl<K: Hash + Ord + Clone, V, T: Ord + Copy> Lasting<K, V, T> {
    pub(crate) fn new(room: usize) -> Self {
        Self { entries: HashMap::new(), by_end: BTreeSet::new(), room }
    }

    /// Keeps `value` until then, or longer if it was to be kept longer. Whether another one went early to make room.
    pub(crate) fn keep(&mut self, now: T, key: K, value: V, until: T) -> bool {
        while let Some((end, _)) = self.by_end.first()
            && *end <= now
        {
            self.drop_first();
        }
        let until = match self.entries.remove(&key) {
            Some((end, _)) => {
                self.by_end.remove(&(end, key.clone()));
                end.max(until)
            }
            None => until,
        };
        let is_full = self.entries.len() >= self.room;
        if is_full {
            self.drop_first();
        }
        self.entries.insert(key.clone(), (until, value));
        self.by_end.insert((until, key));
        is_full
    }

    /// What is kept, unless it has run out, and until when.
    pub(crate) fn find<Q>(&self, now: T, key: &Q) -> Option<(T, &V)>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.get(key).filter(|(until, _)| now < *until).map(|(until, value)| (*until, value))
    }

    /// All that is kept, the first to run out first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&K, T)> {
        self.by_end.iter().map(|(until, key)| (key, *until))
    }

    fn drop_first(&mut self) {
        if let Some((_, key)) = self.by_end.pop_first() {
            self.entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_run_out_and_the_first_to_do_so_makes_room() {
        let mut kept = Lasting::new(2);
        assert!(!kept.keep(0, "a", 1, 10));
        assert!(!kept.keep(0, "b", 2, 5));
        assert_eq!((kept.find(4, "b"), kept.find(5, "b")), (Some((5, &2)), None));
        assert!(kept.keep(4, "c", 3, 20));
        assert_eq!(
            (kept.find(4, "a"), kept.find(4, "b"), kept.find(4, "c")),
            (Some((10, &1)), None, Some((20, &3)))
        );
        assert!(!kept.keep(10, "d", 4, 30));
        assert_eq!(kept.find(10, "a"), None);
    }

    #[test]
    fn what_is_told_again_lasts_as_long_as_the_longest() {
        let mut kept = Lasting::new(2);
        kept.keep(0, "a", 1, 10);
        kept.keep(0, "a", 2, 5);
        assert_eq!(kept.find(9, "a"), Some((10, &2)));
        kept.keep(0, "a", 3, 15);
        assert_eq!(kept.find(14, "a"), Some((15, &3)));
        assert_eq!((kept.entries.len(), kept.by_end.len()), (1, 1));
    }
}
