//! Consent that comes with a claim, as far as this service has to do with it.

use std::time::Duration;

use muster_ids::{GrantName, OrganizationName};
use muster_proto::employment::v1::{
    ClaimEmploymentsRequest, ClaimEmploymentsResponse, EmploymentChangedEvent, EmploymentClaim,
    FindClaimedConsentRequest, LearningRecordConsent,
};
use muster_refusal::{ErrorReason as R, fields_of, reason_of, violations_of};
use muster_server::convert::timestamp;
use muster_testkit::TestCaller;
use prost::Message;
use tonic::Status;
use uuid::Uuid;

use crate::claim::at;
use crate::fixture::{Fixture, person_name};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Fixture {
    async fn claim_granting(
        &self,
        consent: Option<LearningRecordConsent>,
        request_id: &str,
    ) -> Result<ClaimEmploymentsResponse, Status> {
        let request = ClaimEmploymentsRequest {
            parent: "persons/me".to_owned(),
            claims: vec![EmploymentClaim {
                consent,
                ..at(self.organization_name())
            }],
            request_id: request_id.to_owned(),
        };
        let mut own = self.person_employments(TestCaller::person("learner-1"));
        Ok(own.claim_employments(request).await?.into_inner())
    }

    /// What the latest event of a claim says that the person granted.
    async fn told_to_be_granted(&self) -> Option<String> {
        let latest = "SELECT payload FROM outbox WHERE event_type = 'employment.changed'
                      ORDER BY aggregate_seq DESC LIMIT 1";
        let payload: Vec<u8> = sqlx::query_scalar(latest)
            .fetch_one(&mut self.service.database.connection().await)
            .await
            .unwrap();
        let event = EmploymentChangedEvent::decode(payload.as_slice()).unwrap();
        event.facts.unwrap().consent.map(|consent| consent.grant)
    }

    async fn given_at(&self, grant: &str) -> String {
        let request = FindClaimedConsentRequest {
            grant: grant.to_owned(),
        };
        let mut client = self.internal(TestCaller::Workload("records"));
        let found = client.find_claimed_consent(request).await.unwrap();
        found.into_inner().organization
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_is_stored_and_told_with_the_claim_once() {
    let fixture = Fixture::start().await;
    let until = timestamp(fixture.service.clock.now() + DAY);
    let consent = LearningRecordConsent {
        expire_time: Some(until),
        wording: "claim-page/2".to_owned(),
    };
    let id = Uuid::from_u128(7).to_string();
    let claimed = fixture.claim_granting(Some(consent.clone()), &id).await.unwrap();
    let repeated = fixture.claim_granting(Some(consent), &id).await.unwrap();
    assert_eq!(claimed, repeated, "a repeated call is the same act");
    let [grant] = claimed.grants.as_slice() else {
        panic!("{claimed:?}")
    };
    let name: GrantName = grant.parse().unwrap();
    assert_eq!(name.person, person_name("learner-1").person);
    assert_eq!(fixture.told_to_be_granted().await.as_ref(), Some(grant));
    let state = fixture.state().await.consent.unwrap();
    assert_eq!(
        (&state.grant, state.expire_time, state.wording.as_str()),
        (grant, Some(until), "claim-page/2")
    );
    let here: OrganizationName = fixture.organization_name();
    assert_eq!(fixture.given_at(grant).await, here.to_string());
    let nobodys = GrantName {
        person: person_name("learner-2").person,
        ..name
    };
    assert_eq!(fixture.given_at(&nobodys.to_string()).await, "");

    let without = fixture.claim_granting(None, "").await.unwrap();
    assert_eq!(without.grants, [""]);
    assert_eq!(without.employments, claimed.employments, "nothing has changed");
    let second = fixture
        .claim_granting(Some(LearningRecordConsent::default()), "")
        .await
        .unwrap();
    assert_ne!(second.grants, claimed.grants, "another act, another grant");
    assert_eq!(second.employments[0].name, claimed.employments[0].name);
    assert_eq!(fixture.told_to_be_granted().await.as_ref(), second.grants.first());
}

/// Without a limit, one person would write into the histories of two services for ever.
#[tokio::test(flavor = "multi_thread")]
async fn who_consents_again_with_a_claim_is_counted_as_who_claims() {
    let fixture = Fixture::start().await;
    let consent = || Some(LearningRecordConsent::default());
    // The one that begins it, and four further ones.
    for _ in 0..5 {
        fixture.claim_granting(consent(), "").await.unwrap();
        fixture.service.clock.advance(MINUTE);
    }
    let given = fixture.told_to_be_granted().await;
    let refused = fixture.claim_granting(consent(), "").await.unwrap_err();
    assert_eq!(reason_of(&refused), Some(R::RateLimited));
    assert_eq!(violations_of(&refused)[0].0, "claims[0].organization");
    assert_eq!(fixture.told_to_be_granted().await, given, "nothing has changed");
    // What asks for nothing is answered as ever.
    fixture.claim_granting(None, "").await.unwrap();

    // As soon as the first one counts no more.
    fixture.service.clock.advance(DAY * 30 - MINUTE * 5);
    fixture.service.renew_tokens();
    let again = async || fixture.claim_granting(consent(), "").await.ok();
    muster_testkit::eventually_some(again).await;
    assert_ne!(fixture.told_to_be_granted().await, given);
    let kept = "SELECT count(*) FROM further_consents";
    assert_eq!(fixture.service.database.count(kept).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_cannot_be_is_told_with_the_other_problems_and_nothing_is_claimed() {
    let fixture = Fixture::start().await;
    let now = fixture.service.clock.now();
    for (wrong, wording) in [
        (now, "two words"),
        (now - DAY, "somebody@example.com"),
        (now + DAY * 3654, "página"),
    ] {
        let consent = LearningRecordConsent {
            expire_time: Some(timestamp(wrong)),
            wording: wording.to_owned(),
        };
        let status = fixture.claim_granting(Some(consent), "").await.unwrap_err();
        let mut fields = fields_of(&status);
        fields.sort();
        assert_eq!(
            fields,
            ["claims[0].consent.expire_time", "claims[0].consent.wording"]
        );
        assert_eq!(reason_of(&status), Some(R::InvalidRequest));
    }
    let claims = "SELECT count(*) FROM employments WHERE person_display_name = 'learner-1'";
    assert_eq!(fixture.service.database.count(claims).await, 0);
}
