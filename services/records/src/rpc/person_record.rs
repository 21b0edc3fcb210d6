//! What a person sees of their own learning. Page tokens are bound to the caller, who is all that these lists depend on.

use futures::future::BoxFuture;
use muster_database::DatabaseError;
use muster_ids::PersonId;
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::person_record_service_server::PersonRecordService;
use muster_server::Call;
use muster_server::page::{Asked, Page};
use prost::Message;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Rpc, convert, parse};
use crate::store::{Before, accesses, assignments, certificates};

/// A list of a person's things, newest first.
struct Own<T, M> {
    fetch: for<'c> fn(&'c mut PgConnection, PersonId, Before, i64) -> Fetching<'c, T>,
    id: fn(&T) -> Uuid,
    show: fn(T) -> M,
}

type Fetching<'c, T> = BoxFuture<'c, Result<Vec<T>, DatabaseError>>;

impl Rpc {
    async fn own<T: Send + 'static, M: Message>(
        &self,
        person: PersonId,
        asked: Asked<'_>,
        own: Own<T, M>,
    ) -> Result<Page<M>, Status> {
        let Own { fetch, id, show } = own;
        let fetch = |before, limit| self.desk.read(move |db| fetch(db, person, before, limit));
        self.page_key.page(asked, fetch, id, show).await
    }
}

#[tonic::async_trait]
impl PersonRecordService for Rpc {
    async fn list_person_assignments(
        &self,
        request: Request<pb::ListPersonAssignmentsRequest>,
    ) -> Result<Response<pb::ListPersonAssignmentsResponse>, Status> {
        let (call, person) = Call::read(request, |call, violations| {
            parse::oneself(call, violations, &call.message.parent)
        })?;
        let asked = call.list("", call.message.page_size, &call.message.page_token);
        let own = Own {
            fetch: |db, person, before, limit| {
                Box::pin(assignments::list_of_person(db, person, before, limit))
            },
            id: |last| last.id.as_uuid(),
            show: convert::for_person,
        };
        let page = self.own(person, asked, own).await?;
        Ok(Response::new(pb::ListPersonAssignmentsResponse {
            assignments: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn list_person_certificates(
        &self,
        request: Request<pb::ListPersonCertificatesRequest>,
    ) -> Result<Response<pb::ListPersonCertificatesResponse>, Status> {
        let (call, person) = Call::read(request, |call, violations| {
            parse::oneself(call, violations, &call.message.parent)
        })?;
        let asked = call.list("", call.message.page_size, &call.message.page_token);
        let own = Own {
            fetch: |db, person, before, limit| {
                Box::pin(certificates::list_of_person(db, person, before, limit))
            },
            id: |last| last.id.as_uuid(),
            show: pb::Certificate::from,
        };
        let page = self.own(person, asked, own).await?;
        Ok(Response::new(pb::ListPersonCertificatesResponse {
            certificates: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn list_record_accesses(
        &self,
        request: Request<pb::ListRecordAccessesRequest>,
    ) -> Result<Response<pb::ListRecordAccessesResponse>, Status> {
        let (call, person) = Call::read(request, |call, violations| {
            parse::oneself(call, violations, &call.message.parent)
        })?;
        let asked = call.list("", call.message.page_size, &call.message.page_token);
        let own = Own {
            fetch: |db, person, before, limit| Box::pin(accesses::list_of_person(db, person, before, limit)),
            id: |last| last.id.as_uuid(),
            show: pb::RecordAccess::from,
        };
        let page = self.own(person, asked, own).await?;
        Ok(Response::new(pb::ListRecordAccessesResponse {
            record_accesses: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}
