//! Join pages, and strangers who ask to join by them.

use std::net::{IpAddr, Ipv4Addr};

use muster_proto::invitation::v1::{RequestToJoinRequest, VerifyJoinRequestRequest};
use muster_proto::organization::v1::{
    JoinPage, LookupJoinPageLogoRequest, LookupJoinPageRequest, Plan, RemoveJoinPageLogoRequest,
    SetJoinPageLogoRequest, UpdateJoinPageRequest,
};
use muster_refusal::ErrorReason as R;
use prost_types::FieldMask;

use super::attempt::Attempt;
use super::stage::Stage;
use super::{Row, row};
use crate::support::link_for;

/// Nobody else calls from there.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 98));

pub(super) fn rows() -> Vec<Row> {
    let mut rows = settings();
    rows.extend(logos());
    rows.extend(looked_up());
    rows.extend(asked());
    rows.extend(verified());
    rows
}

/// An organization of its own, with its open page and what can be chosen there.
pub(super) struct Open {
    pub(super) at: Stage,
    slug: String,
    group: String,
    location: String,
}

pub(super) async fn open(at: Stage) -> Open {
    let at = at.own().await;
    let (slug, group, location) = (slug(&at), at.group().await, at.location().await);
    let set = setting(&at, true, &slug, &["enabled", "slug"]);
    at.done::<()>("UpdateJoinPage", "owner", &set).await;
    Open {
        at,
        slug,
        group,
        location,
    }
}

fn slug(at: &Stage) -> String {
    format!("page-{}", at.suite.unique()).to_lowercase()
}

fn setting(at: &Stage, enabled: bool, slug: &str, mask: &[&str]) -> UpdateJoinPageRequest {
    let join_page = JoinPage {
        name: format!("{}/joinPage", at.name()),
        enabled,
        slug: slug.to_owned(),
        ..Default::default()
    };
    UpdateJoinPageRequest {
        join_page: Some(join_page),
        update_mask: Some(FieldMask {
            paths: mask.iter().map(|path| (*path).to_owned()).collect(),
        }),
        request_id: String::new(),
    }
}

fn settings() -> Vec<Row> {
    const RPC: &str = "UpdateJoinPage";
    vec![
        row(RPC, R::JoinPageSlugTaken, async |at| {
            let taken = open(at.clone()).await.slug;
            Attempt::by("owner", &setting(&at, false, &taken, &["slug"])).violates(&["join_page.slug"])
        }),
        row(RPC, R::TooManyJoinPageSlugs, async |at| {
            let at = at.own().await;
            for _ in 0..10 {
                let another = setting(&at, false, &slug(&at), &["slug"]);
                at.done::<()>(RPC, "owner", &another).await;
            }
            Attempt::by("owner", &setting(&at, false, &slug(&at), &["slug"])).quota(10, 10)
        }),
        row(RPC, R::JoinPageIncomplete, async |at| {
            let at = at.own().await;
            Attempt::by("owner", &setting(&at, true, "", &["enabled"]))
        }),
        row(RPC, R::SubscriptionRequired, async |at| {
            let at = at.own().await;
            at.subscribes(Plan::Basic, 0, 1000).await;
            Attempt::by("owner", &setting(&at, true, "", &["enabled"]))
        }),
        row(RPC, R::OrganizationState, async |at| {
            let at = at.own().await;
            at.becomes("CLOSED").await;
            Attempt::by("owner", &setting(&at, false, "", &["enabled"])).metadata("state", "CLOSED")
        }),
        row(RPC, R::EtagMismatch, async |at| {
            let mut stale = setting(&at, false, "", &["enabled"]);
            if let Some(page) = &mut stale.join_page {
                page.etag = "77".to_owned();
            }
            Attempt::by("owner", &stale)
        }),
        row(RPC, R::InvalidRequest, async |at| {
            let mut wrong = setting(&at, false, "Sunny", &["slug", "allowed_domains"]);
            if let Some(page) = &mut wrong.join_page {
                page.allowed_domains = vec!["nowhere".to_owned()];
            }
            Attempt::by("owner", &wrong).violates(&["join_page.slug", "join_page.allowed_domains[0]"])
        }),
        row(RPC, R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let with = |slug: String| UpdateJoinPageRequest {
                request_id: id.clone(),
                ..setting(&at, false, &slug, &["slug"])
            };
            at.reused(RPC, "owner", &with(slug(&at)), &with(slug(&at))).await
        }),
    ]
}

