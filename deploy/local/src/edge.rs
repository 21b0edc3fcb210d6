//! The gateway as its customers call it: somebody, with a token of theirs, and every call with a trace of its own.

pub(crate) mod organization;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use muster_clock::Clock;
use muster_refusal::{ErrorReason, reason_of};
use prost::Name;
use tokio_stream::{Iter, iter};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

/// How long an answer may take; the gateway is told.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to the gateway. It is made at the first call, and gives up on a gateway that says nothing at all.
pub(crate) fn connect(gateway: &str) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(gateway.to_owned())?;
    Ok(endpoint.timeout(PATIENCE + Duration::from_secs(2)).connect_lazy())
}

/// One who calls.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    edge: Channel,
    bearer: Option<MetadataValue<Ascii>>,
    latest: Arc<Mutex<String>>,
}

/// A call that was refused or did not come back.
#[derive(Debug)]
pub(crate) struct Failed {
    /// The RPC's own name, such as `CreateGroup`.
    rpc: &'static str,
    /// The package of its contract.
    package: &'static str,
    /// The id of its trace.
    pub(crate) trace: String,
    pub(crate) status: Box<Status>,
}

impl Caller {
    /// Somebody with an access token.
    pub(crate) fn new(edge: Channel, token: &str) -> anyhow::Result<Self> {
        let bearer = format!("Bearer {token}").parse();
        Ok(Self {
            bearer: Some(bearer.context("the token is no header")?),
            ..Self::nobody(edge)
        })
    }

    /// Somebody who has not signed in.
    pub(crate) fn nobody(edge: Channel) -> Self {
        Self {
            edge,
            bearer: None,
            latest: Arc::default(),
        }
    }

    /// Makes a call.
    pub(crate) async fn ask<M: Name, R>(
        &self,
        message: M,
        send: impl AsyncFnOnce(Channel, Request<M>) -> Result<Response<R>, Status>,
    ) -> Result<R, Failed> {
        self.send::<M, M, R>(message, send).await
    }

    /// Makes a call of many messages.
    pub(crate) async fn pour<M: Name, R>(
        &self,
        messages: Vec<M>,
        send: impl AsyncFnOnce(Channel, Request<Iter<std::vec::IntoIter<M>>>) -> Result<Response<R>, Status>,
    ) -> Result<R, Failed> {
        self.send::<M, _, R>(iter(messages), send).await
    }

    /// The id of the trace of the latest call.
    pub(crate) fn latest_trace(&self) -> String {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn send<M: Name, B, R>(
        &self,
        body: B,
        send: impl AsyncFnOnce(Channel, Request<B>) -> Result<Response<R>, Status>,
    ) -> Result<R, Failed> {
        let trace = format!("{:032x}", rand::random::<u128>());
        let mut request = Request::new(body);
        request.set_timeout(PATIENCE);
        let metadata = request.metadata_mut();
        if let Some(bearer) = &self.bearer {
            metadata.insert("authorization", bearer.clone());
        }
        // W3C Trace Context: the trace begins with us, and is to be recorded.
        if let Ok(parent) = format!("00-{trace}-{:016x}-01", rand::random::<u64>()).parse() {
            metadata.insert("traceparent", parent);
        }
        self.latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&trace);
        match send(self.edge.clone(), request).await {
            Ok(answer) => Ok(answer.into_inner()),
            Err(status) => Err(Failed {
                rpc: M::NAME.trim_end_matches("Request"),
                package: M::PACKAGE,
                trace,
                status: Box::new(status),
            }),
        }
    }
}

impl Failed {
    /// The service that most likely knows why: that of the RPC, unless the gateway itself did not answer or let us in.
    pub(crate) fn service(&self) -> &'static str {
        match reason_of(&self.status) {
            None => "gateway",
            Some(_) if self.status.code() == Code::Unauthenticated => "gateway",
            Some(_) => self.package.split('.').nth(1).unwrap_or(self.package),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = reason_of(&self.status).map_or_else(|| "no reason given".to_owned(), name);
        write!(
            out,
            "{}: {:?}, {reason}: {}",
            self.rpc,
            self.status.code(),
            self.status.message()
        )
    }
}

impl std::error::Error for Failed {}

/// A fresh `request_id`.
pub(crate) fn request_id() -> String {
    Clock::system().new_uuid().to_string()
}

/// A reason as it stands in an answer.
pub(crate) fn name(reason: ErrorReason) -> String {
    reason
        .as_str_name()
        .trim_start_matches("ERROR_REASON_")
        .to_owned()
}
