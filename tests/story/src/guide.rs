//! `cargo dev story registry`: the guide *Managing your organization profile*, in its order, with its sentence above each step.

mod access;
mod claims;
mod closing;
mod profiles;
mod programme;
mod reports;
mod users;
mod verifying;

use muster_client::Client;
use muster_local::outln;

use super::expect::SOON;
use super::reachable;
use super::scenario::Scenario;
use super::{Pages, step};

/// What its steps have made so far, and who does them.
struct Guide<'a> {
    scenario: &'a mut Scenario,
    staff: Client,
    /// Who owns the organizations at first.
    director: Client,
    /// `organizations/{organization}`: the one that the guide is about, and a second one of the same owner.
    organization: String,
    second: String,
    /// By which people ask for access.
    number: String,
    /// `persons/{person}` of who keeps the books and works nowhere.
    keeper: String,
    /// Those who work there, in the order in which they said so.
    workers: Vec<Worker>,
}

/// Somebody who says that they work at the organization.
struct Worker {
    client: Client,
    /// `persons/{person}`.
    person: String,
    /// `organizations/{organization}/employments/{employment}`.
    employment: String,
}

impl Guide<'_> {
    /// The worker, as the organization names them.
    fn learner(&self, worker: &Worker) -> String {
        let person = worker.person.trim_start_matches("persons/");
        format!("{}/learners/{person}", self.organization)
    }
}

/// Every step in its turn; answers how many pages there are to look at.
pub(super) async fn steps(scenario: &mut Scenario) -> anyhow::Result<usize> {
    reachable::check(scenario).await?;
    outln!("The edge answers, and the pages of the issuer, the inbox and the traces open.\n");
    let staff = scenario.sign_in("staff").await?;
    let director = scenario.newcomer(&scenario.address("director")).await?;
    let mut guide = Guide {
        scenario,
        staff,
        director,
        organization: String::new(),
        second: String::new(),
        number: String::new(),
        keeper: String::new(),
        workers: Vec::new(),
    };
    let mut pages = Pages::of(guide.scenario);
    macro_rules! steps {
        ($($number:literal $module:ident of $part:literal;)+) => {$(
            outln!("“{}”", $module::SENTENCE);
            step(&mut pages, $number, $module::TITLE, $part, $module::run(&mut guide)).await?;
        )+};
    }
    steps! {
        1 profiles of "organization";
        2 claims of "employment";
        3 verifying of "employment";
        4 access of "organization";
        5 users of "organization";
        6 reports of "records";
        7 closing of "organization";
    }
    Ok(pages.opened)
}
