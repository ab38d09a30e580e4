//! Changes that are not left half done.

use tracing::error;
use visavis_proto::ErrorCode;

use crate::accounts::Refusal;

/// Does a change with all that follows from it, even if whoever asked is gone before the answer: the database is changed
/// then, and the sockets and calls of those whom it concerns must not stay behind.
pub(super) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::spawn(work).await.unwrap_or_else(|error| {
        error!(%error, "what somebody asked for was not done to its end");
        Err(Refusal::new(ErrorCode::Internal, "the server has a fault; its log says more"))
    })
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::to_the_end;

    #[tokio::test]
    async fn what_was_begun_is_done_to_its_end_when_nobody_waits_for_it_any_more() {
        let (begin, begun) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        let asked = tokio::spawn(to_the_end(async move {
            begin.send(()).unwrap();
            may_go_on.await.unwrap();
            finish.send(()).unwrap();
            Ok(())
        }));
        begun.await.unwrap();

        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        go_on.send(()).unwrap();

        finished.await.unwrap();
    }
}
