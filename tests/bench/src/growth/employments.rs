//! An organization where more and more people work: its list, and one more who says so.

use std::sync::Arc;

use anyhow::Context;
use muster_local::token;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{ClaimEmploymentsRequest, EmploymentClaim};
use tonic::metadata::{Ascii, MetadataValue};

use super::costs::{Cost, NEEDED, called, commit};
use super::{Grown, PAGE};
use crate::fixture::{Fixture, answer, bearer, in_the_name_of};
use crate::invitations::Measured;
use crate::paging::{Paged, Start};
use crate::registry::employees::List;
use crate::registry::staff::Staffed;

pub(super) struct Employments<'a> {
    measured: &'a Measured<'a>,
    organization: Staffed,
}

impl<'a> Employments<'a> {
    pub(super) async fn open(measured: &'a Measured<'a>) -> anyhow::Result<Self> {
        let organization = Staffed::empty(measured.fixture, "Employing").await?;
        Ok(Self {
            measured,
            organization,
        })
    }

    /// Claims of people who work nowhere yet.
    async fn claims(&self, commit: f64) -> anyhow::Result<Vec<(f64, f64)>> {
        let fixture = Arc::clone(self.measured.fixture);
        let among = self.organization.count;
        let addresses: Vec<_> = (0..NEEDED)
            .map(|n| format!("claims-{among}-{n}@school.test"))
            .collect();
        let tokens = token::of_addresses(&fixture.workspace, addresses.iter().map(String::as_str))?;
        let claimants: Vec<_> = tokens
            .iter()
            .map(|token| bearer(token))
            .collect::<anyhow::Result<_>>()?;
        let organization: Arc<str> = self.organization.name.as_str().into();
        let claiming = move |who| claim(Arc::clone(&fixture), Arc::clone(&organization), who);
        called(&claimants, commit, claiming).await
    }
}

impl Grown for Employments<'_> {
    async fn costs(&mut self, rows: u32) -> anyhow::Result<Vec<Cost>> {
        let (fixture, databases) = (self.measured.fixture, &self.measured.databases);
        let rows = usize::try_from(rows)?;
        self.organization.hire(fixture, databases, rows).await?;
        let mut list = List::open(fixture, databases, &self.organization.name, PAGE).await?;
        let pages = Paged::read(&mut list, &Start::newest()).await;
        let commit = commit(self.measured).await?;
        let claimed = self.claims(commit).await;
        let [first, hundredth] = Cost::of_pages(pages);
        Ok(vec![first, hundredth, Cost::of_writes("create", claimed)])
    }
}

async fn claim(
    fixture: Arc<Fixture>,
    organization: Arc<str>,
    who: MetadataValue<Ascii>,
) -> anyhow::Result<()> {
    let claim = EmploymentClaim {
        organization: organization.to_string(),
        ..EmploymentClaim::default()
    };
    let request = ClaimEmploymentsRequest {
        parent: "persons/me".to_owned(),
        claims: vec![claim],
        request_id: fixture.request_id(),
    };
    let mut employments = PersonEmploymentServiceClient::new(fixture.edge.clone());
    let claimed = employments.claim_employments(in_the_name_of(&who, request)).await;
    answer(claimed).context("a claim was refused").map(drop)
}
