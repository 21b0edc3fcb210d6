//! `ClaimEmployments`.

use muster_identity::PersonCaller;
use muster_ids::OrganizationName;
use muster_proto::employment::v1::{
    ClaimEmploymentsRequest, Employment, EmploymentClaim, EmploymentState, EndEmploymentRequest,
    VerifyEmploymentRequest,
};
use muster_refusal::{ErrorReason as R, fields_of, quota_of, reason_of, violations_of};
use muster_testkit::{Callers, TestCaller, acts, eventually};
use tonic::Status;

use crate::fixture::{Fixture, reason};

pub(crate) fn at(organization: impl ToString) -> EmploymentClaim {
    EmploymentClaim {
        organization: organization.to_string(),
        ..Default::default()
    }
}

impl Fixture {
    pub(crate) async fn claim(
        &self,
        who: TestCaller,
        claims: Vec<EmploymentClaim>,
    ) -> Result<Vec<Employment>, Status> {
        let request = ClaimEmploymentsRequest {
            parent: "persons/me".to_owned(),
            claims,
            request_id: String::new(),
        };
        let claimed = self.person_employments(who).claim_employments(request).await?;
        Ok(claimed.into_inner().employments)
    }

    pub(crate) async fn verify(&self, name: &str) -> Employment {
        let request = VerifyEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let verified = self.employments(self.admin()).verify_employment(request).await;
        verified.unwrap().into_inner().employment.unwrap()
    }

