//! Handing the other person of a call over to a third.

use std::rc::Rc;

use visavis_call::{Availability, Callee, NewCall, Pair, Ties};
use visavis_proto::{Address, CallId, ErrorCode, MediaKind, UserId};

use super::{ATTEMPTS, Node, is_written};
use crate::judge::Why;
use crate::store::PairWrite;

impl Node {
    pub(super) async fn transfer(
        self: &Rc<Self>,
        call: CallId,
        by: &Address,
        to: UserId,
    ) -> Result<(), ErrorCode> {
        let now = self.now();
        let id = self.hub.new_call();
        for _ in 0..ATTEMPTS {
            let Some((rev, record)) = self.read(call).filter(|(_, record)| record.concerns(by)) else {
                return Err(ErrorCode::NotYourCall);
            };
            self.make_past(&record).await;
            let Some(caller) = visavis_call::transferable(&record, by, now)? else { return Ok(()) };
            let new = NewCall {
                id,
                epoch: self.hub.store.borrow().epoch(),
                caller,
                callee: Callee { user: to.clone(), name: to.to_string() },
                media: vec![MediaKind::Audio],
                ties: Ties::default(),
                screened: None,
            };
            let callee_is = if self.live(&to).is_empty() { Availability::Free } else { Availability::Busy };
            let name = by.user.to_string();
            let decided = visavis_call::transfer_to(&record, by, name, new, callee_is, now, &self.timers)?;
            let Some(handover) = decided else { return Ok(()) };
            let (old, new) = (Pair::of_call(&record), Pair::of_call(&handover.new.record));
            let (expected, named) = self.hub.store.borrow().pair(&new);
            if named.is_some() {
                return Err(ErrorCode::Busy);
            }
            let mut pairs = vec![PairWrite { key: new.to_string(), expected, names: Some(id) }];
            let (expected, named) = self.hub.store.borrow().pair(&old);
            if named == Some(call) {
                pairs.push(PairWrite { key: old.to_string(), expected, names: None });
            }
            let ended = handover.ended.into_iter().map(|step| (Some(rev), step));
            let steps = ended.chain([(None, handover.new)]).collect();
            if is_written(self.commit_all(steps, pairs, &Why::Transfer(by.clone()), now).await)? {
                return Ok(());
            }
        }
        Err(ErrorCode::Conflict)
    }
}
