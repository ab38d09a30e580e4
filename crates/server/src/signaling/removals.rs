//! People whose account is gone: their sockets close, and their calls end. And calls that an administrator ends.

use std::sync::Arc;
use std::time::Duration;

use tracing::{error, info, warn};
use visavis_call::Event;
use visavis_proto::{CallId, ErrorCode, UserId};

use super::calls::Calls;
use crate::accounts::Accounts;
use crate::clock;

/// How often it is looked whether the command line has written to the database.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Guests whose time is over are sent away this often.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

impl Calls {
    /// Ends every live call of somebody whose account is gone.
    pub(crate) async fn end_all_of(&self, user: &UserId) {
        for id in self.live_calls_of(user) {
            if let Err(code) = self.decide(id, &Event::Removed, clock::now()).await {
                error!(%id, ?code, "a call of somebody who was removed goes on");
            }
        }
    }

    /// An administrator ends a call.
    pub(crate) async fn terminate(&self, id: CallId) -> Result<(), ErrorCode> {
        if !self.read(id).is_some_and(|(_, record)| record.is_live()) {
            return Err(ErrorCode::NotFound);
        }
        self.decide(id, &Event::Terminate, clock::now()).await
    }

    /// The same of every live call of somebody.
    pub(crate) async fn terminate_all_of(&self, user: &UserId) {
        for id in self.live_calls_of(user) {
            if let Err(code) = self.terminate(id).await {
                error!(%id, ?code, "a call of somebody whose account is shut goes on");
            }
        }
    }

    /// Notices people whom `visavis user remove` has taken out, for ever.
    pub async fn run_removals(self: Arc<Self>, accounts: Arc<Accounts>) {
        let mut known = None;
        loop {
            match self.store.version_elsewhere().await {
                Ok(version) if known == Some(version) => {}
                Ok(version) => match self.look_for_removed(&accounts).await {
                    Ok(()) => known = Some(version),
                    Err(error) => warn!(%error, "it cannot be seen who has been removed; trying again"),
                },
                Err(error) => warn!(%error, "the database does not say whether it was changed"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Closes the devices of everybody whose account is gone, and ends their calls.
    pub(crate) async fn look_for_removed(
        &self,
        accounts: &Accounts,
    ) -> Result<(), visavis_store::StoreError> {
        let mut present = self.devices.users_connected();
        present.extend(self.people_in_calls());
        let there = self.store.who_is_there(present.iter().cloned().collect()).await?;
        for user in there {
            present.remove(&user.id);
        }
        for gone in present {
            info!("an account was removed: its devices are closed and its calls ended");
            // First, so that the calls end for this reason and not because their devices are closed.
            self.end_all_of(&gone).await;
            accounts.user_is_gone(&gone);
        }
        Ok(())
    }

    /// Removes guests whose time is over, unless they are talking, for ever.
    pub async fn run_guest_sweeps(self: Arc<Self>, accounts: Arc<Accounts>) {
        loop {
            if let Err(error) = self.sweep_guests(&accounts).await {
                warn!(%error, "guests whose time is over could not be removed");
            }
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }

    async fn sweep_guests(&self, accounts: &Accounts) -> Result<(), visavis_store::StoreError> {
        for guest in self.store.expired_guests(clock::now()).await? {
            if !self.is_talking(&guest) {
                self.store.remove_user(&guest).await?;
                accounts.user_is_gone(&guest);
            }
        }
        Ok(())
    }
}
