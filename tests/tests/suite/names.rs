//! Names as people write them: with combining characters, from right to left, in any script.

use std::collections::BTreeSet;

use muster_client::acts::{employment, group, invitation, location};
use muster_proto::employment::v1::{EmploymentClaim, EmploymentOrder, ListEmploymentsRequest};
use muster_proto::invitation::v1::{LearnerOrder, ListLearnersRequest};
use muster_testkit::eventually_some;

use crate::support::{Organization, Suite, with_others};

/// Composed and combining, Hebrew with a point, Arabic, Devanagari with a joiner, Han, and two that differ in nothing but case.
const NAMES: [&str; 8] = [
    "Zo\u{eb}",
    "Zoe\u{308}",
    "\u{5e9}\u{5c1}\u{5d9}\u{5e8}\u{5d4}",
    "\u{644}\u{64a}\u{644}\u{649}",
    "\u{915}\u{94d}\u{200d}\u{937}",
    "\u{674e}\u{5a1c}",
    "\u{dc}na",
    "\u{fc}na",
];

/// Claims and is verified; what they are called. The developer's issuer calls people what stands before the sign.
async fn works(suite: &Suite, organization: &Organization, name: &str) -> String {
    let called = format!("{name}.{}", suite.unique());
    let claim = EmploymentClaim {
        organization: organization.name.clone(),
        ..Default::default()
    };
    let person = suite.client(&format!("{called}@school.test"));
    let claimed = employment::claim(&person, vec![claim]).await.unwrap();
    employment::verify(&suite.client("owner"), &claimed[0].name)
        .await
        .unwrap();
    called
}

/// The names in the list of employees, in its order, `page_size` a page.
async fn employees(suite: &Suite, organization: &Organization, page_size: i32, text: &str) -> Vec<String> {
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListEmploymentsRequest {
            parent: organization.name.clone(),
            page_size,
            page_token,
            text: text.into(),
            order: EmploymentOrder::Name.into(),
            ..Default::default()
        };
        let page = employment::list(&suite.client("owner"), request).await.unwrap();
        names.extend(page.employments.into_iter().map(|one| one.person_display_name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return names;
        }
    }
}

/// As [`employees`], of the list of learners.
async fn learners(suite: &Suite, organization: &Organization, page_size: i32) -> Vec<String> {
    let (mut names, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListLearnersRequest {
            parent: organization.name.clone(),
            page_size,
            page_token,
            order: LearnerOrder::Name.into(),
            ..Default::default()
        };
        let page = invitation::learners(&suite.client("owner"), request)
            .await
            .unwrap();
        names.extend(page.learners.into_iter().map(|one| one.person_display_name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return names;
        }
    }
}

#[tokio::test]
async fn names_of_people_come_back_as_they_are_and_lists_by_name_show_each_once() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let mut called = BTreeSet::new();
    for name in NAMES {
        called.insert(works(&suite, &organization, name).await);
    }
    // What would turn the line around is not shown to anybody.
    let hidden = works(&suite, &organization, "\u{202e}Ada").await;
    called.insert(hidden.replace('\u{202e}', ""));

    let listed = employees(&suite, &organization, 100, "").await;
    let ours = |listed: &[String]| -> Vec<String> {
        let ours = listed.iter().filter(|name| called.contains(*name));
        ours.cloned().collect()
    };
    let ours_listed = ours(&listed);
    assert_eq!(ours_listed.iter().cloned().collect::<BTreeSet<_>>(), called);
    assert_eq!(ours_listed.len(), called.len(), "{listed:?}");
    assert_eq!(employees(&suite, &organization, 1, "").await, listed);
    for name in &called {
        let found = employees(&suite, &organization, 100, name).await;
        assert_eq!(found, std::slice::from_ref(name));
    }
    let known = eventually_some(async || {
        let known = learners(&suite, &organization, 100).await;
        (ours(&known).len() == called.len()).then_some(known)
    })
    .await;
    assert_eq!(ours(&known), ours_listed, "in the same order");
    assert_eq!(learners(&suite, &organization, 1).await, known);
}

#[tokio::test]
async fn names_of_places_come_back_as_they_are() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let owner = suite.client("owner");
    for name in NAMES {
        // Two that look the same are two only if something else differs.
        let called = format!("{name} {}", suite.unique());
        let made = group::create(&owner, &organization.name, &called, &[]).await;
        assert_eq!(made.unwrap().display_name, called);
        let made = location::create(&owner, &organization.name, &called).await;
        assert_eq!(made.unwrap().display_name, called);
    }
}
