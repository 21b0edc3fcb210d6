//! Programs that open every link of a mail before its reader does: they ask for it, for its head, post to it, and some run a browser.
//! Nothing that is stored changes, and the links go on working.

use std::collections::BTreeSet;

use http::Method;
use muster_client::acts::{access_request, employment, join_page, location, organization as profile};
use muster_proto::employment::v1::EmploymentClaim;
use muster_proto::invitation::v1::{InvitationState, RequestToJoinRequest};
use muster_proto::organization::v1::Role;

use crate::support::{Browser, Organization, Snapshot, Suite, link_for, messages_for, token_of, with_others};

/// Where the gateway lists its forms, each with who takes it.
const LISTED: &str = include_str!("../../../services/gateway/src/pages/forms.rs");
/// The pages to which the links lead.
const PAGES: [&str; 7] = [
    "/invitation",
    "/invitation/decline",
    "/join-confirm",
    "/invitations",
    "/trainings",
    "/consent",
    "/sign-in",
];
/// How far from the link a browser goes.
const STEPS: usize = 3;

/// The forms of the pages, to which some programs post whatever they see: all that the router has.
fn forms(slug: &str) -> Vec<String> {
    let list = LISTED.split_once("\nforms! {\n").unwrap().1;
    let list = list.split_once("\n}\n").unwrap().0;
    let paths = list.lines().map(|line| line.split('"').nth(1).unwrap());
    let forms: Vec<String> = paths.map(|path| path.replace("{slug}", slug)).collect();
    assert!(forms.contains(&"/consent/allow".to_owned()), "{forms:?}");
    forms
}

/// Everything that was mailed, and to whom.
struct Mailed {
    organization: Organization,
    slug: String,
    invitee: String,
    stranger: String,
    links: BTreeSet<String>,
}

/// Mails with links: of an invitation, of somebody who asks to join, and to an owner about those who wait.
async fn mailed(suite: &Suite) -> Mailed {
    let address = |who: &str| format!("{who}-{}@school.test", suite.unique());
    let owner = address("owner");
    let organization = Organization::owned_by(suite, &owner).await;
    let slug = organization.open_join_page(suite).await;
    let (invitee, stranger, claimant, asker) = (
        address("invitee"),
        address("stranger"),
        address("claimant"),
        address("asker"),
    );
    organization.invite(suite, &invitee).await;
    let place = location::create(&suite.client(&owner), &organization.name, "Side street").await;
    let asks = RequestToJoinRequest {
        slug: slug.clone(),
        group: organization.group.clone(),
        location: place.unwrap().name,
        address: stranger.clone(),
        ..Default::default()
    };
    join_page::ask(&suite.client(&stranger), asks).await.unwrap();
    let claim = EmploymentClaim {
        organization: organization.name.clone(),
        ..Default::default()
    };
    employment::claim(&suite.client(&claimant), vec![claim])
        .await
        .unwrap();
    let number = profile::get(&suite.client(&owner), &organization.name).await;
    let number = number.unwrap().organization_number;
    access_request::ask(&suite.client(&asker), &number, Role::Viewer, "")
        .await
        .unwrap();
    let mut links = BTreeSet::new();
    for (who, count) in [(&invitee, 1), (&stranger, 1), (&owner, 2)] {
        for message in messages_for(suite, who, count).await {
            links.extend(message.links());
        }
    }
    Mailed {
        organization,
        slug,
        invitee,
        stranger,
        links,
    }
}

/// One that speaks HTTP: without cookies, and with those that it was given.
async fn asks(suite: &Suite, mailed: &Mailed) {
    let edge = suite.address("gateway");
    let organization = mailed.organization.name.as_str();
    let junk = [
        ("form_token", "AAAA"),
        ("accept", "1"),
        ("address", "a@b.test"),
        ("organization", organization),
        ("group", &mailed.organization.group),
    ];
    let methods = [
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
        Method::POST,
        Method::PUT,
        Method::DELETE,
    ];
    for link in &mailed.links {
        for keeps_cookies in [false, true] {
            let builder = suite.visitor().cookie_store(keeps_cookies);
            let scanner = builder.build().unwrap();
            let forms = forms(&mailed.slug);
            let pages = PAGES.iter().copied().chain(forms.iter().map(String::as_str));
            let pages: Vec<String> = pages.map(|path| format!("{edge}{path}")).collect();
            let all = [link].into_iter().chain(&pages);
            for url in all {
                for method in &methods {
                    let asked = scanner.request(method.clone(), url).send().await.unwrap();
                    let status = asked.status();
                    assert!(!status.is_server_error(), "{method} {url}: {status}");
                }
                scanner.post(url).form(&junk).send().await.unwrap();
            }
        }
        posts_without_its_cookies(suite, link).await;
    }
}

/// One that copies a form, token and all, but not the browser it is in.
async fn posts_without_its_cookies(suite: &Suite, link: &str) {
    let edge = suite.address("gateway");
    let builder = suite.visitor().cookie_store(true);
    let scanner = builder.build().unwrap();
    scanner.get(link).send().await.unwrap();
    for path in ["/invitation/decline", "/join-confirm"] {
        let url = format!("{edge}{path}");
        let page = scanner.get(&url).send().await.unwrap().text().await.unwrap();
        let token = page
            .split("name=\"form_token\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        if let Some(token) = token {
            let copied = [("form_token", token)];
            suite.http.post(&url).form(&copied).send().await.unwrap();
        }
    }
}

/// One that runs a browser with scripts, and goes wherever a link leads that it sees.
async fn browses(suite: &Suite, mailed: &Mailed) {
    let browser = Browser::open(suite).await;
    let ours = [suite.address("gateway"), suite.address("issuer")];
    let mut seen = BTreeSet::new();
    let mut next = mailed.links.clone();
    for _ in 0..STEPS {
        let mut found = BTreeSet::new();
        for link in next {
            if !ours.iter().any(|ours| link.starts_with(ours)) || !seen.insert(link.clone()) {
                continue;
            }
            browser.go(&link).await;
            found.extend(browser.links().await);
        }
        next = found;
    }
    assert!(seen.len() > 10, "it saw only {seen:?}");
    browser.close().await;
}

#[tokio::test]
async fn whatever_programs_do_with_the_links_of_mails_changes_nothing() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let mailed = mailed(&suite).await;
    let organization = &mailed.organization;
    let edge = suite.address("gateway");
    for kind in ["i", "j"] {
        let begin = format!("{edge}/{kind}/");
        assert!(
            mailed.links.iter().any(|link| link.starts_with(&begin)),
            "{:?}",
            mailed.links
        );
    }
    let before = Snapshot::settled(&suite, organization).await;
    asks(&suite, &mailed).await;
    browses(&suite, &mailed).await;
    let why = "a program has changed something";
    before.still_stands(&suite, organization, why).await;

    // Whom they are for, they serve as if nothing had been.
    let link = link_for(&suite, &mailed.invitee).await;
    organization.join(&suite, &link, &mailed.invitee).await;
    let link = link_for(&suite, &mailed.stranger).await;
    join_page::verify(&suite.client(&mailed.stranger), &token_of(&link))
        .await
        .unwrap();
    assert_eq!(organization.count(&suite, InvitationState::Active).await, 1);
    assert_eq!(organization.count(&suite, InvitationState::Pending).await, 1);
}
