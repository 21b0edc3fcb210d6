//! What stands behind the edge in these tests: it tells roles, and writes down every other call.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use muster_proto::HttpBody;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, DeclineInvitationRequest, InvitationState, ListPersonInvitationsResponse,
    ListPersonOptOutsResponse, LookupInvitationRequest, LookupInvitationResponse, PersonInvitation,
    PersonOptOut, RequestToJoinRequest, VerifyJoinRequestRequest,
};
use muster_proto::organization::v1::{
    CheckSessionRequest, CheckSessionResponse, EndSessionRequest, GetRoleRequest, GetRoleResponse,
    JoinPageChoice, JoinPageLogo, LookupJoinPageLogoResponse, LookupJoinPageRequest, LookupJoinPageResponse,
    Role,
};
use muster_proto::records::v1::{
    Assignment, AssignmentState, Certificate, DownloadPersonCertificateRequest,
    DownloadPersonCertificateResponse, ListPersonAssignmentsRequest, ListPersonAssignmentsResponse,
    ListPersonCertificatesResponse, ListProgressTransfersResponse, ProgressTransfer,
};
use muster_refusal::{ErrorReason, Refusal, Violations};
use prost::Message as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::net::TcpListener;
use tonic::Status;
use tonic::body::Body;
use tonic_health::pb::HealthCheckResponse;
use tonic_health::pb::health_check_response::ServingStatus;
use tower::Service as _;

use crate::consents;
use crate::wire::framed;

/// A call as the service got it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the request ended as it should, or was cut off.
    pub(crate) whole: bool,
}

/// A service for all areas.
#[derive(Clone, Default)]
pub(crate) struct Backend {
    roles: Arc<Mutex<HashMap<(String, String), Role>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    lookups: Arc<Mutex<usize>>,
    /// Sessions of pages that were ended.
    ended: Arc<Mutex<HashSet<String>>>,
    /// Whether it answers questions about them.
    no_sessions: Arc<AtomicBool>,
    /// Whether it says that it is not ready.
    unready: Arc<AtomicBool>,
    /// When it says that it answers, where that is not when it does.
    date: Arc<Mutex<Option<HeaderValue>>>,
    /// Why it moves no progress, if it does not.
    no_move: Arc<Mutex<Option<ErrorReason>>>,
}

/// What it answers to every call but the one for roles.
pub(crate) const ANSWER: &[u8] = b"\x0a\x03yes";

const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// A message that it never answers.
pub(crate) const HANG: &[u8] = b"\x7a\x04hang";

/// The token of an invitation that cannot be accepted: the service does not say whether it was.
pub(crate) const LOST: &str = "lost";

/// The token of an invitation that is for somebody else than whoever asks.
pub(crate) const ELSES: &str = "elses";

/// The token of an invitation that was declined a moment ago.
pub(crate) const DECLINED: &str = "declined";

/// The beginning of the token of an invitation that stood open when its page was drawn, and is answered with the reason that follows.
pub(crate) const LATE: &str = "late-";

/// The names of the invitations that whoever asks finds in their account: one that waits, one that was declined.
pub(crate) const OPEN: &str = "organizations/a/invitations/open";
pub(crate) const UNDOABLE: &str = "organizations/a/invitations/undoable";
/// An invitation with which somebody said that they want no other.
pub(crate) const UNWANTED: &str = "organizations/a/invitations/unwanted";

/// One that was sent before these, and where they said the same before.
pub(crate) const OLDER_INVITATION: &str = "organizations/b/invitations/older";
const FORMERLY_UNWANTED: &str = "organizations/b/invitations/formerly";

/// The invitations of whoever asks, on two pages.
fn own_invitations(page_token: &str) -> Vec<u8> {
    let until = Some(prost_types::Timestamp {
        seconds: 1_772_528_700,
        nanos: 0,
    });
    let one = |name: &str, state: InvitationState| PersonInvitation {
        name: name.to_owned(),
        organization_display_name: format!("Organization {}", name.rsplit('/').next().unwrap()),
        state: state.into(),
        expire_time: until,
        undo_expire_time: until,
        time_zone: "America/Detroit".to_owned(),
        ..PersonInvitation::default()
    };
    let (invitations, next) = match page_token {
        OLDER_ONES => (vec![one(OLDER_INVITATION, InvitationState::Pending)], ""),
        _ => {
            let open = one(OPEN, InvitationState::Pending);
            (vec![open, one(UNDOABLE, InvitationState::Declined)], OLDER_ONES)
        }
    };
    ListPersonInvitationsResponse {
        invitations,
        next_page_token: next.to_owned(),
    }
    .encode_to_vec()
}

