//! What waits for registry staff.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::submission_service_server::SubmissionService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::Submission;
use crate::error::Error;
use crate::store::organization::{self, SubmissionPosition};

#[tonic::async_trait]
impl SubmissionService for Rpc {
    async fn list_submissions(
        &self,
        request: Request<pb::ListSubmissionsRequest>,
    ) -> Result<Response<pb::ListSubmissionsResponse>, Status> {
        let (call, ()) = Call::read(request, |_, _| Ok(Some(())))?;
        let authority = Some(call.message.licensing_authority.as_str()).filter(|said| !said.is_empty());
        let list = async |after, limit| {
            let list = async |db: &mut _| {
                let waiting = organization::list_submitted(db, authority, after, limit).await?;
                let ids: Vec<OrganizationId> = waiting.iter().map(|one| one.id).collect();
                let mut rounds = organization::count_rounds(db, &ids).await?;
                let submission = |organization: crate::domain::Organization| Submission {
                    rounds: rounds.remove(&organization.id).unwrap_or_default(),
                    organization,
                };
                Ok::<_, Error>(waiting.into_iter().map(submission).collect())
            };
            self.context.database.read(list).await
        };
        call.page(&self.context.page_key, list, position).await
    }
}

/// What was handed in has a time.
fn position(last: &Submission) -> SubmissionPosition {
    let organization = &last.organization;
    (
        organization.submit_time.unwrap_or(organization.create_time),
        organization.id,
    )
}

impl From<Submission> for pb::Submission {
    fn from(submission: Submission) -> Self {
        let Submission { organization, rounds } = submission;
        let shown = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            organization: Some(organization.into()),
            return_count: shown(rounds.returns),
            rival_count: shown(rounds.rivals),
        }
    }
}
