//! How an ownership moves.

mod lapsing;
mod offering;
mod races;
mod reassigning;

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::ownership_service_client::OwnershipServiceClient;
use muster_testkit::{Callers, TestCaller, TestChannel};
use tonic::Status;

pub(crate) use self::reassigning::reassign;
use crate::fixture::{Fixture, name};
use crate::profile_users::person;

pub(crate) fn ownership(fixture: &Fixture, who: TestCaller) -> OwnershipServiceClient<TestChannel> {
    OwnershipServiceClient::new(fixture.service.calls_of(who))
}

/// Somebody whom the edge takes for the owner.
pub(crate) fn as_owner(id: OrganizationId, who: &str) -> TestCaller {
    TestCaller::member(who, id, Role::Owner)
}

/// Makes somebody an admin who depends on no employment, and has told an address when they asked.
pub(crate) async fn let_in(fixture: &Fixture, id: OrganizationId, who: &str) {
    let person = Callers::person(who).id;
    let statement = format!(
        "INSERT INTO profile_users (organization_id, person_id, display_name, role, origin, version, create_time)
         VALUES ('{id}', '{person}', '{who}', 'ADMIN', 'REQUEST', 1, now())
         ON CONFLICT ON CONSTRAINT profile_users_pkey
         DO UPDATE SET role = 'ADMIN', origin = 'REQUEST', expire_time = NULL, version = profile_users.version + 1"
    );
    fixture.execute(statement).await;
    tells_address(fixture, id, who).await;
}

/// An address of theirs is known, as if they had told it.
pub(crate) async fn tells_address(fixture: &Fixture, id: OrganizationId, who: &str) {
    let person = Callers::person(who).id;
    let told = format!(
        "INSERT INTO profile_user_addresses (organization_id, person_id, address_given, address_canonical, create_time)
         VALUES ('{id}', '{person}', '{who}@example.com', '{who}@example.com', now())
         ON CONFLICT ON CONSTRAINT profile_user_addresses_pkey DO NOTHING"
    );
    fixture.execute(told).await;
}

/// An owner offers the ownership to somebody.
pub(crate) async fn offer(
    fixture: &Fixture,
    id: OrganizationId,
    owner: &str,
    to: &str,
) -> Result<pb::OwnershipOffer, Status> {
    let request = pb::OfferOwnershipRequest {
        parent: name(id),
        person: person(to),
        request_id: String::new(),
    };
    let offered = ownership(fixture, as_owner(id, owner))
        .offer_ownership(request)
        .await?;
    Ok(offered.into_inner().ownership_offer.unwrap())
}

pub(crate) async fn accept(
    fixture: &Fixture,
    who: TestCaller,
    offer: &pb::OwnershipOffer,
) -> Result<pb::OwnershipOffer, Status> {
    let request = pb::AcceptOwnershipRequest {
        name: offer.name.clone(),
        request_id: String::new(),
    };
    let accepted = ownership(fixture, who).accept_ownership(request).await?;
    Ok(accepted.into_inner().ownership_offer.unwrap())
}

pub(crate) async fn decline(
    fixture: &Fixture,
    who: &str,
    offer: &pb::OwnershipOffer,
) -> Result<pb::OwnershipOffer, Status> {
    let request = pb::DeclineOwnershipRequest {
        name: offer.name.clone(),
        request_id: String::new(),
    };
    let declined = ownership(fixture, TestCaller::person(who))
        .decline_ownership(request)
        .await?;
    Ok(declined.into_inner().ownership_offer.unwrap())
}

pub(crate) async fn withdraw(
    fixture: &Fixture,
    id: OrganizationId,
    owner: &str,
    offer: &pb::OwnershipOffer,
) -> Result<pb::OwnershipOffer, Status> {
    let request = pb::WithdrawOwnershipOfferRequest {
        name: offer.name.clone(),
        request_id: String::new(),
    };
    let withdrawn = ownership(fixture, as_owner(id, owner))
        .withdraw_ownership_offer(request)
        .await?;
    Ok(withdrawn.into_inner().ownership_offer.unwrap())
}

/// The latest offer, as an admin sees it.
pub(crate) async fn latest(fixture: &Fixture, id: OrganizationId) -> pb::OwnershipOffer {
    let request = pb::ListOwnershipOffersRequest {
        parent: name(id),
        page_size: 1,
        ..Default::default()
    };
    let admin = TestCaller::member("ada", id, Role::Admin);
    let listed = ownership(fixture, admin).list_ownership_offers(request).await;
    listed.unwrap().into_inner().ownership_offers.remove(0)
}
