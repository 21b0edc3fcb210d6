//! The acts, carried out.

use std::time::Duration;

use muster_database::DatabaseError;
use muster_identity::Role as AtTheEdge;
use muster_ids::OrganizationId;
use muster_proto::employment::v1::EmploymentState;
use muster_proto::organization::v1 as pb;
use muster_testkit::{Callers, TestCaller, eventually};
use prost_types::FieldMask;
use sqlx::PgConnection;
use tonic::Status;

use super::table::{Act, Aimed, Answer, News, PEOPLE, Shown};
use crate::access_requests::{ask, own_requests, requests};
use crate::employed::hears;
use crate::fixture::{Fixture, approve, name, owner, submit};
use crate::ownership::{as_owner, offer, ownership, reassign};
use crate::profile_users::{adding, person, remove, user_name, users};

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// An organization of its own, with people of its own, and what was made there, the oldest first.
pub(super) struct Place<'w> {
    fixture: &'w Fixture,
    id: OrganizationId,
    people: Vec<String>,
    requests: Vec<Vec<String>>,
    offers: Vec<String>,
    /// How often something was heard of employments.
    heard: i64,
}

impl<'w> Place<'w> {
    pub(super) async fn new(fixture: &'w Fixture) -> Self {
        let run = fixture.service.clock.new_uuid();
        let people: Vec<_> = ["olga", "ada", "bob"].map(|who| format!("{who}-{run}")).into();
        let id = fixture.draft(&people[0], fixture.profile()).await;
        let mut profiles = fixture.profiles(owner(id));
        profiles.submit_organization(submit(id)).await.unwrap();
        let mut staff = fixture.profiles(TestCaller::staff(id));
        staff.approve_organization(approve(id)).await.unwrap();
        // Employment makes the owner the first director.
        let directors = async |db: &mut PgConnection| {
            let known = sqlx::query_scalar(
                "SELECT count(*) FROM employment_projection WHERE organization_id = $1 AND state = 'VERIFIED'",
            );
            Ok::<i64, DatabaseError>(known.bind(id.as_uuid()).fetch_one(db).await?)
        };
        let database = fixture.service.database.database();
        eventually(async || database.read(&directors).await.unwrap() == 1).await;
        Self {
            fixture,
            id,
            people,
            requests: vec![Vec::new(); PEOPLE],
            offers: Vec::new(),
            heard: 0,
        }
    }

    /// Does all of them at the same moment.
    pub(super) async fn all(&mut self, acts: &[Aimed]) -> Vec<Answer> {
        let first = self.heard + 1;
        self.heard += 2;
        let this = &*self;
        let each = (first..).zip(acts).map(async |(sequence, aimed)| {
            let done = this.take(aimed, sequence).await;
            done.map_err(|status| {
                muster_refusal::reason_of(&status).unwrap_or_else(|| panic!("no reason in {status:?}"))
            })
        });
        let answers = futures::future::join_all(each).await;
        self.find_new().await;
        answers
    }

    /// What everybody sees of it.
    ///
    /// # Errors
    /// There is not one owner.
    pub(super) async fn stored(&self) -> Result<Shown, String> {
        let request = pb::ListProfileUsersRequest {
            parent: name(self.id),
            ..Default::default()
        };
        let listed = users(self.fixture, self.as_seen())
            .list_profile_users(request)
            .await;
        let listed = listed.unwrap().into_inner().profile_users;
        let owners = listed.iter().filter(|user| user.role() == pb::Role::Owner);
        let owners: Vec<_> = owners.map(|user| user.person.clone()).collect();
        let profile = self.fixture.read(self.id).await.owner;
        if owners != [profile.clone()] {
            return Err(format!(
                "the profile names {profile}, and the owners are {owners:?}"
            ));
        }
        let users = self.people.iter().map(|who| {
            let of = |user: &&pb::ProfileUser| user.person == person(who) && user.role() != pb::Role::Owner;
            let user = listed.iter().find(of)?;
            Some((user.role(), user.origin(), user.state()))
        });
        Ok(Shown {
            owner: self.place_of(&profile),
            users: users.collect(),
            reachable: self.reachable().await,
            requests: self.request_states().await,
            offers: self.offer_states().await,
        })
    }

