//! A service: its replicas, and which of them answers the next call.
//!
//! Of two replicas picked at random the one with fewer calls answers ("power of two choices"): no replica is flooded,
//! and nobody needs to know how fast each is. A replica that cannot be reached is not tried for a moment, and a call
//! that has not left this process goes to the next one.
//!
//! Behind one URL are those that the platform lets be found, which are ready. Where each replica has a URL of its own, nobody
//! but they themselves say who is: who is not, is called only when nobody else can be.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::join_all;
use http::{Request, Response, StatusCode, Uri};
use muster_server::settings::PeerUrls;
use muster_tls::Trust;

use super::addresses::{Lookup, look_up};
use super::connection::{ConnectError, SendError, Target};
use super::exchange::{ResponseBody, Upload};
use super::replica::{Replica, ReplicaPermit};
use super::request_body::RequestBody;
use crate::limits::{ConcurrencyLimit, Permit};

/// How often a call that nobody has begun with is tried: connections end at any time, and all of one replica's at once.
const MAX_ATTEMPTS: usize = 3;

/// A service, wherever it runs.
#[derive(Debug)]
pub(super) struct Service {
    /// The first, or only, URL: what calls name.
    first: Arc<Target>,
    /// All of them.
    targets: Vec<Arc<Target>>,
    calls: Arc<ConcurrencyLimit>,
    known: Mutex<Known>,
    /// Who waits for the first addresses.
    finding: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    replicas: Vec<Arc<Replica>>,
    /// Those of them that are called while they can be: the ready ones, or all if none is.
    called: Vec<Arc<Replica>>,
    lookup: Lookup,
}

/// A call that is under way to a service, one of those that it may have at the same time.
pub(super) struct Call {
    service: Arc<Service>,
    permit: Permit,
}

/// What a call holds of a service until its answer has ended.
#[derive(Debug)]
pub(crate) struct UpstreamPermit {
    _upload: Option<Upload>,
    _of_service: Permit,
    _at_replica: ReplicaPermit,
}

/// Why a call was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("no connection")]
    Connect(#[from] ConnectError),
    #[error("the connection broke")]
    Broken(#[source] h2::Error),
    /// gRPC is always answered with 200: whoever answered was something in between, such as a load balancer without a replica.
    #[error("something in between answered with HTTP {0}")]
    NotTheService(StatusCode),
}

impl From<SendError> for CallError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Unsent(_) => Self::Connect(ConnectError::Ended),
            SendError::Broken(error) => Self::Broken(error),
        }
    }
}

impl Service {
    /// A service at these URLs that may have so many calls at the same time. Nothing is looked up yet.
    pub(super) fn new(urls: &PeerUrls, trust: &Arc<Trust>, max_calls: usize) -> Self {
        let first = Arc::new(Target::of(urls.first(), trust));
        let others = urls.iter().skip(1).map(|url| Arc::new(Target::of(url, trust)));
        Self {
            targets: std::iter::once(Arc::clone(&first)).chain(others).collect(),
            first,
            calls: ConcurrencyLimit::new(max_calls),
            known: Mutex::default(),
            finding: tokio::sync::Mutex::default(),
        }
    }

    /// Where a method of it is.
    pub(super) fn uri(&self, path: &'static str) -> Uri {
        self.first.uri(path)
    }

    /// Where it answers, a URL each.
    pub(super) fn targets(&self) -> &[Arc<Target>] {
        &self.targets
    }

    /// Whoever is there is called only when nobody else can be, or as all others from now on. It counts where there are several.
    pub(super) fn leave_out(&self, target: &Target, left_out: bool) {
        if self.targets.len() > 1 && target.leave_out(left_out) {
            tracing::info!(replica = ?target, left_out, "whether a replica is called has changed");
            self.known().choose();
        }
    }

