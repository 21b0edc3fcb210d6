//! The ownership: offered, answered, moved.

use muster_proto::organization::v1::{
    AcceptOwnershipRequest, DeclineOwnershipRequest, ListOwnershipOffersRequest, MoveOwnershipRequest,
    OfferOwnershipRequest, OfferOwnershipResponse, Role, WithdrawOwnershipOfferRequest,
};
use muster_refusal::ErrorReason as R;

use super::access_requests::waiting;
use super::attempt::Attempt;
use super::profile_users::given;
use super::stage::Stage;
use super::{Row, row};
use crate::support::{Employee, Organization};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = offered();
    rows.extend(withdrawn());
    rows.extend(accepted());
    rows.extend(declined());
    rows.extend(moved());
    rows.push(row("ListOwnershipOffers", R::PageTokenInvalid, async |at| {
        let request = ListOwnershipOffersRequest {
            parent: at.name(),
            page_token: "AAAA".into(),
            ..Default::default()
        };
        Attempt::by("owner", &request)
    }));
    rows
}

fn nobody(at: &Stage) -> String {
    format!("persons/{}", at.suite.request_id())
}

fn offering(at: &Stage, person: String, request_id: &str) -> OfferOwnershipRequest {
    OfferOwnershipRequest {
        parent: at.name(),
        person,
        request_id: request_id.into(),
    }
}

fn withdrawing(name: String, request_id: &str) -> WithdrawOwnershipOfferRequest {
    WithdrawOwnershipOfferRequest {
        name,
        request_id: request_id.into(),
    }
}

fn accepting(name: String, request_id: &str) -> AcceptOwnershipRequest {
    AcceptOwnershipRequest {
        name,
        request_id: request_id.into(),
    }
}

fn declining(name: String, request_id: &str) -> DeclineOwnershipRequest {
    DeclineOwnershipRequest {
        name,
        request_id: request_id.into(),
    }
}

fn moving(at: &Stage, person: String, request_id: &str) -> MoveOwnershipRequest {
    MoveOwnershipRequest {
        name: at.name(),
        person,
        reason: "a test".into(),
        request_id: request_id.into(),
    }
}

/// An open offer of an organization that is nobody else's, and to whom it was made.
async fn open(at: &Stage) -> (Stage, Employee, String) {
    let at = at.own().await;
    let (admin, _) = given(&at, Role::Admin).await;
    let request = offering(&at, admin.person.clone(), "");
    let made: OfferOwnershipResponse = at.done("OfferOwnership", "owner", &request).await;
    (at, admin, made.ownership_offer.unwrap().name)
}

fn offered() -> Vec<Row> {
    vec![
        row("OfferOwnership", R::SuccessorCannotAct, async |at| {
            let (viewer, _) = given(&at, Role::Viewer).await;
            Attempt::by("owner", &offering(&at, viewer.person, "")).metadata("missing", "ADMIN")
        }),
        row("OfferOwnership", R::OwnershipOfferOpen, async |at| {
            let (at, _, _) = open(&at).await;
            let (another, _) = given(&at, Role::Admin).await;
            Attempt::by("owner", &offering(&at, another.person, ""))
        }),
        row("OfferOwnership", R::OrganizationState, async |at| {
            let at = at.own().await;
            at.becomes("CLOSED").await;
            Attempt::by("owner", &offering(&at, nobody(&at), "")).metadata("state", "CLOSED")
        }),
        row("OfferOwnership", R::InvalidRequest, async |at| {
            Attempt::by("owner", &offering(&at, "persons/me".into(), "")).violates(&["person"])
        }),
        row("OfferOwnership", R::RequestIdReused, async |at| {
            let at = at.own().await;
            let id = at.suite.request_id();
            let (admin, _) = given(&at, Role::Admin).await;
            let first = offering(&at, admin.person, &id);
            let second = offering(&at, nobody(&at), &id);
            at.reused("OfferOwnership", "owner", &first, &second).await
        }),
    ]
}

fn withdrawn() -> Vec<Row> {
    vec![
        row("WithdrawOwnershipOffer", R::OwnershipOfferState, async |at| {
            let (at, admin, name) = open(&at).await;
            at.done::<()>("DeclineOwnership", &admin.address, &declining(name.clone(), ""))
                .await;
            Attempt::by("owner", &withdrawing(name, "")).metadata("state", "DECLINED")
        }),
        row("WithdrawOwnershipOffer", R::NotFound, async |at| {
            Attempt::by("owner", &withdrawing(at.absent("ownershipOffers"), ""))
        }),
        row("WithdrawOwnershipOffer", R::RequestIdReused, async |at| {
            let (at, _, name) = open(&at).await;
            let id = at.suite.request_id();
            let second = withdrawing(at.absent("ownershipOffers"), &id);
            at.reused(
                "WithdrawOwnershipOffer",
                "owner",
                &withdrawing(name, &id),
                &second,
            )
            .await
        }),
    ]
}

