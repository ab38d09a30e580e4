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

/// Somebody else was faster.
#[derive(Debug)]
pub(crate) struct Conflict;

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

    /// Both writes or none. `compare`: whether what is there matters at all.
    pub(crate) fn write(
        &mut self,
        expected: Option<Rev>,
        record: Rc<Record>,
        pair: Option<PairWrite>,
        compare: bool,
    ) -> Result<Rev, Conflict> {
        let is = self.calls.get(&record.id).map(|(rev, _)| *rev);
        let pair_is = pair.as_ref().and_then(|pair| self.pairs.get(&pair.key)).map(|(rev, _)| *rev);
        let pair_fits = pair.as_ref().is_none_or(|pair| pair.expected == pair_is);
        if compare && (is != expected || !pair_fits) {
            return Err(Conflict);
        }
        self.last += 1;
        let rev = Rev(self.last);
        self.calls.insert(record.id, (rev, record));
        if let Some(PairWrite { key, names, .. }) = pair {
            match names {
                Some(call) => drop(self.pairs.insert(key, (rev, call))),
                None => drop(self.pairs.remove(&key)),
            }
        }
        Ok(rev)
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