    /// One more call; `None` when there are as many as there may be.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Call> {
        let permit = self.calls.take()?;
        let service = Arc::clone(self);
        Some(Call { service, permit })
    }

    /// A call on a connection that is there, or else on one that can be made.
    async fn replica(self: &Arc<Self>) -> Result<ReplicaPermit, ConnectError> {
        match self.try_replica() {
            Some(permit) => Ok(permit),
            // In a box: it is large, and rarely needed.
            None => Box::pin(self.connected()).await,
        }
    }

    /// A call on a connection that is there, at the better one of two replicas.
    fn try_replica(&self) -> Option<ReplicaPermit> {
        let known = self.known();
        if known.lookup.would_be_due() {
            return None;
        }
        let better = Arc::clone(better_of(&known.called)?);
        drop(known);
        better.try_enter()
    }

    /// A call at a replica that can be reached.
    async fn connected(self: &Arc<Self>) -> Result<ReplicaPermit, ConnectError> {
        let mut tried: Vec<SocketAddr> = Vec::new();
        let mut problem = None;
        while tried.len() < MAX_ATTEMPTS {
            let Some(replica) = self.pick(&tried).await? else {
                break;
            };
            match replica.enter().await {
                Ok(permit) => return Ok(permit),
                Err(error) => problem = Some(error),
            }
            tried.push(replica.address);
        }
        Err(problem.unwrap_or(ConnectError::NoAddress))
    }

    /// The better one of two, among those not tried yet; one that is left out only if all are or back off, and one that backs off
    /// only if all do.
    async fn pick(self: &Arc<Self>, tried: &[SocketAddr]) -> Result<Option<Arc<Replica>>, ConnectError> {
        let replicas = self.replicas().await?;
        let untried = |replica: &&Arc<Replica>| !tried.contains(&replica.address);
        if let [only] = replicas.as_slice() {
            return Ok(Some(only).filter(untried).cloned());
        }
        let left = replicas.iter().filter(untried).cloned();
        let (usable, backing_off): (Vec<Arc<Replica>>, Vec<_>) =
            left.partition(|replica| replica.backs_off_until().is_none());
        let (left_out, called): (Vec<Arc<Replica>>, Vec<_>) = usable
            .into_iter()
            .partition(|replica| replica.target.is_left_out());
        let soonest = || backing_off.iter().min_by_key(|replica| replica.backs_off_until());
        let better = better_of(&called).or_else(|| better_of(&left_out));
        Ok(better.or_else(soonest).cloned())
    }

    /// Those that are known; the first caller of all waits until some are. They are looked up again beside the calls.
    async fn replicas(self: &Arc<Self>) -> Result<Vec<Arc<Replica>>, ConnectError> {
        let (known, is_due) = {
            let mut known = self.known();
            let is_due = !known.replicas.is_empty() && known.lookup.is_due();
            (known.replicas.clone(), is_due)
        };
        if is_due {
            let service = Arc::clone(self);
            tokio::spawn(async move {
                if let Err(error) = service.find().await {
                    tracing::warn!(service = ?service.targets, %error, "a service's name was not looked up");
                }
            });
        }
        if known.is_empty() {
            let _alone = self.finding.lock().await;
            if self.known().replicas.is_empty() {
                let found = self.find().await;
                // Of several names one is enough.
                if self.known().replicas.is_empty() {
                    found?;
                }
            }
            return Ok(self.known().replicas.clone());
        }
        Ok(known)
    }

    /// Looks up every name. One that cannot be looked up changes nothing of its own.
    ///
    /// # Errors
    /// Why not: of several, the last one.
    async fn find(&self) -> Result<(), ConnectError> {
        let looked_up = join_all(self.targets.iter().map(|target| look_up(target))).await;
        let mut known = self.known();
        let (mut found, mut ended) = (Vec::new(), Ok(()));
        for (target, addresses) in self.targets.iter().zip(looked_up) {
            let addresses = addresses.unwrap_or_else(|error| {
                ended = Err(error);
                known.of(target)
            });
            found.extend(addresses.into_iter().map(|address| (address, Arc::clone(target))));
        }
        known.lookup.done();
        known.are(found);
        ended
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Keeps the connections of those that are still there; those of the others end with their calls. Whoever is found by two
    /// URLs is one.
    fn are(&mut self, found: Vec<(SocketAddr, Arc<Target>)>) {
        let known = std::mem::take(&mut self.replicas);
        for (address, target) in found {
            let is_same = |replica: &&Arc<Replica>| replica.address == address;
            if self.replicas.iter().any(|replica| is_same(&replica)) {
                continue;
            }
            let same = known.iter().find(is_same).cloned();
            let replica = same.unwrap_or_else(|| Arc::new(Replica::new(address, target)));
            self.replicas.push(replica);
        }
        self.choose();
    }

    /// The addresses that were found by this URL.
    fn of(&self, target: &Arc<Target>) -> Vec<SocketAddr> {
        let found = self.replicas.iter();
        found
            .filter(|replica| Arc::ptr_eq(&replica.target, target))
            .map(|replica| replica.address)
            .collect()
    }

    /// Who is called.
    fn choose(&mut self) {
        let ready = self.replicas.iter();
        self.called = ready
            .filter(|replica| !replica.target.is_left_out())
            .cloned()
            .collect();
        if self.called.is_empty() {
            self.called.clone_from(&self.replicas);
        }
    }
}