fn accepted() -> Vec<Row> {
    vec![
        row("AcceptOwnership", R::OwnershipOfferState, async |at| {
            let (at, admin, name) = open(&at).await;
            at.done::<()>("WithdrawOwnershipOffer", "owner", &withdrawing(name.clone(), ""))
                .await;
            Attempt::by(&admin.address, &accepting(name, "")).metadata("state", "WITHDRAWN")
        }),
        row("AcceptOwnership", R::AddressUnknown, async |at| {
            let (at, admin, name) = open(&at).await;
            // It is theirs whose issuer tells no address.
            let unverified = person_of(&at, "unverified").await;
            let admin = admin.person.trim_start_matches("persons/");
            let database = at.database("organization").await;
            for (table, more) in [
                ("ownership_offers", ""),
                ("profile_users", ", origin = 'REQUEST'"),
            ] {
                let theirs = format!(
                    "UPDATE {table} SET person_id = '{unverified}'{more} WHERE person_id = '{admin}'"
                );
                database.change(&theirs).await;
            }
            Attempt::by("unverified", &accepting(name, ""))
        }),
        row("AcceptOwnership", R::OrganizationState, async |at| {
            let (at, admin, name) = open(&at).await;
            at.becomes("CLOSED").await;
            Attempt::by(&admin.address, &accepting(name, "")).metadata("state", "CLOSED")
        }),
        row("AcceptOwnership", R::NotFound, async |at| {
            let (_, _, name) = open(&at).await;
            Attempt::by("outsider", &accepting(name, ""))
        }),
        row("AcceptOwnership", R::RequestIdReused, async |at| {
            let (at, admin, name) = open(&at).await;
            let id = at.suite.request_id();
            let second = accepting(at.absent("ownershipOffers"), &id);
            at.reused("AcceptOwnership", &admin.address, &accepting(name, &id), &second)
                .await
        }),
    ]
}

/// The id of somebody who owns a draft.
async fn person_of(at: &Stage, who: &str) -> String {
    let draft = crate::support::Organization::draft(&at.suite, who).await;
    draft.owner.replace("persons/", "")
}

fn declined() -> Vec<Row> {
    vec![
        row("DeclineOwnership", R::OwnershipOfferState, async |at| {
            let (at, admin, name) = open(&at).await;
            at.done::<()>("WithdrawOwnershipOffer", "owner", &withdrawing(name.clone(), ""))
                .await;
            Attempt::by(&admin.address, &declining(name, "")).metadata("state", "WITHDRAWN")
        }),
        row("DeclineOwnership", R::NotFound, async |at| {
            let (_, _, name) = open(&at).await;
            Attempt::by("outsider", &declining(name, ""))
        }),
        row("DeclineOwnership", R::RequestIdReused, async |at| {
            let (at, admin, name) = open(&at).await;
            let id = at.suite.request_id();
            let second = declining(at.absent("ownershipOffers"), &id);
            at.reused("DeclineOwnership", &admin.address, &declining(name, &id), &second)
                .await
        }),
    ]
}

fn moved() -> Vec<Row> {
    vec![
        row("MoveOwnership", R::SuccessorCannotAct, async |at| {
            Attempt::by("staff", &moving(&at, nobody(&at), "")).metadata("missing", "PROFILE_USER")
        }),
        row("MoveOwnership", R::OwnProfile, async |at| {
            let name = Organization::draft(&at.suite, "staff").await.name;
            let request = moving(&at, nobody(&at), "");
            Attempt::by("staff", &MoveOwnershipRequest { name, ..request })
        }),
        row("MoveOwnership", R::OrganizationState, async |at| {
            let at = at.own().await;
            at.becomes("CLOSED").await;
            Attempt::by("staff", &moving(&at, nobody(&at), "")).metadata("state", "CLOSED")
        }),
        row("MoveOwnership", R::NotFound, async |at| {
            let name = format!("organizations/{}", at.suite.request_id());
            let request = moving(&at, nobody(&at), "");
            Attempt::by("staff", &MoveOwnershipRequest { name, ..request })
        }),
        row("MoveOwnership", R::InvalidRequest, async |at| {
            Attempt::by("staff", &moving(&at, "persons/me".into(), "")).violates(&["person"])
        }),
        row("MoveOwnership", R::RequestIdReused, async |at| {
            let at = at.own().await;
            let id = at.suite.request_id();
            let asks = waiting(&at, &at.address()).await;
            let first = moving(&at, asks.person, &id);
            let second = moving(&at, nobody(&at), &id);
            at.reused("MoveOwnership", "staff", &first, &second).await
        }),
    ]
}
