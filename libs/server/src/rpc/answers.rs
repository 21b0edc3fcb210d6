//! Answers that come in many messages: written by a task of its own, read as fast as the caller takes them.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};
use tracing::Instrument as _;

/// What waits for the caller to take it.
const AHEAD: usize = 2;

/// The messages of an answer.
pub type Answers<T> = ReceiverStream<Result<T, Status>>;

/// Where the messages of an answer go.
#[derive(Debug)]
pub struct AnswerSink<T>(mpsc::Sender<Result<T, Status>>);

/// Nobody takes the answer any more: whoever writes it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

impl<T> AnswerSink<T> {
    /// Waits until the caller takes it, or has taken enough of what was sent before.
    ///
    /// # Errors
    /// [`Gone`].
    pub async fn send(&self, message: T) -> Result<(), Gone> {
        self.0.send(Ok(message)).await.map_err(|_| Gone)
    }
}

impl From<Gone> for Status {
    fn from(_: Gone) -> Self {
        Self::cancelled("nobody takes the answer")
    }
}

/// The answer that `write` writes. It ends when `write` does: with its error, or well. A caller who hangs up, or a stream that is
/// cut, is told to it by [`Gone`] at its next message; a statement that runs is not broken off.
pub fn answers<T, F>(write: impl FnOnce(AnswerSink<T>) -> F) -> Response<Answers<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(AHEAD);
    let written = tokio::spawn(write(AnswerSink(sender.clone())).in_current_span());
    tokio::spawn(async move {
        // What broke off must not look like what is whole.
        let ended = written.await.unwrap_or_else(|ended| {
            tracing::error!(error = %ended, "an answer broke off");
            Err(muster_refusal::Refusal::internal().into())
        });
        if let Err(status) = ended {
            let _ = sender.send(Err(status)).await;
        }
    });
    Response::new(ReceiverStream::new(receiver))
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn an_answer_ends_as_its_writer_does() {
        let well = answers(async |sink: AnswerSink<u8>| {
            sink.send(1).await?;
            Ok(())
        });
        let all: Vec<_> = well.into_inner().map(Result::unwrap).collect().await;
        assert_eq!(all, [1]);
        let mut broken = answers(async |_: AnswerSink<u8>| panic!("made up")).into_inner();
        let status = broken.next().await.unwrap().unwrap_err();
        assert_eq!(status.code(), tonic::Code::Internal);
        assert!(broken.next().await.is_none());
    }

    #[tokio::test]
    async fn a_writer_hears_that_nobody_listens() {
        let (told, hears) = tokio::sync::oneshot::channel();
        let answer = answers(async |sink: AnswerSink<u8>| {
            while sink.send(1).await.is_ok() {}
            let _ = told.send(());
            Ok(())
        });
        drop(answer);
        hears.await.unwrap();
    }
}