/// The smallest picture there is, of one grey point in this shade.
fn picture(shade: u8) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        let mut crc = u32::MAX;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            }
        }
        !crc
    };
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let adler = (u32::from(shade) + 2) << 16 | (u32::from(shade) + 1);
    let stored = [
        &[0x78, 0x01, 1, 2, 0, 0xfd, 0xff, 0, shade][..],
        &adler.to_be_bytes(),
    ]
    .concat();
    let head = [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0];
    for (kind, data) in [(*b"IHDR", &head[..]), (*b"IDAT", &stored), (*b"IEND", &[])] {
        let chunk = [&kind[..], data].concat();
        png.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        png.extend(&chunk);
        png.extend(crc(&chunk).to_be_bytes());
    }
    png
}

fn logos() -> Vec<Row> {
    const SET: &str = "SetJoinPageLogo";
    const REMOVE: &str = "RemoveJoinPageLogo";
    let set = |at: &Stage, picture: Vec<u8>, request_id: &str| SetJoinPageLogoRequest {
        name: format!("{}/joinPage", at.name()),
        picture,
        request_id: request_id.into(),
    };
    let remove = |at: &Stage, request_id: &str| RemoveJoinPageLogoRequest {
        name: format!("{}/joinPage", at.name()),
        request_id: request_id.into(),
    };
    let nowhere = || LookupJoinPageLogoRequest {
        slug: "nowhere".to_owned(),
    };
    vec![
        row(SET, R::InvalidRequest, async move |at| {
            let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
            Attempt::by("owner", &set(&at, svg, "")).violates(&["picture"])
        }),
        row(SET, R::OrganizationState, async move |at| {
            let at = at.own().await;
            at.becomes("CLOSED").await;
            Attempt::by("owner", &set(&at, picture(1), "")).metadata("state", "CLOSED")
        }),
        row(SET, R::RequestIdReused, async move |at| {
            let id = at.suite.request_id();
            let (first, second) = (set(&at, picture(1), &id), set(&at, picture(2), &id));
            at.reused(SET, "owner", &first, &second).await
        }),
        row(REMOVE, R::OrganizationState, async move |at| {
            let at = at.own().await;
            at.becomes("CLOSED").await;
            Attempt::by("owner", &remove(&at, "")).metadata("state", "CLOSED")
        }),
        row(REMOVE, R::RequestIdReused, async move |at| {
            let id = at.suite.request_id();
            let other = at.own().await;
            at.reused(REMOVE, "owner", &remove(&at, &id), &remove(&other, &id))
                .await
        }),
        row("LookupJoinPageLogo", R::NotFound, async move |_| {
            Attempt::by_nobody(&nowhere())
        }),
        row("LookupJoinPageLogo", R::RateLimited, async move |_| {
            Attempt::by_nobody(&nowhere()).from(ELSEWHERE).each_time(|| ())
        }),
    ]
}

fn looked_up() -> Vec<Row> {
    let nowhere = || LookupJoinPageRequest {
        slug: "nowhere".to_owned(),
    };
    vec![
        row("LookupJoinPage", R::NotFound, async move |_| {
            Attempt::by_nobody(&nowhere())
        }),
        row("LookupJoinPage", R::RateLimited, async move |_| {
            Attempt::by_nobody(&nowhere()).from(ELSEWHERE).each_time(|| ())
        }),
    ]
}

impl Open {
    fn asking(&self, address: &str) -> RequestToJoinRequest {
        RequestToJoinRequest {
            slug: self.slug.clone(),
            group: self.group.clone(),
            location: self.location.clone(),
            address: address.to_owned(),
            language: String::new(),
        }
    }

    /// Lets only addresses of another domain in.
    pub(super) async fn narrows(&self) {
        let mut narrow = setting(&self.at, true, "", &["allowed_domains"]);
        if let Some(page) = &mut narrow.join_page {
            page.allowed_domains = vec!["elsewhere.test".to_owned()];
        }
        self.at.done::<()>("UpdateJoinPage", "owner", &narrow).await;
    }

