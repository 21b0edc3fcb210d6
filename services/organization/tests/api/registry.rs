//! People find the site that they run, and claim it.

mod claiming;
mod found;
mod names;

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::registry_service_client::RegistryServiceClient;
use muster_testkit::{TestCaller, TestChannel};
use tonic::Status;

use crate::fixture::{Fixture, id_of};
use crate::programme_loads::programme;

impl Fixture {
    pub(crate) fn registry(&self, who: &str) -> RegistryServiceClient<TestChannel> {
        RegistryServiceClient::new(self.service.calls_of(TestCaller::person(who)))
    }

    /// What somebody finds: one page of the usual size.
    pub(crate) async fn find(&self, text: &str) -> Vec<pb::RegistryEntry> {
        let request = pb::SearchRegistryRequest {
            text: text.to_owned(),
            ..Default::default()
        };
        let found = self.registry("seeker").search_registry(request).await;
        found.unwrap().into_inner().entries
    }

    /// The names of what somebody finds.
    async fn names(&self, text: &str) -> Vec<String> {
        let found = self.find(text).await;
        found.into_iter().map(|entry| entry.display_name).collect()
    }

    /// The one that has this license number.
    pub(crate) async fn entry(&self, number: &str) -> pb::RegistryEntry {
        let best = self.find(number).await.into_iter().next().unwrap();
        let plain = |number: &str| number.replace([' ', '-'], "");
        assert_eq!(plain(&best.license_number), plain(number));
        best
    }

    pub(crate) async fn claim(&self, who: &str, programme: &str) -> Result<pb::Organization, Status> {
        let request = pb::ClaimProgrammeRequest {
            name: programme.to_owned(),
            request_id: String::new(),
        };
        let claimed = self.registry(who).claim_programme(request).await?;
        Ok(claimed.into_inner().organization.unwrap())
    }

    /// A programme that `owner` has claimed, and their profile.
    async fn claimed(&self, number: &str) -> (String, OrganizationId) {
        self.load(vec![programme(number)]).await;
        let programme = self.entry(number).await.programme;
        let profile = self.claim("owner", &programme).await.unwrap();
        (programme, id_of(&profile))
    }
}

/// A programme of this name in this city.
fn named(number: &str, name: &str, city: &str) -> pb::ProgrammeRow {
    pb::ProgrammeRow {
        display_name: name.to_owned(),
        address: Some(pb::ProgrammeAddress {
            city: city.to_owned(),
            ..Default::default()
        }),
        ..programme(number)
    }
}