    /// Somebody who may read all of it.
    fn as_seen(&self) -> TestCaller {
        owner(self.id)
    }

    fn place_of(&self, name: &str) -> usize {
        let found = self.people.iter().position(|who| person(who) == name);
        found.unwrap()
    }

    async fn reachable(&self) -> Vec<bool> {
        let known: Vec<uuid::Uuid> =
            sqlx::query_scalar("SELECT person_id FROM profile_user_addresses WHERE organization_id = $1")
                .bind(self.id.as_uuid())
                .fetch_all(&mut self.fixture.service.database.connection().await)
                .await
                .unwrap();
        let is_known = |who: &String| known.contains(&Callers::person(who).id.as_uuid());
        self.people.iter().map(is_known).collect()
    }

    async fn all_requests(&self) -> Vec<pb::AccessRequest> {
        let request = pb::ListAccessRequestsRequest {
            parent: name(self.id),
            page_size: 1000,
            ..Default::default()
        };
        let listed = requests(self.fixture, self.as_seen())
            .list_access_requests(request)
            .await;
        listed.unwrap().into_inner().access_requests
    }

    async fn request_states(&self) -> Vec<Vec<pb::AccessRequestState>> {
        let all = self.all_requests().await;
        let state = |name: &String| {
            let request = all.iter().find(|one| one.name == *name);
            request.unwrap().state()
        };
        let of_person = |names: &Vec<String>| names.iter().map(state).collect();
        self.requests.iter().map(of_person).collect()
    }

    async fn all_offers(&self) -> Vec<pb::OwnershipOffer> {
        let request = pb::ListOwnershipOffersRequest {
            parent: name(self.id),
            page_size: 1000,
            ..Default::default()
        };
        let listed = ownership(self.fixture, self.as_seen())
            .list_ownership_offers(request)
            .await;
        listed.unwrap().into_inner().ownership_offers
    }

    async fn offer_states(&self) -> Vec<(usize, pb::OwnershipOfferState)> {
        let all = self.all_offers().await;
        let each = self.offers.iter().map(|name| {
            let offer = all.iter().find(|one| one.name == *name).unwrap();
            (self.place_of(&offer.person), offer.state())
        });
        each.collect()
    }

    /// Notes what was made since: of each person one request at most, and one offer, because nobody answers what was not there
    /// before.
    async fn find_new(&mut self) {
        for request in self.all_requests().await {
            let who = self.place_of(&request.person);
            if !self.requests[who].contains(&request.name) {
                self.requests[who].push(request.name);
            }
        }
        for offer in self.all_offers().await {
            if !self.offers.contains(&offer.name) {
                self.offers.push(offer.name);
            }
        }
    }

    async fn take(&self, aimed: &Aimed, sequence: i64) -> Result<(), Status> {
        match aimed.act {
            Act::Hear { who, news } => self.hear(who, news, sequence).await,
            Act::WeekPasses => self.fixture.passes(WEEK, self.id).await,
            Act::Add { .. } | Act::Change { .. } | Act::Remove { .. } | Act::Leave { .. } => {
                self.of_users(aimed).await?;
            }
            Act::Ask { .. } | Act::Approve { .. } | Act::Deny { .. } | Act::TakeBack { .. } => {
                self.of_requests(aimed).await?;
            }
            Act::Offer { .. }
            | Act::Accept { .. }
            | Act::Decline { .. }
            | Act::Withdraw { .. }
            | Act::Move { .. } => self.of_ownership(aimed).await?,
        }
        Ok(())
    }

    async fn hear(&self, who: usize, news: News, sequence: i64) {
        let state = match news {
            News::Verified => EmploymentState::Verified,
            News::Waits => EmploymentState::PendingVerification,
            News::Over => EmploymentState::Ended,
        };
        hears(self.fixture, self.id, &self.people[who], sequence, state).await;
    }

