//! What a person sees of their own learning. Page tokens are bound to the caller, who is all that these lists depend on.

use muster_identity::Caller;
use muster_ids::PersonId;
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::person_record_service_server::PersonRecordService;
use muster_refusal::Refusal;
use muster_server::Call;
use muster_server::page::{List, Size};
use tonic::{Request, Response, Status};

use super::{Rpc, convert, parse};
use crate::store::{Before, accesses, assignments, certificates};

const ASSIGNMENTS: &str = "/muster.records.v1.PersonRecordService/ListPersonAssignments";
const CERTIFICATES: &str = "/muster.records.v1.PersonRecordService/ListPersonCertificates";
const ACCESSES: &str = "/muster.records.v1.PersonRecordService/ListRecordAccesses";

/// A page of the caller's own things.
struct Page<'a> {
    list: List<'a>,
    person: PersonId,
    before: Before,
    size: Size,
}

impl Rpc {
    fn page<'a>(
        &self,
        caller: &'a Caller,
        method: &'static str,
        parent: &str,
        asked: (i32, &str),
    ) -> Result<Page<'a>, Refusal> {
        let list = List {
            caller,
            method,
            filter: "",
        };
        let person = parse::oneself(caller, parent)?;
        let (size, token) = asked;
        Ok(Page {
            list,
            person,
            before: self.page_key.open(&list, token)?,
            size: Size::of(size),
        })
    }
}

#[tonic::async_trait]
impl PersonRecordService for Rpc {
    async fn list_person_assignments(
        &self,
        request: Request<pb::ListPersonAssignmentsRequest>,
    ) -> Result<Response<pb::ListPersonAssignmentsResponse>, Status> {
        let Call { caller, message, .. } = Call::accept(request)?;
        let asked = (message.page_size, message.page_token.as_str());
        let Page {
            list,
            person,
            before,
            size,
        } = self.page(&caller, ASSIGNMENTS, &message.parent, asked)?;
        let look = self
            .desk
            .read(move |db| Box::pin(assignments::list_of_person(db, person, before, size.fetch())));
        let mut found = look.await?;
        let next_page_token = self
            .page_key
            .cut(&list, size, &mut found, |last| last.id.as_uuid());
        let assignments = found.into_iter().map(convert::for_person).collect();
        Ok(Response::new(pb::ListPersonAssignmentsResponse {
            assignments,
            next_page_token,
        }))
    }

    async fn list_person_certificates(
        &self,
        request: Request<pb::ListPersonCertificatesRequest>,
    ) -> Result<Response<pb::ListPersonCertificatesResponse>, Status> {
        let Call { caller, message, .. } = Call::accept(request)?;
        let asked = (message.page_size, message.page_token.as_str());
        let Page {
            list,
            person,
            before,
            size,
        } = self.page(&caller, CERTIFICATES, &message.parent, asked)?;
        let look = self
            .desk
            .read(move |db| Box::pin(certificates::list_of_person(db, person, before, size.fetch())));
        let mut found = look.await?;
        let next_page_token = self
            .page_key
            .cut(&list, size, &mut found, |last| last.id.as_uuid());
        let certificates = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListPersonCertificatesResponse {
            certificates,
            next_page_token,
        }))
    }

    async fn list_record_accesses(
        &self,
        request: Request<pb::ListRecordAccessesRequest>,
    ) -> Result<Response<pb::ListRecordAccessesResponse>, Status> {
        let Call { caller, message, .. } = Call::accept(request)?;
        let asked = (message.page_size, message.page_token.as_str());
        let Page {
            list,
            person,
            before,
            size,
        } = self.page(&caller, ACCESSES, &message.parent, asked)?;
        let look = self
            .desk
            .read(move |db| Box::pin(accesses::list_of_person(db, person, before, size.fetch())));
        let mut found = look.await?;
        let next_page_token = self
            .page_key
            .cut(&list, size, &mut found, |last| last.id.as_uuid());
        let record_accesses = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListRecordAccessesResponse {
            record_accesses,
            next_page_token,
        }))
    }
}
