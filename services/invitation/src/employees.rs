//! The employment service, as far as the list of learners needs it.

use muster_ids::{OrganizationId, OrganizationName, PersonId, PersonName};
pub(crate) use muster_proto::employment::v1::KnownEmployment as Known;
use muster_proto::employment::v1::employment_internal_service_client::EmploymentInternalServiceClient;
use muster_proto::employment::v1::{BatchGetEmployeesRequest, ListEmploymentFactsRequest};
use muster_server::{Failure, Peer};

/// Asks the employment service.
#[derive(Clone, Debug)]
pub(crate) struct Employees(EmploymentInternalServiceClient<Peer>);

impl Employees {
    pub(crate) fn new(employment: Peer) -> Self {
        Self(EmploymentInternalServiceClient::new(employment))
    }

    /// Employments of all organizations after this one, in the order of their names; none: there are no more.
    pub(crate) async fn known(&self, after: &str) -> Result<Vec<Known>, Failure> {
        let request = ListEmploymentFactsRequest {
            after: after.to_owned(),
        };
        let answer = self.0.clone().list_employment_facts(request).await;
        let answer = answer.map_err(|status| Failure::Peer(Box::new(status)))?;
        Ok(answer.into_inner().employments)
    }

    /// What somebody is called who has an open employment at the organization; `None` of who has none, also any more.
    pub(crate) async fn display_name(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<Option<String>, Failure> {
        let request = BatchGetEmployeesRequest {
            organization: OrganizationName { organization }.to_string(),
            persons: vec![PersonName { person }.to_string()],
        };
        let answer = self.0.clone().batch_get_employees(request).await;
        let answer = answer.map_err(|status| Failure::Peer(Box::new(status)))?;
        let employees = answer.into_inner().employees;
        Ok(employees.into_iter().next().map(|one| one.person_display_name))
    }
}
