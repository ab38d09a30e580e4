//! The store that all nodes share: calls and pairs, changed by compare-and-set, and the history, which outlives it.

use std::collections::BTreeMap;
use std::rc::Rc;

use visavis_call::{HistoryRow, Pair, Record};
use visavis_proto::{CallId, Epoch, Rev, UserId};

/// What a pair's key must be, and what it shall be.
#[derive(Debug, Clone)]
pub(crate) struct PairWrite {
    pub(crate) key: String,
    pub(crate) expected: Option<Rev>,
    pub(crate) names: Option<CallId>,
}

/// Why a write was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotWritten {
    /// Somebody else was faster.
    Conflict,
    /// The store has too much to do.
    Overloaded,
}

#[derive(Debug)]
pub(crate) struct Store {
    /// Counts the lives of the store.
    pub(crate) life: u32,
    last: u64,
    pub(crate) calls: BTreeMap<CallId, (Rev, Rc<Record>)>,
    pairs: BTreeMap<String, (Rev, CallId)>,
    /// The lines that were kept, the first of each person for each call.
    pub(crate) history: BTreeMap<(CallId, UserId), HistoryRow>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { life: 1, last: 0, calls: BTreeMap::new(), pairs: BTreeMap::new(), history: BTreeMap::new() }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        format!("life-{}", self.life).parse().expect("letters and digits are an epoch")
    }

    /// Everything is gone but the history.
    pub(crate) fn lose(&mut self) {
        self.life += 1;
        self.last = 0;
        self.calls.clear();
        self.pairs.clear();
    }

    pub(crate) fn pair(&self, pair: &Pair) -> (Option<Rev>, Option<CallId>) {
        let found = self.pairs.get(&pair.to_string());
        (found.map(|(rev, _)| *rev), found.map(|(_, call)| *call))
    }

    /// All writes or none. `compare`: whether what is there matters at all.
    pub(crate) fn write(
        &mut self,
        writes: &[(Option<Rev>, Rc<Record>)],
        pairs: Vec<PairWrite>,
        compare: bool,
    ) -> Result<Vec<Rev>, NotWritten> {
        let is = |id: &CallId| self.calls.get(id).map(|(rev, _)| *rev);
        let pair_is = |key: &str| self.pairs.get(key).map(|(rev, _)| *rev);
        let calls_fit = writes.iter().all(|(expected, record)| is(&record.id) == *expected);
        let pairs_fit = pairs.iter().all(|pair| pair_is(&pair.key) == pair.expected);
        if compare && !(calls_fit && pairs_fit) {
            return Err(NotWritten::Conflict);
        }
        let mut revs = Vec::new();
        for (_, record) in writes {
            self.last += 1;
            self.calls.insert(record.id, (Rev(self.last), Rc::clone(record)));
            revs.push(Rev(self.last));
        }
        for PairWrite { key, names, .. } in pairs {
            self.last += 1;
            match names {
                Some(call) => drop(self.pairs.insert(key, (Rev(self.last), call))),
                None => drop(self.pairs.remove(&key)),
            }
        }
        Ok(revs)
    }

    pub(crate) fn keep(&mut self, rows: Vec<HistoryRow>) {
        for row in rows {
            self.history.entry((row.call, row.owner.clone())).or_insert(row);
        }
    }

    pub(crate) fn is_past(&self, call: CallId, user: &UserId) -> bool {
        self.history.contains_key(&(call, user.clone()))
    }
}
