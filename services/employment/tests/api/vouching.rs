//! What an invitation vouches for: that the organization wants the person, when it was made, and no more.

use std::time::Duration;

use muster_identity::Role;
use muster_ids::InvitationName;
use muster_proto::employment::v1::{Employment, EmploymentState as S, RejectionReason};
use muster_proto::invitation::v1::Invitation;
use muster_testkit::{TestCaller, acts};

use crate::claim::at;
use crate::fixture::Fixture;
use crate::positions::position;

impl Fixture {
    /// Somebody claims, and is invited a minute later.
    async fn claims_and_is_invited(&self, person: &str) -> (String, InvitationName) {
        let claims = vec![at(self.organization_name())];
        let claimed = self.claim(TestCaller::person(person), claims).await.unwrap();
        self.advance(Duration::from_secs(60));
        let invitation = self.invite_by_name(person).await;
        self.advance(Duration::from_secs(60));
        (claimed[0].name.clone(), invitation)
    }

    /// By hand, into a new group. Twice into one invitation.
    async fn invite_by_name(&self, person: &str) -> InvitationName {
        let invitation = Invitation {
            address: format!("{person}@example.com"),
            groups: vec![self.new_group().await.to_string()],
            ..Default::default()
        };
        let owner = TestCaller::member("owner", self.organization, Role::Owner);
        acts::invite(&self.invitations, owner, self.organization, invitation).await
    }

    async fn latest(&self, person: &str) -> Employment {
        self.employments_of(person).await.remove(0)
    }

    async fn says_to_be_lead_teacher(&self, person: &str, name: &str) {
        let employment = Employment {
            name: name.to_owned(),
            positions: vec![position("Lead", "")],
            ..Default::default()
        };
        self.update(person, employment, &["positions"]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_says_no_more_than_the_invitation_is_verified_by_it() {
    let fixture = Fixture::start().await;
    let (name, invitation) = fixture.claims_and_is_invited("learner-1").await;
    fixture.accept(invitation, "learner-1").await;
    let verified = fixture.latest("learner-1").await;
    assert_eq!((&verified.name, verified.state()), (&name, S::Verified));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_says_of_their_own_waits_for_an_administrator_whoever_invites_them() {
    let fixture = Fixture::start().await;
    let (name, invitation) = fixture.claims_and_is_invited("learner-1").await;
    fixture.says_to_be_lead_teacher("learner-1", &name).await;
    fixture.accept(invitation, "learner-1").await;
    let waiting = fixture.latest("learner-1").await;
    assert_eq!((&waiting.name, waiting.state()), (&name, S::PendingVerification));
    // They are in the group of the invitation all the same.
    assert_eq!(waiting.groups.len(), 1);

    // The same after it was verified as something else.
    let (name, invitation) = fixture.claims_and_is_invited("learner-2").await;
    fixture.verify(&name).await;
    fixture.says_to_be_lead_teacher("learner-2", &name).await;
    fixture.accept(invitation, "learner-2").await;
    assert_eq!(fixture.latest("learner-2").await.state(), S::PendingVerification);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_organization_says_after_an_invitation_counts_more_than_the_invitation() {
    let fixture = Fixture::start().await;
    // Rejected, and corrected without a change.
    let (name, invitation) = fixture.claims_and_is_invited("learner-1").await;
    fixture
        .reject(&name, RejectionReason::NotEmployed, "")
        .await
        .unwrap();
    fixture.correct("learner-1", &name).await.unwrap();
    fixture.accept(invitation, "learner-1").await;
    assert_eq!(fixture.latest("learner-1").await.state(), S::PendingVerification);

    // Rejected, and taken back: what is accepted is a new one.
    let (name, invitation) = fixture.claims_and_is_invited("learner-2").await;
    fixture
        .reject(&name, RejectionReason::NotEmployed, "")
        .await
        .unwrap();
    fixture.correct("learner-2", &name).await.unwrap();
    fixture.withdraw("learner-2", &name).await.unwrap();
    fixture.accept(invitation, "learner-2").await;
    let new = fixture.latest("learner-2").await;
    assert_eq!((new.state(), new.name == name), (S::PendingVerification, false));

    // Let go.
    let (name, invitation) = fixture.claims_and_is_invited("learner-3").await;
    fixture.verify(&name).await;
    fixture.ends_on(&name, "").await.unwrap();
    fixture.accept(invitation, "learner-3").await;
    let new = fixture.latest("learner-3").await;
    assert_eq!((new.state(), new.name == name), (S::PendingVerification, false));

    // To be let go: the last day stays.
    let (name, invitation) = fixture.claims_and_is_invited("learner-4").await;
    fixture.verify(&name).await;
    let ends = fixture.ends_on(&name, "2026-12-31").await.unwrap();
    fixture.accept(invitation, "learner-4").await;
    let kept = fixture.latest("learner-4").await;
    assert_eq!((kept.state(), &kept.last_day), (S::Verified, &ends.last_day));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_invited_anew_after_that_is_wanted_again() {
    let fixture = Fixture::start().await;
    let (name, invitation) = fixture.claims_and_is_invited("learner-1").await;
    fixture.verify(&name).await;
    fixture.ends_on(&name, "").await.unwrap();
    fixture.advance(Duration::from_secs(60));
    assert_eq!(fixture.invite_by_name("learner-1").await, invitation);
    fixture.accept(invitation, "learner-1").await;
    let new = fixture.latest("learner-1").await;
    assert_eq!((new.state(), new.name == name), (S::Verified, false));
}
