//! Which relayed ports of one address are taken, and which one comes next (L5: unpredictable).

use std::ops::RangeInclusive;

use crate::random::Random;

/// Random picks before the free ports are searched in order.
const RANDOM_PICKS: usize = 8;

/// What ports an Allocate may be served with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Any free port.
    Any,
    /// An even one.
    Even,
    /// An even one, and the one after it.
    Pair,
}

/// The ports of one relay address.
#[derive(Clone)]
pub(crate) struct Ports {
    first: u16,
    taken: Vec<bool>,
}

impl Ports {
    pub(crate) fn new(range: &RangeInclusive<u16>) -> Self {
        assert!(!range.is_empty(), "the range of relayed ports holds at least one");
        Self { first: *range.start(), taken: vec![false; range.len()] }
    }

    /// Takes a free port (for `Pair`: two), or `None` if none is left.
    pub(crate) fn take(&mut self, wanted: Wanted, random: &mut Random) -> Option<u16> {
        let count = u16::try_from(self.taken.len()).unwrap_or(u16::MAX);
        let mut start = 0;
        for _ in 0..RANDOM_PICKS {
            start = random.below(count);
            if self.fits(start, wanted) {
                return Some(self.mark(start, wanted));
            }
        }
        // Nearly full, or only every other port will do: search on from the last pick.
        let in_order = (start..count).chain(0..start);
        in_order.into_iter().find(|index| self.fits(*index, wanted)).map(|index| self.mark(index, wanted))
    }

    /// Takes this very port, which another process has had. Whether it is one of ours and free.
    pub(crate) fn claim(&mut self, port: u16) -> bool {
        let index = port.checked_sub(self.first).map(usize::from);
        match index.and_then(|index| self.taken.get_mut(index)) {
            Some(taken) => !std::mem::replace(taken, true),
            None => false,
        }
    }

    /// Gives one port back.
    pub(crate) fn release(&mut self, port: u16) {
        let index = usize::from(port - self.first);
        debug_assert!(self.taken[index], "port {port} was not taken");
        self.taken[index] = false;
    }

    fn fits(&self, index: u16, wanted: Wanted) -> bool {
        let is_free = |index: u16| self.taken.get(usize::from(index)) == Some(&false);
        let is_even = (self.first + index).is_multiple_of(2);
        match wanted {
            Wanted::Any => is_free(index),
            Wanted::Even => is_free(index) && is_even,
            Wanted::Pair => is_free(index) && is_even && is_free(index + 1),
        }
    }

    fn mark(&mut self, index: u16, wanted: Wanted) -> u16 {
        self.taken[usize::from(index)] = true;
        if wanted == Wanted::Pair {
            self.taken[usize::from(index) + 1] = true;
        }
        self.first + index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random() -> Random {
        Random::new(&[7; 32])
    }

    #[test]
    fn every_port_is_given_once_and_again_after_release() {
        let mut ports = Ports::new(&(65000..=65535));
        let mut random = random();
        let mut given: Vec<u16> = std::iter::from_fn(|| ports.take(Wanted::Any, &mut random)).collect();
        let in_order: Vec<u16> = (65000..=65535).collect();
        assert_ne!(given, in_order);
        given.sort_unstable();
        assert_eq!(given, in_order);
        ports.release(65123);
        assert_eq!(ports.take(Wanted::Any, &mut random), Some(65123));
        assert_eq!(ports.take(Wanted::Any, &mut random), None);
    }

    #[test]
    fn l2_an_even_port_leaves_its_sibling_free_and_a_pair_takes_both() {
        let mut ports = Ports::new(&(50001..=50005));
        let mut random = random();
        let pair = ports.take(Wanted::Pair, &mut random).unwrap();
        assert!(pair == 50002 || pair == 50004);
        let other = ports.take(Wanted::Even, &mut random).unwrap();
        assert_ne!(pair, other);
        assert!(other == 50002 || other == 50004);
        assert_eq!(ports.take(Wanted::Even, &mut random), None);
        assert_eq!(ports.take(Wanted::Pair, &mut random), None);
        let mut rest: Vec<u16> = std::iter::from_fn(|| ports.take(Wanted::Any, &mut random)).collect();
        rest.sort_unstable();
        let expected: Vec<u16> =
            (50001..=50005).filter(|port| ![pair, pair + 1, other].contains(port)).collect();
        assert_eq!(rest, expected);
    }
}
