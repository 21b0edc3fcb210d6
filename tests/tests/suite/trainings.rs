//! Somebody who takes more trainings than stand on one page.

use muster_client::acts::record;
use muster_testkit::eventually_some;

use crate::support::{Browser, Organization, Suite, with_others};

/// One more than stand on a page.
const OWN: usize = 51;

#[tokio::test]
async fn what_is_longer_ago_is_behind_a_link_by_the_name_of_who_assigned_it_and_needs_no_script() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let employee = organization.employee(&suite).await;
    let learner = suite.client(&employee.address);
    eventually_some(async || {
        let assigned = record::list_own_assignments(&learner).await.unwrap();
        assigned.into_iter().next()
    })
    .await;
    for _ in 0..OWN {
        let training = organization.training(&suite).await;
        record::take_training(&learner, &training).await.unwrap();
    }

    let browser = Browser::open(&suite).await.without_scripts().await;
    browser.narrow(320).await;
    browser
        .go(&format!("{}/trainings", suite.address("gateway")))
        .await;
    browser.click("#sign-in").await;
    browser.registers(&employee.address, None).await;
    browser.shows("Older trainings").await;
    assert_eq!(browser.overhang().await, 0);
    browser.picture("16-trainings-phone").await;
    browser.click("#older").await;
    browser.shows("Test Kindergarten").await;
    browser.shows("The newest trainings").await;
    assert_eq!(browser.overhang().await, 0);
    browser.picture("17-trainings-older-phone").await;
    browser.click("#newest").await;
    browser.shows("Older trainings").await;
    browser.close().await;
}