/// What whoever asks takes by themself, and what an organization assigned of the same.
pub(crate) const OWN: &str = "persons/p/assignments/own";
pub(crate) const ORGANIZATIONS: &str = "persons/p/assignments/organizations";

/// What whoever asks has completed, and what nobody has.
pub(crate) const CERTIFICATE: &str = "persons/me/certificates/c";
pub(crate) const NO_CERTIFICATE: &str = "persons/me/certificates/none";

/// A certificate as a file.
fn own_certificate() -> Vec<u8> {
    DownloadPersonCertificateResponse {
        file: Some(HttpBody {
            content_type: "application/pdf".to_owned(),
            data: b"%PDF-1.7".to_vec(),
            extensions: Vec::new(),
        }),
        file_name: "certificate-7Z.pdf".to_owned(),
    }
    .encode_to_vec()
}

/// The token of the second page of each list of whoever asks; and one that is none.
pub(crate) const OLDER_ONES: &str = "older+/=";
pub(crate) const NO_TOKEN: &str = "none";

fn time(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

/// The assignments of whoever asks, on two pages: what they take by themself on the first one, and what an organization assigned of
/// the same on the second.
fn own_assignments(page_token: &str) -> Vec<u8> {
    let own = Assignment {
        name: OWN.to_owned(),
        training: "trainings/t".to_owned(),
        training_display_name: "First Aid <b>".to_owned(),
        state: AssignmentState::InProgress.into(),
        progress_percent: 30,
        ..Assignment::default()
    };
    let late = Assignment {
        name: ORGANIZATIONS.to_owned(),
        organization: "organizations/a".to_owned(),
        state: AssignmentState::Assigned.into(),
        progress_percent: 0,
        due_date: "2026-03-02".to_owned(),
        due_time_zone: "America/Detroit".to_owned(),
        is_late: true,
        ..own.clone()
    };
    let completed = |certificate: &str, organization: &str| Assignment {
        name: format!("persons/p/assignments/{certificate}"),
        training: format!("trainings/{certificate}"),
        organization: organization.to_owned(),
        state: AssignmentState::Completed.into(),
        progress_percent: 100,
        complete_time: time(1_772_528_700),
        certificate: format!("persons/p/certificates/{certificate}"),
        ..own.clone()
    };
    let (assignments, next) = match page_token {
        OLDER_ONES => {
            let old = completed("old", consents::NAMELESS);
            (vec![late, old, completed("ever", "organizations/b")], "")
        }
        _ => (vec![own.clone(), completed("c", "organizations/a")], OLDER_ONES),
    };
    ListPersonAssignmentsResponse {
        assignments,
        next_page_token: next.to_owned(),
    }
    .encode_to_vec()
}

/// What became of their progress, on two pages: on the first one what they moved themself, and what registry staff moved to it from
/// another sign-in; on the second what staff moved to another one.
fn own_transfers(page_token: &str) -> Vec<u8> {
    let by_staff = ProgressTransfer {
        assignment: "persons/other/assignments/begun".to_owned(),
        to: ORGANIZATIONS.to_owned(),
        organization: "organizations/a".to_owned(),
        training: "trainings/t".to_owned(),
        progress_percent: 60,
        to_progress_percent: 0,
        reason: "asked by <telephone>".to_owned(),
        transfer_time: time(1_772_528_700),
    };
    let themself = ProgressTransfer {
        assignment: OWN.to_owned(),
        progress_percent: 30,
        reason: String::new(),
        ..by_staff.clone()
    };
    let away = ProgressTransfer {
        assignment: OWN.to_owned(),
        to: "persons/other/assignments/organizations".to_owned(),
        organization: consents::NAMELESS.to_owned(),
        progress_percent: 10,
        to_progress_percent: 5,
        ..by_staff.clone()
    };
    let (progress_transfers, next) = match page_token {
        OLDER_ONES => (vec![away], ""),
        _ => (vec![by_staff, themself], OLDER_ONES),
    };
    ListProgressTransfersResponse {
        progress_transfers,
        next_page_token: next.to_owned(),
    }
    .encode_to_vec()
}

/// Their certificates: one that is valid, issued where the organization was before, and on the second page one that was, named before
/// certificates kept a zone, and one that is for ever.
fn own_certificates(page_token: &str) -> Vec<u8> {
    let one = |id: &str, expire_time, time_zone: &str| Certificate {
        name: format!("persons/p/certificates/{id}"),
        certificate_number: format!("NUMBER-{id}"),
        expire_time,
        time_zone: time_zone.to_owned(),
        ..Certificate::default()
    };
    let (certificates, next) = match page_token {
        OLDER_ONES => {
            let old = one("old", time(1_772_528_700), "");
            (vec![old, one("ever", None, "America/Detroit")], "")
        }
        _ => (vec![one("c", time(4_102_444_800), "America/Chicago")], OLDER_ONES),
    };
    ListPersonCertificatesResponse {
        certificates,
        next_page_token: next.to_owned(),
    }
    .encode_to_vec()
}

/// Behind which page a list goes on.
fn page_token(asked: &[u8]) -> String {
    // All lists are asked for alike.
    let asked = ListPersonAssignmentsRequest::decode(asked.get(5..).unwrap_or_default());
    asked.map(|asked| asked.page_token).unwrap_or_default()
}

/// That somebody wants no further invitation, on two pages.
fn own_opt_outs(page_token: &str) -> Vec<u8> {
    let create_time = Some(prost_types::Timestamp {
        seconds: 1_772_528_700,
        nanos: 0,
    });
    let (name, next) = match page_token {
        OLDER_ONES => (FORMERLY_UNWANTED, ""),
        _ => (UNWANTED, OLDER_ONES),
    };
    let one = PersonOptOut {
        name: name.to_owned(),
        organization_display_name: format!("Organization {}", name.rsplit('/').next().unwrap()),
        address: "ada@example.org".to_owned(),
        create_time,
        time_zone: "America/Detroit".to_owned(),
    };
    ListPersonOptOutsResponse {
        opt_outs: vec![one],
        next_page_token: next.to_owned(),
    }
    .encode_to_vec()
}

/// An invitation that is open for whoever asks, from an organization that is called like its link.
fn invitation(asked: &[u8]) -> Vec<u8> {
    let asked = LookupInvitationRequest::decode(asked.get(5..).unwrap_or_default());
    let token = asked.map(|asked| asked.token).unwrap_or_default();
    let is_declined = token == DECLINED;
    let state = if is_declined {
        InvitationState::Declined
    } else {
        InvitationState::Pending
    };
    LookupInvitationResponse {
        organization_display_name: format!("Organization {token}"),
        state: state.into(),
        undo_expire_time: is_declined.then(Default::default),
        time_zone: "America/Detroit".to_owned(),
        address_matches: token != ELSES,
        ..LookupInvitationResponse::default()
    }
    .encode_to_vec()
}

/// A join page, at this address and at a former one.
pub(crate) const PAGE: &str = "sunrise";
pub(crate) const FORMER: &str = "former";
/// An address at which there is none.
pub(crate) const NO_PAGE: &str = "nowhere";
/// The domain of addresses that do not join by it.
pub(crate) const OUTSIDE: &str = "outside.test";

/// What the page shows.
fn join_page() -> Vec<u8> {
    let choice = |name: &str, display_name: &str| JoinPageChoice {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
    };
    LookupJoinPageResponse {
        slug: PAGE.to_owned(),
        organization_display_name: "Sunrise & Co".to_owned(),
        groups: vec![choice("organizations/a/groups/t", "Teachers <b>")],
        locations: vec![choice("organizations/a/locations/m", "Main street")],
        allowed_domains: vec!["example.org".to_owned()],
        logo: Some(JoinPageLogo {
            etag: "0a1b".to_owned(),
            width: 200,
            height: 100,
            ..JoinPageLogo::default()
        }),
    }
    .encode_to_vec()
}

/// What stands for the bytes of its logo, and what it says that they are.
pub(crate) const LOGO: &[u8] = b"the bytes of a picture";

fn logo() -> Vec<u8> {
    let file = HttpBody {
        content_type: "text/html".to_owned(),
        data: LOGO.to_vec(),
        extensions: Vec::new(),
    };
    LookupJoinPageLogoResponse {
        file: Some(file),
        file_name: "logo.png".to_owned(),
        etag: "0a1b".to_owned(),
    }
    .encode_to_vec()
}

/// Why a call is refused that depends on nothing but itself, if it is.
fn refusal(path: &str, asked: &[u8]) -> Option<Status> {
    let asked = asked.get(5..).unwrap_or_default();
    if let Some(refused) = consents::refusal(path, asked) {
        return Some(refused);
    }
    if path.ends_with("/DownloadPersonCertificate") {
        let name = DownloadPersonCertificateRequest::decode(asked).unwrap().name;
        return (name == NO_CERTIFICATE).then(|| Refusal::not_found().into());
    }
    let lists = [
        "/ListPersonAssignments",
        "/ListProgressTransfers",
        "/ListPersonInvitations",
        "/ListPersonOptOuts",
    ];
    if lists.iter().any(|list| path.ends_with(list)) {
        let token = ListPersonAssignmentsRequest::decode(asked).unwrap().page_token;
        let refusal = || Refusal::new(ErrorReason::PageTokenInvalid, "no");
        return (token == NO_TOKEN).then(|| refusal().into());
    }
    if path.ends_with("/LookupJoinPage") || path.ends_with("/LookupJoinPageLogo") {
        // Both ask by the slug alone.
        let slug = LookupJoinPageRequest::decode(asked).unwrap().slug;
        return (slug == NO_PAGE).then(|| Refusal::not_found().into());
    }
    if path.ends_with("/RequestToJoin") {
        let asked = RequestToJoinRequest::decode(asked).unwrap();
        if asked.slug != PAGE {
            return None;
        }
        if asked.address.ends_with(OUTSIDE) {
            let refusal = Refusal::new(ErrorReason::JoinAddressNotAllowed, "no").violation("address", "no");
            return Some(refusal.into());
        }
        let fields = [
            ("group", asked.group),
            ("location", asked.location),
            ("address", asked.address),
        ];
        let mut violations = Violations::new();
        for (field, value) in fields {
            if value.is_empty() {
                violations.add(field, "is missing");
            }
        }
        return (!violations.is_empty()).then(|| violations.into_refusal().into());
    }
    if path.ends_with("/AcceptInvitation") || path.ends_with("/DeclineInvitation") {
        let token = if path.ends_with("/AcceptInvitation") {
            AcceptInvitationRequest::decode(asked).unwrap().token
        } else {
            DeclineInvitationRequest::decode(asked).unwrap().token
        };
        let reason = token
            .strip_prefix(LATE)
            .map(|reason| format!("ERROR_REASON_{reason}"));
        let reason = reason.and_then(|reason| ErrorReason::from_str_name(&reason));
        return reason.map(|reason| Refusal::new(reason, "no").into());
    }
    if path.ends_with("/VerifyJoinRequest") {
        let token = VerifyJoinRequestRequest::decode(asked).unwrap().token;
        return (token == LOST).then(|| Refusal::new(ErrorReason::JoinRequestExpired, "no").into());
    }
    None
}

impl Backend {
    /// Listens; the URL.
    pub(crate) async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = self.clone();
        // Not tonic's server, which ends calls at their deadline: whether the edge does is to be seen.
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let service = service.clone();
                let answers = service_fn(move |request: Request<Incoming>| {
                    let mut service = service.clone();
                    async move { service.call(request.map(Body::new)).await }
                });
                let builder = http2::Builder::new(TokioExecutor::new());
                tokio::spawn(builder.serve_connection(TokioIo::new(stream), answers));
            }
        });
        url
    }

    pub(crate) fn set_role(&self, organization: &str, person: &str, role: Role) {
        self.roles
            .lock()
            .unwrap()
            .insert((organization.to_owned(), person.to_owned()), role);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// What came to this RPC.
    pub(crate) fn messages<M: prost::Message + Default>(&self, rpc: &str) -> Vec<M> {
        let seen = self.seen().into_iter().filter(|seen| seen.path.ends_with(rpc));
        seen.map(|seen| M::decode(&seen.body[5..]).unwrap()).collect()
    }

    /// Forgets what it has seen.
    pub(crate) fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }

    /// Whether it says that it is ready.
    pub(crate) fn set_ready(&self, ready: bool) {
        self.unready.store(!ready, Ordering::Relaxed);
    }

    /// What its clock says, from now on.
    pub(crate) fn set_clock(&self, now: OffsetDateTime) {
        let date = now.format(&Rfc2822).unwrap();
        *self.date.lock().unwrap() = Some(date.parse().unwrap());
    }

    /// Why it moves no progress from now on.
    pub(crate) fn moves_nothing(&self, because: ErrorReason) {
        *self.no_move.lock().unwrap() = Some(because);
    }

    fn no_move(&self, path: &str) -> Option<Status> {
        let because = self
            .no_move
            .lock()
            .unwrap()
            .filter(|_| path.ends_with("/TransferProgress"));
        because.map(|reason| Refusal::new(reason, "no").into())
    }

    fn health(&self) -> Vec<u8> {
        let status = if self.unready.load(Ordering::Relaxed) {
            ServingStatus::NotServing
        } else {
            ServingStatus::Serving
        };
        HealthCheckResponse {
            status: status.into(),
        }
        .encode_to_vec()
    }

    /// The only call that came through.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.into_iter().next().unwrap()
    }

    /// How often roles were asked for.
    pub(crate) fn lookups(&self) -> usize {
        *self.lookups.lock().unwrap()
    }

    fn role(&self, body: &[u8]) -> Vec<u8> {
        *self.lookups.lock().unwrap() += 1;
        let asked = GetRoleRequest::decode(body.get(5..).unwrap()).unwrap();
        let known = self
            .roles
            .lock()
            .unwrap()
            .get(&(asked.organization, asked.person))
            .copied();
        GetRoleResponse {
            role: known.unwrap_or_default().into(),
        }
        .encode_to_vec()
    }

    /// Whether it answers questions about sessions of pages.
    pub(crate) fn answers_about_sessions(&self, answers: bool) {
        self.no_sessions.store(!answers, Ordering::Relaxed);
    }

    fn session(&self, path: &str, body: &[u8]) -> Vec<u8> {
        let (body, mut ended) = (body.get(5..).unwrap(), self.ended.lock().unwrap());
        if path.ends_with("/EndSession") {
            ended.insert(EndSessionRequest::decode(body).unwrap().session_digest);
            return Vec::new();
        }
        let asked = CheckSessionRequest::decode(body).unwrap();
        CheckSessionResponse {
            ended: ended.contains(&asked.session_digest),
        }
        .encode_to_vec()
    }

    async fn answer(self, request: Request<Body>) -> Response<Body> {
        let (parts, mut body) = request.into_parts();
        let (mut bytes, mut whole) = (Vec::new(), true);
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => bytes.extend_from_slice(&data),
                Ok(Err(_)) => {}
                Err(_) => {
                    whole = false;
                    break;
                }
            }
        }
        let path = parts.uri.path().to_owned();
        let hangs = bytes.ends_with(HANG);
        let lost = bytes.ends_with(LOST.as_bytes());
        let refused = refusal(&path, &bytes).or_else(|| self.no_move(&path));
        let about_sessions = path.contains("SessionInternalService");
        let message = if path.ends_with("/GetRole") {
            self.role(&bytes)
        } else if about_sessions {
            self.session(&path, &bytes)
        } else if path == HEALTH {
            self.health()
        } else if path.ends_with("/LookupInvitation") {
            invitation(&bytes)
        } else if path.ends_with("/LookupJoinPage") {
            join_page()
        } else if path.ends_with("/LookupJoinPageLogo") {
            logo()
        } else if path.ends_with("/ListPersonInvitations") {
            own_invitations(&page_token(&bytes))
        } else if path.ends_with("/ListPersonAssignments") {
            own_assignments(&page_token(&bytes))
        } else if path.ends_with("/ListPersonCertificates") {
            own_certificates(&page_token(&bytes))
        } else if path.ends_with("/DownloadPersonCertificate") {
            own_certificate()
        } else if path.ends_with("/ListProgressTransfers") {
            own_transfers(&page_token(&bytes))
        } else if path.ends_with("/TransferProgress") {
            Vec::new()
        } else if let Some(answer) = consents::answer(&path, &bytes) {
            answer
        } else if path.ends_with("/ListPersonOptOuts") {
            own_opt_outs(&page_token(&bytes))
        } else {
            ANSWER.to_vec()
        };
        if !path.ends_with("/GetRole") && path != HEALTH && !about_sessions {
            self.seen.lock().unwrap().push(Seen {
                path: path.clone(),
                headers: parts.headers,
                body: bytes,
                whole,
            });
        }
        if hangs {
            std::future::pending::<()>().await;
        }
        let mut trailers = HeaderMap::new();
        let away = about_sessions && self.no_sessions.load(Ordering::Relaxed);
        let code = if away || path.ends_with("/AcceptInvitation") && lost {
            "14"
        } else {
            "0"
        };
        match refused {
            Some(status) => status.add_header(&mut trailers).unwrap(),
            None => drop(trailers.insert("grpc-status", code.parse().unwrap())),
        }
        trailers.insert("x-of-the-service", "kept".parse().unwrap());
        let frames = [Frame::data(framed(&message).into()), Frame::trailers(trailers)];
        let body = StreamBody::new(futures::stream::iter(frames.map(Ok::<_, Infallible>)));
        let mut response = Response::new(Body::new(body));
        response
            .headers_mut()
            .insert("content-type", "application/grpc".parse().unwrap());
        if let Some(date) = self.date.lock().unwrap().clone() {
            response.headers_mut().insert("date", date);
        }
        response
    }
}

impl tower::Service<Request<Body>> for Backend {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}