    /// The request to confirm the address of somebody who has asked, with the token of their mail.
    async fn asked(&self) -> VerifyJoinRequestRequest {
        let address = self.at.address();
        self.at
            .done::<()>("RequestToJoin", "owner", &self.asking(&address))
            .await;
        let link = link_for(&self.at.suite, &address).await;
        let token = link.rsplit('/').next().unwrap_or_default().to_owned();
        VerifyJoinRequestRequest { token }
    }
}

fn asked() -> Vec<Row> {
    const RPC: &str = "RequestToJoin";
    vec![
        row(RPC, R::InvalidRequest, async |at| {
            let open = open(at).await;
            let wrong = RequestToJoinRequest {
                group: "x".to_owned(),
                location: "y".to_owned(),
                ..open.asking("nobody at example")
            };
            Attempt::by_nobody(&wrong).violates(&["group", "location", "address"])
        }),
        row(RPC, R::GroupUnknown, async |at| {
            let open = open(at).await;
            let wrong = RequestToJoinRequest {
                group: open.at.absent("groups"),
                ..open.asking(&open.at.address())
            };
            Attempt::by_nobody(&wrong).violates(&["group"])
        }),
        row(RPC, R::GroupInactive, async |at| {
            let open = open(at).await;
            // The page needs one that is active.
            open.at.group().await;
            open.at.deactivates(&open.group).await;
            Attempt::by_nobody(&open.asking(&open.at.address())).violates(&["group"])
        }),
        row(RPC, R::LocationInactive, async |at| {
            let open = open(at).await;
            // The page needs one that is active.
            open.at.location().await;
            open.at.closes_location(&open.location).await;
            Attempt::by_nobody(&open.asking(&open.at.address())).violates(&["location"])
        }),
        row(RPC, R::JoinAddressNotAllowed, async |at| {
            let open = open(at).await;
            open.narrows().await;
            Attempt::by_nobody(&open.asking(&open.at.address())).violates(&["address"])
        }),
        row(RPC, R::NotFound, async |at| {
            let open = open(at).await;
            let nowhere = RequestToJoinRequest {
                slug: "nowhere".to_owned(),
                ..open.asking(&open.at.address())
            };
            Attempt::by_nobody(&nowhere)
        }),
        row(RPC, R::RateLimited, async |at| {
            let open = open(at).await;
            let nowhere = RequestToJoinRequest {
                slug: "nowhere".to_owned(),
                ..open.asking(&open.at.address())
            };
            Attempt::by_nobody(&nowhere).from(ELSEWHERE).each_time(|| ())
        }),
    ]
}

fn verified() -> Vec<Row> {
    const RPC: &str = "VerifyJoinRequest";
    let nobodys = || VerifyJoinRequestRequest {
        token: "AAAA".to_owned(),
    };
    vec![
        row(RPC, R::LinkInvalid, async move |_| Attempt::by_nobody(&nobodys())),
        row(RPC, R::RateLimited, async move |_| {
            Attempt::by_nobody(&nobodys()).from(ELSEWHERE).each_time(|| ())
        }),
        row(RPC, R::JoinRequestExpired, async |at| {
            let open = open(at).await;
            let request = open.asked().await;
            let late = format!(
                "UPDATE join_requests SET expire_time = create_time WHERE organization_id = '{}'",
                open.at.organization.id()
            );
            open.at.database("invitation").await.change(&late).await;
            Attempt::by_nobody(&request)
        }),
        row(RPC, R::JoinPageClosed, async |at| {
            let open = open(at).await;
            let request = open.asked().await;
            let off = setting(&open.at, false, "", &["enabled"]);
            open.at.done::<()>("UpdateJoinPage", "owner", &off).await;
            Attempt::by_nobody(&request)
        }),
        row(RPC, R::JoinAddressNotAllowed, async |at| {
            let open = open(at).await;
            let request = open.asked().await;
            open.narrows().await;
            Attempt::by_nobody(&request)
        }),
        row(RPC, R::GroupInactive, async |at| {
            let open = open(at).await;
            let request = open.asked().await;
            open.at.group().await;
            open.at.deactivates(&open.group).await;
            Attempt::by_nobody(&request)
        }),
        row(RPC, R::LocationInactive, async |at| {
            let open = open(at).await;
            let request = open.asked().await;
            open.at.location().await;
            open.at.closes_location(&open.location).await;
            Attempt::by_nobody(&request)
        }),
    ]
}