    async fn of_users(&self, aimed: &Aimed) -> Result<(), Status> {
        let Self {
            fixture, id, people, ..
        } = self;
        let edge = as_owner(*id, &people[aimed.by]);
        match aimed.act {
            Act::Add { who, role, .. } => {
                let request = adding(*id, &people[who], role);
                users(fixture, edge).create_profile_user(request).await?;
            }
            Act::Change { who, role, .. } => {
                let request = pb::UpdateProfileUserRequest {
                    profile_user: Some(pb::ProfileUser {
                        name: user_name(*id, &people[who]),
                        role: role.into(),
                        ..Default::default()
                    }),
                    update_mask: Some(FieldMask {
                        paths: vec!["role".to_owned()],
                    }),
                    request_id: String::new(),
                };
                users(fixture, edge).update_profile_user(request).await?;
            }
            Act::Remove { who, .. } => {
                remove(fixture, *id, edge, &people[who]).await?;
            }
            Act::Leave { who } => {
                let themself = TestCaller::member(&people[who], *id, AtTheEdge::Viewer);
                remove(fixture, *id, themself, &people[who]).await?;
            }
            ref other => unreachable!("{other:?} is about no access"),
        }
        Ok(())
    }

    async fn of_requests(&self, aimed: &Aimed) -> Result<(), Status> {
        let Self {
            fixture, id, people, ..
        } = self;
        let edge = as_owner(*id, &people[aimed.by]);
        let named = |who: usize| self.requests[who][aimed.at].clone();
        match aimed.act {
            Act::Ask { who, role } => {
                ask(fixture, Callers::person(&people[who]), *id, role).await?;
            }
            Act::Approve { who, .. } => {
                let request = pb::ApproveAccessRequestRequest {
                    name: named(who),
                    ..Default::default()
                };
                requests(fixture, edge).approve_access_request(request).await?;
            }
            Act::Deny { who, .. } => {
                let request = pb::DenyAccessRequestRequest {
                    name: named(who),
                    request_id: String::new(),
                };
                requests(fixture, edge).deny_access_request(request).await?;
            }
            Act::TakeBack { who } => {
                let request = pb::WithdrawAccessRequestRequest {
                    name: named(who),
                    request_id: String::new(),
                };
                let mut own = own_requests(fixture, TestCaller::person(&people[who]));
                own.withdraw_access_request(request).await?;
            }
            ref other => unreachable!("{other:?} is about no request"),
        }
        Ok(())
    }

    async fn of_ownership(&self, aimed: &Aimed) -> Result<(), Status> {
        let Self {
            fixture, id, people, ..
        } = self;
        let edge = as_owner(*id, &people[aimed.by]);
        let themself = |who: usize| ownership(fixture, TestCaller::person(&people[who]));
        let (name, request_id) = (|| self.offers[aimed.at].clone(), String::new());
        match aimed.act {
            Act::Offer { who, .. } => {
                offer(fixture, *id, &people[aimed.by], &people[who]).await?;
            }
            Act::Accept { who } => {
                let request = pb::AcceptOwnershipRequest {
                    name: name(),
                    request_id,
                };
                themself(who).accept_ownership(request).await?;
            }
            Act::Decline { who } => {
                let request = pb::DeclineOwnershipRequest {
                    name: name(),
                    request_id,
                };
                themself(who).decline_ownership(request).await?;
            }
            Act::Withdraw { .. } => {
                let request = pb::WithdrawOwnershipOfferRequest {
                    name: name(),
                    request_id,
                };
                ownership(fixture, edge).withdraw_ownership_offer(request).await?;
            }
            Act::Move { who } => {
                reassign(fixture, *id, &people[who]).await?;
            }
            ref other => unreachable!("{other:?} is not about the ownership"),
        }
        Ok(())
    }
}