impl Call {
    /// Sends it to a replica. What was not sent because the connection had ended, or not begun with because it was ending, is sent
    /// once more; so is, one time, a call whose connection was lost before any answer, or that somebody else answered, if it is
    /// `retry_safe`.
    pub(super) async fn send(
        self,
        mut request: Request<RequestBody>,
        mut retry_safe: bool,
    ) -> Result<(Response<ResponseBody>, UpstreamPermit), CallError> {
        for _ in 0..MAX_ATTEMPTS {
            let mut permit = self.service.replica().await?;
            let again = again(&request);
            let error = match permit.stream.send(request).await {
                Ok((response, _)) if response.status() != StatusCode::OK => {
                    let status = response.status();
                    match again {
                        Some(again) if retry_safe => request = again,
                        _ => return Err(CallError::NotTheService(status)),
                    }
                    retry_safe = false;
                    tracing::debug!(%status, "a call is sent once more");
                    continue;
                }
                Ok((response, upload)) => return Ok((response, self.permit(permit, upload))),
                Err(SendError::Unsent(unsent)) => {
                    request = *unsent;
                    continue;
                }
                Err(error) => error,
            };
            let is_lost = error.is_lost();
            match again {
                Some(again) if error.was_not_begun() || (is_lost && retry_safe) => request = again,
                _ => return Err(error.into()),
            }
            retry_safe &= !is_lost;
            tracing::debug!(%error, "a call is sent once more");
        }
        Err(CallError::Connect(ConnectError::Ended))
    }

    fn permit(self, at_replica: ReplicaPermit, upload: Option<Upload>) -> UpstreamPermit {
        UpstreamPermit {
            _upload: upload,
            _of_service: self.permit,
            _at_replica: at_replica,
        }
    }
}

/// The same request, if it can be sent twice.
fn again(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    let mut again = Request::new(request.body().again()?);
    again.method_mut().clone_from(request.method());
    again.uri_mut().clone_from(request.uri());
    *again.version_mut() = request.version();
    again.headers_mut().clone_from(request.headers());
    Some(again)
}

/// The one with fewer calls, of two picked at random.
fn better_of(replicas: &[Arc<Replica>]) -> Option<&Arc<Replica>> {
    let (one, other) = two_of(replicas.len())?;
    let two = [replicas.get(one)?, replicas.get(other)?];
    two.into_iter().min_by_key(|replica| replica.running())
}

/// Two different numbers below `count`, at random; the same one twice if there is only one.
fn two_of(count: usize) -> Option<(usize, usize)> {
    let one = rand::random_range(0..count.max(1));
    match count {
        0 => None,
        1 => Some((0, 0)),
        _ => Some((one, (one + rand::random_range(1..count)) % count)),
    }
}

#[cfg(test)]
mod tests;
