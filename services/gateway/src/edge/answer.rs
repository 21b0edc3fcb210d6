//! The answer as the client gets it: the service's frames and trailers unchanged, within the time of the call.
//!
//! The answer of a unary call is read before its first byte is written, and what the call occupied is free then. A task of
//! its own carries a stream, or an answer that is too long for that, holds what the call occupies, and lets go of it when
//! the time is up. Either way, a client that does not read can hold up neither the service nor the next call.

mod whole;

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame};
use http_body_util::BodyExt as _;
use muster_refusal::Refusal;
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;

pub(super) use self::whole::{Read, read};
use super::backends::Occupied;
use super::capacity::Place;
use super::deadline::Time;
use super::forward::Verdict;
use super::observe::Observation;
use super::pipe::{self, Inlet};
use super::refuse;
use super::standing::{self, Standing};
use crate::connection::Running;

/// What holds for an answer before it is there, and what it holds until it is written.
pub(super) struct Answer {
    pub(super) time: Time,
    pub(super) verdict: Verdict,
    /// Of a stream's caller.
    pub(super) standing: Option<Standing>,
    /// Cancelled when streams that still run are to end.
    pub(super) streams: CancellationToken,
    pub(super) place: Place,
    /// One call of the service.
    pub(super) lane: Option<Occupied>,
}

impl Answer {
    /// Carries the service's body to the client after what was read of it, over a connection that knows of it.
    pub(super) fn of(
        self,
        read: Read,
        body: Body,
        mut observation: Observation,
        running: Option<Running>,
    ) -> Body {
        let mut unread = || whole::nothing_but(trailers(refuse::unread(), &mut observation));
        if read.is_whole() || body.is_end_stream() {
            return read.written(running).unwrap_or_else(unread);
        }
        let waiting = match &running {
            Some(running) => match running.wait(pipe::ROOM) {
                Some(waiting) => Some(waiting),
                None => return unread(),
            },
            None => None,
        };
        let (inlet, outlet) = pipe::new(waiting);
        read.into_frames().for_each(|frame| inlet.put(frame));
        tokio::spawn(async move {
            self.carry(body, inlet, observation).await;
            drop((self.place, self.lane, running));
        });
        Body::new(outlet)
    }

    async fn carry(&self, body: Body, inlet: Inlet, mut observation: Observation) {
        let refusal = tokio::select! {
            biased;
            () = inlet.left() => return,
            refusal = self.over() => refusal,
            silent = self.pass(body, &inlet, &mut observation) => silent,
        };
        inlet.cut(trailers(refusal, &mut observation));
    }

    /// Returns when the call's time is up, one way or another.
    async fn over(&self) -> Refusal {
        let cut = async {
            if self.time.streams() {
                self.streams.cancelled().await;
            } else {
                // Unary answers end by themselves, and soon.
                std::future::pending().await
            }
        };
        tokio::select! {
            () = cut => refuse::shutting_down(),
            () = sleep_until(self.time.end()) => refuse::too_late(),
            refusal = standing::lost(self.standing.as_ref()) => refusal,
        }
    }

    /// Passes frames on. Returns only if the stream was silent for too long: the service's silence, or the client's.
    async fn pass(&self, mut body: Body, inlet: &Inlet, observation: &mut Observation) -> Refusal {
        loop {
            let next = async {
                inlet.room().await;
                body.frame().await
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
                    // The service broke off; or we cut its request off.
                    let refusal = self.verdict.take().unwrap_or_else(Refusal::unavailable);
                    inlet.put(trailers(refusal, observation));
                    break;
                }
                None => break,
            }
        }
        drop(body);
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

/// Trailers of our own, when the service's will not come.
pub(super) fn trailers(refusal: Refusal, observation: &mut Observation) -> Frame<Bytes> {
    let mut trailers = HeaderMap::new();
    // Text and details of a refusal are always valid header values.
    let _ = Status::from(refusal).add_header(&mut trailers);
    observation.refused(&mut trailers);
    Frame::trailers(trailers)
}
