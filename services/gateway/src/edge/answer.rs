//! The answer as the client gets it: the service's frames and trailers unchanged, within the time of the call.
//!
//! The answer of a unary call is read before its first byte is written, and the call's permits are free then. A stream, or
//! an answer too long for that, is carried by a task of its own, which holds the permits and drops them when the time is
//! up. Either way, a client that does not read holds up neither the service nor the next call.

mod buffered;

use std::time::Duration;

use http_body::Body as _;
use http_body_util::BodyExt as _;
use muster_refusal::Refusal;
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;

pub(super) use self::buffered::{Buffered, buffer};
use super::capacity::CallPermit;
use super::deadline::Time;
use super::observe::Observation;
use super::pipe::{self, Inlet};
use super::refuse;
use super::request_body::AbortReason;
use super::stream_authorization::{self, StreamAuthorization};
use crate::limits::RequestGuard;
use crate::upstream::UpstreamPermit;

/// What holds for an answer, and what it holds until it has ended.
pub(super) struct Answer {
    pub(super) time: Time,
    pub(super) abort_reason: AbortReason,
    /// Cancelled when streams that still run are to end.
    pub(super) streams: CancellationToken,
    pub(super) held: CallPermits,
}

/// What a call holds until its answer has ended.
pub(super) struct CallPermits {
    /// Of a stream's caller.
    pub(super) authorization: Option<StreamAuthorization>,
    pub(super) _permit: CallPermit,
    /// `None` if no service was called.
    pub(super) _upstream: Option<UpstreamPermit>,
}

impl Answer {
    /// The body that the connection writes: what was read already, then the rest as it comes.
    pub(super) fn body(
        self,
        buffered: Buffered,
        rest: Body,
        mut observation: Observation,
        guard: Option<RequestGuard>,
    ) -> Body {
        let mut refused = || buffered::only(observation.refusal(refuse::unread()));
        if buffered.is_whole() || rest.is_end_stream() {
            return buffered.into_body(guard).unwrap_or_else(refused);
        }
        let permit = match &guard {
            Some(guard) => match guard.buffer(pipe::MAX_BUFFERED) {
                Some(permit) => Some(permit),
                None => return refused(),
            },
            None => None,
        };
        let (inlet, outlet) = pipe::new(permit);
        buffered.into_frames().for_each(|frame| inlet.put(frame));
        tokio::spawn(async move {
            self.carry(rest, inlet, observation).await;
            drop((self.held, guard));
        });
        Body::new(outlet)
    }

    async fn carry(&self, rest: Body, inlet: Inlet, mut observation: Observation) {
        let refusal = tokio::select! {
            biased;
            () = inlet.left() => return,
            refusal = self.over() => refusal,
            silent = self.pass_on(rest, &inlet, &mut observation) => silent,
        };
        inlet.cut(observation.refusal(refusal));
    }

    /// Returns when the call must end: its time is up, the process stops, or the caller lost the right to go on.
    async fn over(&self) -> Refusal {
        let stopping = async {
            if self.time.streams() {
                self.streams.cancelled().await;
            } else {
                // Unary answers end by themselves, and soon.
                std::future::pending().await
            }
        };
        tokio::select! {
            () = stopping => refuse::shutting_down(),
            () = sleep_until(self.time.end()) => refuse::too_late(),
            refusal = stream_authorization::revoked(self.held.authorization.as_ref()) => refusal,
        }
    }

    /// Passes frames on. Returns only if the stream was silent for too long, by the service's fault or the client's.
    async fn pass_on(&self, mut rest: Body, inlet: &Inlet, observation: &mut Observation) -> Refusal {
        loop {
            let next = async {
                inlet.has_room().await;
                rest.frame().await
            };
            let Some(next) = within(self.time.idle(), next).await else {
                return refuse::too_late();
            };
            match next {
                Some(Ok(frame)) => {
                    frame
                        .trailers_ref()
                        .inspect(|trailers| observation.answered(trailers));
                    inlet.put(frame);
                }
                Some(Err(_)) => {
                    // The service broke off, or the edge cut its request off.
                    let refusal = self.abort_reason.take().unwrap_or_else(Refusal::unavailable);
                    inlet.put(observation.refusal(refusal));
                    break;
                }
                None => break,
            }
        }
        drop(rest);
        inlet.close();
        std::future::pending().await
    }
}

async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}
