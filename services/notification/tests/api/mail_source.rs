//! The source of mails about invitations, played for what the real one cannot do: keep an answer back until a test lets it go, change
//! its mind at an exact point, fail, or answer what makes no mail. A tiny server for two RPCs. The real one is asked by the
//! tests of the whole service.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::join_all;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_server::{
    MailSourceInternalService, MailSourceInternalServiceServer,
};
use muster_proto::notification::v1::{
    BatchGetMailsRequest, BatchGetMailsResponse, GetMailRequest, GetMailResponse, InviteVariables, MailAnswer,
};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// The server. Ends with this value.
pub(crate) struct MailSource {
    address: SocketAddr,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

struct State {
    cancelled: Mutex<HashSet<String>>,
    special: Mutex<HashMap<String, Result<GetMailResponse, Status>>>,
    asked: Mutex<Vec<String>>,
    questions: AtomicUsize,
    is_older: AtomicBool,
    asking: Notify,
    /// Answers that may be given; closed to hold them back.
    answers: Semaphore,
    held: Mutex<bool>,
    away: Mutex<bool>,
    expire_time: Mutex<Option<prost_types::Timestamp>>,
}

impl MailSource {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(State {
            cancelled: Mutex::default(),
            special: Mutex::default(),
            asked: Mutex::default(),
            questions: AtomicUsize::new(0),
            is_older: AtomicBool::new(false),
            asking: Notify::new(),
            answers: Semaphore::new(0),
            held: Mutex::new(false),
            away: Mutex::new(false),
            expire_time: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = MailSourceInternalServiceServer::new(Answers(Arc::clone(&state)));
        let serving = tokio::spawn(async move {
            let server = tonic::transport::Server::builder().add_service(service);
            server
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
                .unwrap();
        });
        Self {
            address,
            state,
            serving,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// This mail is not wanted any more.
    pub(crate) fn cancel(&self, subject: &str) {
        self.state.cancelled.lock().unwrap().insert(subject.to_owned());
    }

    /// Answers nobody, as while it is started again, or answers again.
    pub(crate) fn is_away(&self, away: bool) {
        *self.state.away.lock().unwrap() = away;
    }

    /// Answers for this subject like this.
    pub(crate) fn answer(&self, subject: &str, answer: Result<GetMailResponse, Status>) {
        self.state
            .special
            .lock()
            .unwrap()
            .insert(subject.to_owned(), answer);
    }

    /// Links work until then.
    pub(crate) fn expire_at(&self, at: time::OffsetDateTime) {
        *self.state.expire_time.lock().unwrap() = Some(muster_server::convert::timestamp(at));
    }

    /// Holds answers back from now on.
    pub(crate) fn hold(&self) {
        *self.state.held.lock().unwrap() = true;
    }

    /// Waits until somebody asks.
    pub(crate) async fn is_asked(&self) {
        self.state.asking.notified().await;
    }

    /// Lets so many answers go, in the order in which they were asked for.
    pub(crate) fn release(&self, answers: usize) {
        self.state.answers.add_permits(answers);
    }

    /// Knows no questions about many from now on, as the release before.
    pub(crate) fn grows_older(&self) {
        self.state.is_older.store(true, Ordering::SeqCst);
    }

    /// How many questions it was asked, each about one mail or about many.
    pub(crate) fn questions(&self) -> usize {
        self.state.questions.load(Ordering::SeqCst)
    }

    /// The subjects that were asked about.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.asked.lock().unwrap().clone()
    }
}

impl Drop for MailSource {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What a mail about this subject looks like.
pub(crate) fn mail(subject: &str, generation: i32) -> GetMailResponse {
    GetMailResponse {
        wanted: true,
        address: address_of(subject),
        expire_time: None,
        locale: "en".to_owned(),
        time_zone: String::new(),
        variables: Some(Variables::Invite(InviteVariables {
            link: link(subject, generation),
            organization_display_name: "Kita Sonnenblume".to_owned(),
            groups: vec!["Team A".to_owned()],
        })),
    }
}

/// The same once the group of the invitation is called otherwise.
pub(crate) fn renamed(subject: &str, generation: i32) -> GetMailResponse {
    let mut mail = mail(subject, generation);
    let Some(Variables::Invite(words)) = &mut mail.variables else {
        panic!("an invitation")
    };
    words.groups = vec!["Team B".to_owned()];
    mail
}

/// The link of a mail about this subject.
pub(crate) fn link(subject: &str, generation: i32) -> String {
    format!("https://muster.example/i/{generation}-{subject}")
}

/// Where mail about this subject goes to.
pub(crate) fn address_of(subject: &str) -> String {
    format!("{}@learners.example", subject.rsplit('/').next().unwrap())
}

struct Answers(Arc<State>);

#[tonic::async_trait]
impl MailSourceInternalService for Answers {
    async fn get_mail(&self, request: Request<GetMailRequest>) -> Result<Response<GetMailResponse>, Status> {
        let question = self.0.accept(request)?;
        self.0.answer(question).await.map(Response::new)
    }

    async fn batch_get_mails(
        &self,
        request: Request<BatchGetMailsRequest>,
    ) -> Result<Response<BatchGetMailsResponse>, Status> {
        if self.0.is_older.load(Ordering::SeqCst) {
            return Err(Status::unimplemented("not known"));
        }
        let questions = self.0.accept(request)?.requests;
        let answers = join_all(questions.into_iter().map(|question| self.0.answer(question))).await;
        if *self.0.away.lock().unwrap() {
            return Err(Status::unavailable("away"));
        }
        let answer = |mail: Result<_, Status>| MailAnswer { mail: mail.ok() };
        let answers = answers.into_iter().map(answer).collect();
        Ok(Response::new(BatchGetMailsResponse { answers }))
    }
}

impl State {
    /// What a workload asks.
    fn accept<M>(&self, request: Request<M>) -> Result<M, Status> {
        let token = request
            .metadata()
            .get("authorization")
            .ok_or_else(|| Status::unauthenticated("no token"))?;
        assert!(token.to_str().unwrap().starts_with("Bearer "));
        self.questions.fetch_add(1, Ordering::SeqCst);
        Ok(request.into_inner())
    }

    async fn answer(&self, question: GetMailRequest) -> Result<GetMailResponse, Status> {
        let GetMailRequest {
            subject, generation, ..
        } = question;
        self.asked.lock().unwrap().push(subject.clone());
        self.asking.notify_one();
        if *self.away.lock().unwrap() {
            return Err(Status::unavailable("away"));
        }
        let held = *self.held.lock().unwrap();
        if held {
            self.answers.acquire().await.unwrap().forget();
        }
        if let Some(answer) = self.special.lock().unwrap().get(&subject) {
            return answer.clone();
        }
        if self.cancelled.lock().unwrap().contains(&subject) {
            return Ok(GetMailResponse::default());
        }
        let expire_time = *self.expire_time.lock().unwrap();
        Ok(GetMailResponse {
            expire_time,
            ..mail(&subject, generation)
        })
    }
}