    async fn count_of(&self, person: &str) -> usize {
        self.employments_of(person).await.len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_claims_at_several_sites_at_once_and_each_goes_its_own_way() {
    let mut fixture = Fixture::start().await;
    let first = fixture.organization_name();
    let location = fixture.new_location().await.to_string();
    fixture.organization = acts::open_organization(&fixture.organizations, "owner").await;
    let second = fixture.organization_name();
    let there = EmploymentClaim {
        location: location.clone(),
        ..at(first)
    };
    let claimed = fixture
        .claim(TestCaller::person("learner-1"), vec![at(second), there])
        .await
        .unwrap();
    let [at_second, at_first] = claimed.as_slice() else {
        panic!("{claimed:?}")
    };
    assert!(at_second.name.starts_with(&second.to_string()) && at_second.location.is_empty());
    assert!(at_first.name.starts_with(&first.to_string()));
    assert_eq!(at_first.location, location);
    for one in &claimed {
        assert_eq!(one.state(), EmploymentState::PendingVerification);
        assert_eq!(one.person_display_name, "learner-1");
    }
    fixture.verify(&at_second.name).await;
    let end = EndEmploymentRequest {
        name: at_second.name.clone(),
        reason: "moved".to_owned(),
        request_id: String::new(),
        last_day: String::new(),
    };
    fixture
        .employments(fixture.admin())
        .end_employment(end)
        .await
        .unwrap();
    fixture.organization = first.organization;
    let other = fixture.employment_of("learner-1").await;
    assert_eq!(other.state(), EmploymentState::PendingVerification);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_claims_to_work_at_a_location_that_is_not_active_any_more() {
    let fixture = Fixture::start().await;
    let location = fixture.new_location().await.to_string();
    let there = EmploymentClaim {
        location: location.clone(),
        ..at(fixture.organization_name())
    };
    let claim = async |who: &str| fixture.claim(TestCaller::person(who), vec![there.clone()]).await;
    claim("learner-1").await.unwrap();
    let deactivated = "UPDATE locations SET state = 'INACTIVE'";
    fixture.organizations.database.execute(deactivated).await;
    let status = claim("learner-2").await.unwrap_err();
    assert_eq!(violations_of(&status)[0].0, "claims[0].location");
    assert_eq!(reason_of(&status), Some(R::LocationInactive));
    let kept = fixture.employment_of("learner-1").await;
    assert_eq!(kept.location, location, "who works there stays there");
    let elsewhere = at(fixture.organization_name());
    let claimed = fixture
        .claim(TestCaller::person("learner-2"), vec![elsewhere])
        .await;
    claimed.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_claim_from_several_devices_at_once_makes_one_employment() {
    let mut fixture = Fixture::start().await;
    let first = fixture.organization_name();
    fixture.organization = acts::open_organization(&fixture.organizations, "owner").await;
    let second = fixture.organization_name();
    let one = |turn: bool| {
        let sites = if turn { [first, second] } else { [second, first] };
        fixture.claim(TestCaller::person("learner-1"), sites.map(at).to_vec())
    };
    let answers = tokio::join!(
        one(true),
        one(false),
        one(true),
        one(false),
        one(true),
        one(false)
    );
    let answers: [_; 6] = answers.into();
    for answer in answers {
        assert_eq!(answer.unwrap().len(), 2);
    }
    assert_eq!(fixture.count_of("learner-1").await, 1);
    assert_eq!(fixture.published("employment.changed").await, 2);
    fixture.organization = first.organization;
    assert_eq!(fixture.count_of("learner-1").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_approval_only_the_owner_claims_and_afterwards_nobody_claims_where_it_is_over() {
    let fixture = Fixture::start().await;
    let name = fixture.organization_name();
    let end = "UPDATE employments SET state = 'ENDED'";
    fixture.service.database.execute(end).await;
    for statement in [
        "UPDATE organizations SET state = 'DRAFT'",
        "UPDATE organizations SET state = 'SUBMITTED'",
        "UPDATE organizations SET state = 'RETURNED'",
    ] {
        fixture.organizations.database.execute(statement).await;
        let refused = fixture
            .claim(TestCaller::person("learner-1"), vec![at(name)])
            .await;
        assert_eq!(
            muster_refusal::reason_of(&refused.unwrap_err()),
            Some(R::OrganizationNotActive)
        );
        let claimed = fixture
            .claim(TestCaller::person("owner"), vec![at(name)])
            .await
            .unwrap();
        assert_eq!(claimed[0].state(), EmploymentState::PendingVerification);
    }
    assert_eq!(fixture.count_of("owner").await, 2, "one that ended, one claim");
    for statement in [
        "UPDATE organizations SET state = 'SUSPENDED'",
        "UPDATE organizations SET state = 'CLOSED'",
        "UPDATE organizations SET state = 'REJECTED'",
    ] {
        fixture.organizations.database.execute(statement).await;
        let refused = fixture
            .claim(TestCaller::person("owner"), vec![at(name)])
            .await
            .unwrap_err();
        assert_eq!(
            muster_refusal::reason_of(&refused),
            Some(R::OrganizationNotActive)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_claims_all_are_taken_or_none_and_what_is_not_active_is_like_what_is_not() {
    let mut fixture = Fixture::start().await;
    let open = fixture.organization_name();
    fixture.organization = acts::open_organization(&fixture.organizations, "outsider").await;
    let closed = fixture.organization_name();
    let close = sqlx::query("UPDATE organizations SET state = 'DRAFT' WHERE organization_id = $1")
        .bind(fixture.organization.as_uuid());
    let mut connection = fixture.organizations.database.connection().await;
    close.execute(&mut connection).await.unwrap();
    let absent = OrganizationName {
        organization: fixture.service.clock.new_uuid().into(),
    };
    let sites = vec![at(open), at(closed), at(absent)];
    let refused = fixture
        .claim(TestCaller::person("learner-1"), sites)
        .await
        .unwrap_err();
    let violations = violations_of(&refused);
    let fields: Vec<_> = violations.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["claims[1].organization", "claims[2].organization"]);
    assert_eq!(violations[0].1, violations[1].1);

    fixture.organization = open.organization;
    let elsewhere = format!("{open}/locations/{}", fixture.service.clock.new_uuid());
    let nowhere = EmploymentClaim {
        location: elsewhere,
        ..at(open)
    };
    let refused = fixture
        .claim(TestCaller::person("learner-1"), vec![nowhere])
        .await
        .unwrap_err();
    assert_eq!(muster_refusal::reason_of(&refused), Some(R::GroupUnknown));
    assert_eq!(fixture.count_of("learner-1").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_approval_verifies_what_the_owner_claimed_before() {
    let mut fixture = Fixture::without_organization().await;
    fixture.service.leave().await;
    fixture.organization = acts::open_organization(&fixture.organizations, "owner").await;
    fixture.service.come_back().await;
    let approved = "SELECT count(*) FROM inbox WHERE event_type = 'organization.approved'";
    eventually(async || fixture.service.database.count(approved).await == 1).await;
    let name = fixture.organization_name();
    let claimed = fixture
        .claim(TestCaller::person("owner"), vec![at(name)])
        .await
        .unwrap();
    assert_eq!(
        claimed[0].state(),
        EmploymentState::Verified,
        "it was verified already"
    );
    assert_eq!(fixture.count_of("owner").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_kept_as_the_person_writes_them() {
    let fixture = Fixture::start().await;
    for (person, name) in [
        ("learner-1", "שרה כהן"),
        ("learner-2", "Zoe\u{308} A\u{30a}sa"),
        ("learner-3", "محمد"),
    ] {
        let caller = PersonCaller {
            name: Some(name.to_owned()),
            ..Callers::person(person)
        };
        let claims = vec![at(fixture.organization_name())];
        let claimed = fixture
            .claim(TestCaller::Person(caller, None), claims)
            .await
            .unwrap();
        assert_eq!(claimed[0].person_display_name, name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_after_the_end_is_a_new_claim() {
    let fixture = Fixture::start().await;
    let claims = || vec![at(fixture.organization_name())];
    fixture.employ_anywhere("learner-1").await;
    let end = "UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'learner-1'";
    fixture.service.database.execute(end).await;
    let claimed = fixture
        .claim(TestCaller::person("learner-1"), claims())
        .await
        .unwrap();
    assert_eq!(claimed[0].state(), EmploymentState::PendingVerification);
    assert_eq!(
        (claimed[0].groups.len(), fixture.count_of("learner-1").await),
        (0, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_claim_is_told_everything_that_is_wrong() {
    let fixture = Fixture::start().await;
    let organization = fixture.organization_name();
    let foreign = format!(
        "organizations/{}/locations/{}",
        fixture.service.clock.new_uuid(),
        fixture.service.clock.new_uuid()
    );
    let claims = vec![
        at(organization),
        at("organizations/x"),
        EmploymentClaim {
            location: foreign,
            ..at(organization)
        },
    ];
    let refused = fixture
        .claim(TestCaller::person("learner-1"), claims)
        .await
        .unwrap_err();
    let fields = fields_of(&refused);
    assert_eq!(fields, ["claims[1].organization", "claims[2].location"]);
    let twice = vec![at(organization), at(organization)];
    let refused = fixture
        .claim(TestCaller::person("learner-1"), twice)
        .await
        .unwrap_err();
    assert_eq!(violations_of(&refused)[0].0, "claims[1].organization");
    let others = ClaimEmploymentsRequest {
        parent: crate::fixture::person_name("learner-2").to_string(),
        claims: vec![at(organization)],
        request_id: String::new(),
    };
    let mut client = fixture.person_employments(TestCaller::person("learner-1"));
    assert_eq!(
        reason(client.claim_employments(others).await),
        R::PermissionDenied
    );
    assert_eq!(fixture.count_of("learner-1").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_claims_at_one_organization_five_times_in_thirty_days_whatever_becomes_of_it() {
    let fixture = Fixture::start().await;
    let (who, there) = (
        || TestCaller::person("learner-1"),
        || vec![at(fixture.organization_name())],
    );
    for _ in 0..5 {
        let claimed = fixture.claim(who(), there()).await.unwrap().remove(0);
        let again = fixture.claim(who(), there()).await.unwrap().remove(0);
        assert_eq!(again.name, claimed.name, "what is open is no new claim");
        fixture.withdraw("learner-1", &claimed.name).await.unwrap();
    }
    let refused = fixture.claim(who(), there()).await.unwrap_err();
    assert_eq!(muster_refusal::reason_of(&refused), Some(R::RateLimited));
    assert_eq!(quota_of(&refused), Some((5, 5)));
    assert_eq!(
        violations_of(&refused),
        [(
            "claims[0].organization".to_owned(),
            "was claimed too often".to_owned()
        )]
    );
    assert_eq!(fixture.count_of("learner-1").await, 5);
    // Of others nothing is taken, and an invitation is no claim.
    fixture
        .claim(TestCaller::person("learner-2"), there())
        .await
        .unwrap();
    fixture.employ_anywhere("learner-1").await;
    fixture
        .service
        .clock
        .advance(std::time::Duration::from_secs(30 * 86_400 + 1));
    for service in [&fixture.service, &fixture.organizations, &fixture.invitations] {
        service.renew_tokens();
    }
    let end = "UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'learner-1'";
    fixture.service.database.execute(end).await;
    // Whoever is asked has to know the renewed tokens.
    eventually(async || fixture.claim(who(), there()).await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_claims_from_many_devices_at_once_is_counted_once() {
    let fixture = Fixture::start().await;
    let there = || vec![at(fixture.organization_name())];
    let tries = (0..24).map(async |_| {
        let claimed = fixture.claim(TestCaller::person("learner-1"), there()).await;
        if let Ok(claimed) = &claimed {
            let _ = fixture.withdraw("learner-1", &claimed[0].name).await;
        }
        claimed
    });
    let tried = futures::future::join_all(tries).await;
    for refused in tried.into_iter().filter_map(Result::err) {
        assert_eq!(muster_refusal::reason_of(&refused), Some(R::RateLimited));
    }
    while let Ok(claimed) = fixture.claim(TestCaller::person("learner-1"), there()).await {
        fixture.withdraw("learner-1", &claimed[0].name).await.unwrap();
    }
    assert_eq!(fixture.count_of("learner-1").await, 5);
}
