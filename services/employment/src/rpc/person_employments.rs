//! A person's own employments.

use muster_ids::EmploymentId;
use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::person_employment_service_server::PersonEmploymentService;
use muster_server::Call;
use muster_server::page::{List, Size};
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::store::employments;

const LIST: &str = "/muster.employment.v1.PersonEmploymentService/ListPersonEmployments";

#[tonic::async_trait]
impl PersonEmploymentService for Rpc {
    async fn list_person_employments(
        &self,
        request: Request<pb::ListPersonEmploymentsRequest>,
    ) -> Result<Response<pb::ListPersonEmploymentsResponse>, Status> {
        let call = Call::accept(request)?;
        let person = parse::oneself(&call)?;
        // The token is bound to the caller, and the caller is all that the list depends on.
        let list = List {
            caller: &call.caller,
            method: LIST,
            filter: "",
        };
        let after = self
            .page_key
            .open(&list, &call.message.page_token)?
            .map(EmploymentId::from_uuid);
        let size = Size::of(call.message.page_size);
        let look =
            self.read(move |db| Box::pin(employments::list_of_person(db, person, after, size.fetch())));
        let mut found = look.await?;
        let next_page_token = self
            .page_key
            .cut(&list, size, &mut found, |last| last.id.as_uuid());
        let employments = found.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListPersonEmploymentsResponse {
            employments,
            next_page_token,
        }))
    }
}
