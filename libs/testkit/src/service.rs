//! A real service, in the process of the test: its port on loopback and a database of its own.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use muster_clock::Clock;
use muster_server::settings::CommonSettings;
use muster_server::{Running, Service};
use tokio::runtime::Handle;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Endpoint;

use crate::address::Address;
use crate::publisher::Outbox;
use crate::settings::common;
use crate::suite::SERVICES;
use crate::{Callers, RetryingChannel, Signed, TestBroker, TestCaller, TestDatabase, TestSuite, eventually};

/// What generated clients are built on in tests. Tries again on UNAVAILABLE.
pub type TestChannel = InterceptedService<RetryingChannel, Signed>;

type Start = Box<dyn Fn() -> BoxFuture<'static, Running> + Send + Sync>;

/// A service under test, or beside it. Its clock is the test's; its background work ends with it.
pub struct TestService {
    /// The database.
    pub database: Arc<TestDatabase>,
    /// The corner of the broker, of all services of its suite.
    pub broker: Arc<TestBroker>,
    /// The clock: of the service, and of the tokens of its callers.
    pub clock: Clock,
    callers: Arc<Callers>,
    address: Arc<Address>,
    channel: RetryingChannel,
    name: &'static str,
    start: Start,
    running: Option<Running>,
}

impl TestService {
    /// Starts `S` alone, with its own settings; it is ready when this returns.
    pub async fn start<S: Service>(clock: Clock, own: S::Settings) -> Self {
        TestSuite::new(clock).await.start_with::<S>(own).await
    }

    pub(crate) async fn start_in<S: Service>(
        suite: &TestSuite,
        database: TestDatabase,
        own: S::Settings,
    ) -> Self {
        let address = Arc::clone(suite.address(S::NAME));
        let listen = address.get();
        let common = common(S::NAME, &database, &suite.broker, &suite.callers, listen);
        let channel = Endpoint::from_shared(address.url())
            .expect("an address is a URL")
            .connect_lazy();
        let mut service = Self {
            database: Arc::new(database),
            broker: Arc::clone(&suite.broker),
            clock: suite.clock.clone(),
            callers: Arc::clone(&suite.callers),
            address,
            channel: RetryingChannel::new(channel),
            name: S::NAME,
            start: starter::<S>(common, own, suite.clock.clone()),
            running: None,
        };
        service.come_back().await;
        service
    }

    /// A channel for the calls of `who`: `ThingServiceClient::new(service.calls_of(who))`.
    #[must_use]
    pub fn calls_of(&self, who: TestCaller) -> TestChannel {
        let signed = Signed::new(Arc::clone(&self.callers), self.name, who);
        InterceptedService::new(self.channel.clone(), signed)
    }

    /// The keys that it believes.
    #[must_use]
    pub fn callers(&self) -> &Arc<Callers> {
        &self.callers
    }

    /// Stops it in order. What it ran on stays.
    pub async fn leave(&mut self) {
        let running = self.running.take().expect("it is away already");
        running.stop().await;
    }

    /// Starts it again, where it was and on what it ran on, with new tokens; it is ready when this returns.
    pub async fn come_back(&mut self) {
        assert!(self.running.is_none(), "it is there");
        self.renew_tokens();
        let running = (self.start)().await;
        if self.broker.is_there() {
            eventually(async || running.is_ready()).await;
        }
        self.running = Some(running);
    }

    /// Renews what it shows to others, as the platform does before it runs out.
    pub fn renew_tokens(&self) {
        self.callers.workload_tokens(self.name, &SERVICES);
    }

    /// The settings of another process of this service, which listens anywhere.
    #[must_use]
    pub fn replica(&self) -> CommonSettings {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        common(self.name, &self.database, &self.broker, &self.callers, anywhere)
    }

    /// Waits until so many calls have come while it is away.
    pub async fn missed(&self, calls: usize) {
        self.address.missed(calls).await;
    }

    /// What it publishes.
    #[must_use]
    pub fn outbox(&self) -> Outbox<'_> {
        self.database.outbox()
    }
}

impl Drop for TestService {
    /// Ends it, for the runtime may go on: a test may have many of them, one after the other, and each that was left would look for its
    /// database again and again, which is gone.
    fn drop(&mut self) {
        if let (Some(running), Ok(runtime)) = (self.running.take(), Handle::try_current()) {
            drop(runtime.spawn(running.stop()));
        }
    }
}

impl fmt::Debug for TestService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestService")
            .field("name", &self.name)
            .field("address", &self.address)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

fn starter<S: Service>(common: CommonSettings, own: S::Settings, clock: Clock) -> Start {
    // Of settings only copies are needed, one by one: they may not be shared between threads.
    let own = std::sync::Mutex::new(own);
    Box::new(move || {
        let own = own.lock().expect("nobody panics with settings").clone();
        let (common, clock) = (common.clone(), clock.clone());
        Box::pin(async move {
            let running = muster_server::start::<S>(&common, own, clock, None).await;
            running.expect("the service did not start")
        })
    })
}
