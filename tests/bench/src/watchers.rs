//! Many who watch the invitations of one organization, straight at the service: a gateway lets fewer of one caller. They count what
//! they are told and do not read it: who watches does that on machines of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::uri::PathAndQuery;
use muster_identity::CALLER_HEADER;
use muster_proto::invitation::v1::WatchInvitationsRequest;
use tokio::task::JoinSet;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Streaming};
use tonic_prost::ProstCodec;

use super::fixture::{Fixture, answer};
use super::polling::until;
use super::reads::caller_token;

const METHOD: &str = "/muster.invitation.v1.InvitationService/WatchInvitations";
/// Streams of one connection.
const OF_A_CONNECTION: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

/// What is told of invitations, each as its bytes.
#[derive(Clone, PartialEq, prost::Message)]
struct Told {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    invitations: Vec<Bytes>,
}

async fn watch(
    channel: Channel,
    request: Request<WatchInvitationsRequest>,
) -> anyhow::Result<Streaming<Told>> {
    let mut service = Grpc::new(channel);
    service.ready().await?;
    let codec = ProstCodec::<WatchInvitationsRequest, Told>::default();
    let method = PathAndQuery::from_static(METHOD);
    answer(service.server_streaming(request, method, codec).await)
}

/// They watch until this is dropped.
pub(super) struct Watchers {
    streams: JoinSet<()>,
    told: Arc<AtomicU64>,
}

impl Watchers {
    /// So many, each of whom has had its first message.
    pub(super) async fn open(fixture: &Fixture, count: usize) -> anyhow::Result<Self> {
        let address = fixture.addresses.service("invitation")?.grpc.clone();
        let token = caller_token(fixture, "invitation", METHOD, "invitation.read")?;
        let (mut streams, told) = (JoinSet::new(), Arc::new(AtomicU64::new(0)));
        let mut channel = Endpoint::from_shared(address)?.connect_lazy();
        for number in 0..count {
            if number % OF_A_CONNECTION == 0 {
                let address = fixture.addresses.service("invitation")?.grpc.clone();
                channel = Endpoint::from_shared(address)?.connect().await?;
            }
            let mut request = Request::new(WatchInvitationsRequest {
                parent: fixture.organization.clone(),
                resume_token: String::new(),
            });
            let token = token.parse().context("the token is no header")?;
            request.metadata_mut().insert(CALLER_HEADER, token);
            let mut stream = watch(channel.clone(), request).await?;
            stream.message().await?.context("a stream ended at once")?;
            let told = Arc::clone(&told);
            streams.spawn(async move {
                while let Ok(Some(message)) = stream.message().await {
                    told.fetch_add(message.invitations.len() as u64, Ordering::Relaxed);
                }
            });
        }
        Ok(Self { streams, told })
    }

    /// Waits until all together have been told so much.
    pub(super) async fn were_told(&self, changes: u64) -> anyhow::Result<()> {
        let all = async || Ok((self.told.load(Ordering::Relaxed) >= changes).then_some(()));
        until("waiting for what watchers are told", PATIENCE, PAUSE, all).await
    }

    /// How many still watch.
    pub(super) fn count(&mut self) -> usize {
        while self.streams.try_join_next().is_some() {}
        self.streams.len()
    }
}
