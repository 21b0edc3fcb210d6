//! An organization with something of everything, and what it is called.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use futures::future::join_all;
use muster_client::acts::{
    access_request, catalog, employment, group, import, invitation, join_page, location,
    organization as profile, ownership, record, redemption, training,
};
use muster_client::{CallError, Client};
use muster_proto::employment::v1::{EmploymentClaim, RejectionReason};
use muster_proto::invitation::v1::{InvitationState, RequestToJoinRequest};
use muster_proto::organization::v1::{JoinPage, Role};
use muster_proto::records::v1::Training;
use muster_testkit::{eventually, eventually_some};
use prost_types::Timestamp;
use sha2::{Digest, Sha256};

use crate::support::{Database, Employee, Organization, Suite, link_for, owner_employment, token_of};

const DAY: i64 = 24 * 60 * 60;
const SHEET: &str = "email,groups\nnew@example.test,Teachers\nnobody at all,Teachers\n";

/// Everything is there before the organization's state changes.
pub(super) struct Scene {
    pub(super) suite: Suite,
    pub(super) organization: String,
    words: BTreeMap<String, String>,
}

/// Somebody who has joined by an invitation and has a training to take.
struct Learner {
    address: String,
    person: String,
    employment: String,
    assignment: String,
}

impl Scene {
    pub(super) async fn set(suite: &Suite) -> Self {
        let owner = format!("owner-{}@school.test", suite.unique());
        let organization = Organization::owned_by(suite, &owner).await;
        let mut scene = Self {
            suite: suite.clone(),
            organization: organization.name.clone(),
            words: BTreeMap::new(),
        };
        scene.say("organization", &organization.name);
        scene.say("owner", &owner);
        scene.say("group", &organization.group);
        scene.say("license", &format!("T{}", suite.unique()));
        for newcomer in ["stranger", "newcomer"] {
            scene.say(newcomer, &scene.address(newcomer));
        }
        scene.furnish(&organization).await;
        scene.people(&organization).await;
        scene.claims(&organization).await;
        scene.invitations(&organization).await;
        scene.imports().await;
        scene.learners(&organization).await;
        scene
    }

    /// The text with the words for what is there.
    pub(super) fn tell(&self, text: &str) -> String {
        let mut told = text.to_owned();
        // Of two words, one of which begins the other, the longer one is said.
        for (word, meant) in self.words.iter().rev() {
            told = told.replace(&format!("${word}"), meant);
        }
        assert!(!told.contains('$'), "{told}: nothing is called so");
        told
    }

    pub(super) fn say(&mut self, word: &str, meant: &str) {
        self.words.insert(word.to_owned(), meant.to_owned());
    }

    fn address(&self, who: &str) -> String {
        format!("{}-{}@example.test", who.replace('_', "-"), self.suite.unique())
    }

    fn owner(&self) -> Client {
        self.suite.client(&self.words["owner"])
    }

    async fn furnish(&mut self, organization: &Organization) {
        let (owner, name) = (self.owner(), organization.name.clone());
        let staff = self.suite.client("staff");
        let slug = organization.open_join_page(&self.suite).await;
        organization.set_logo(&self.suite).await;
        let page = JoinPage {
            name: format!("{name}/joinPage"),
            allowed_domains: vec!["example.test".into()],
            ..Default::default()
        };
        join_page::update(&owner, page, &["allowed_domains"])
            .await
            .unwrap();
        let place = location::create(&owner, &name, "Side street").await.unwrap();
        let spare = group::create(&owner, &name, "Spare", &[]).await.unwrap();
        let number = profile::get(&owner, &name).await.unwrap().organization_number;
        for word in ["shared_training", "catalog_training"] {
            let wanted = Training {
                code: format!("S-{}", self.suite.unique()),
                display_name: "A training".into(),
                ..Default::default()
            };
            let made = training::create(&staff, wanted, "a test").await.unwrap();
            self.say(word, &made.name);
        }
        let taken = self.words["catalog_training"].clone();
        catalog::add_training(&owner, &name, &taken).await.unwrap();
        let own = taken.replace("trainings/", "catalogTrainings/");
        self.say("own_training", &format!("{name}/{own}"));
        self.say("slug", &slug);
        self.say("location", &place.name);
        self.say("spare_group", &spare.name);
        self.say("number", &number);
        let asking = RequestToJoinRequest {
            slug,
            group: organization.group.clone(),
            location: place.name,
            address: self.address("joiner"),
            ..Default::default()
        };
        let joiner = asking.address.clone();
        join_page::ask(&self.suite.client("owner"), asking).await.unwrap();
        self.say("join_token", &token_of(&link_for(&self.suite, &joiner).await));
    }

    /// Profile users, who asks to be one, and who is to own it next.
    async fn people(&mut self, organization: &Organization) {
        let (owner, name, number) = (self.owner(), &organization.name, self.words["number"].clone());
        for (word, role) in [("admin", Role::Admin), ("viewer", Role::Viewer)] {
            let employee: Employee = organization.employee(&self.suite).await;
            organization.adds(&self.suite, &employee, role).await;
            self.say(word, &employee.address);
            self.say(&format!("{word}_person"), &employee.person);
            self.say(
                &format!("{word}_id"),
                employee.person.trim_start_matches("persons/"),
            );
        }
        for asker in 0..=3 {
            let address = self.address("asker");
            let asked = access_request::ask(&self.suite.client(&address), &number, Role::Admin, "").await;
            let asked = asked.unwrap();
            self.say(&format!("asker_{asker}"), &address);
            self.say(&format!("access_request_{asker}"), &asked.name);
            if asker == 0 {
                access_request::approve(&owner, &asked.name).await.unwrap();
                self.say("partner_person", &asked.person);
            }
        }
        let offered = ownership::offer(&owner, name, &self.words["admin_person"]).await;
        self.say("offer", &offered.unwrap().name);
    }

    async fn claims(&mut self, organization: &Organization) {
        let (owner, name) = (self.owner(), &organization.name);
        for claimer in 1..=5 {
            let address = self.address("claimer");
            let claim = EmploymentClaim {
                organization: name.clone(),
                ..Default::default()
            };
            let claimed = employment::claim(&self.suite.client(&address), vec![claim]).await;
            let claimed = claimed.unwrap().remove(0).name;
            if claimer == 4 {
                let reason = RejectionReason::OtherSite;
                employment::reject(&owner, &claimed, reason, "").await.unwrap();
            }
            self.say(&format!("claimer_{claimer}"), &address);
            self.say(&format!("claim_{claimer}"), &claimed);
        }
        self.say("owner_employment", &owner_employment(&owner, name).await);
    }

    /// Seven who have their mail, the last of whom wants no other, and one whose mail waits for tomorrow.
    async fn invitations(&mut self, organization: &Organization) {
        for invitee in 1..=7 {
            let address = self.address("invitee");
            let name = organization.invite(&self.suite, &address).await.name;
            let token = token_of(&link_for(&self.suite, &address).await);
            let state = async || organization.read(&self.suite, &name).await.state();
            eventually(async || state().await == InvitationState::Pending).await;
            if invitee == 7 {
                let invitee = self.suite.client(&address);
                redemption::decline(&invitee, &token, true).await.unwrap();
            }
            self.say(&format!("invitee_{invitee}"), &address);
            self.say(&format!("invitation_{invitee}"), &name);
            self.say(&format!("token_{invitee}"), &token);
        }
        let now = self.suite.clock.now().unix_timestamp();
        let at = |seconds| Timestamp { seconds, nanos: 0 };
        let mut wanted = organization
            .inviting(&self.address("scheduled"))
            .invitation
            .unwrap();
        wanted.send_time = Some(at(now + DAY));
        let scheduled = invitation::create(&self.owner(), &organization.name, wanted).await;
        self.say("scheduled", &scheduled.unwrap().name);
        self.say("later", &(now + 2 * DAY).to_string());
        let listed = invitation::count(&self.owner(), &organization.name, InvitationState::Pending).await;
        assert_eq!(listed.unwrap(), 6);
    }

    async fn imports(&mut self) {
        let owner = self.owner();
        for file in 1..=2 {
            let uploaded = import::upload(&owner, &self.organization, "list.csv", SHEET.as_bytes()).await;
            let uploaded = uploaded.unwrap();
            self.say(&format!("import_{file}"), &uploaded.name);
            self.say(&format!("import_{file}_etag"), &uploaded.etag);
        }
        self.say("sheet", &escaped(SHEET.as_bytes()));
        self.say("digest", &escaped(&Sha256::digest(SHEET)));
    }

    /// One who has begun and consented, one who is asked to and has a certificate, one to be ended, one who leaves, and two who learn by themselves.
    async fn learners(&mut self, organization: &Organization) {
        let words = ["learner", "consenter", "ender", "leaver", "mover", "mover_2"];
        let joined = join_all(words.map(|word| self.learner(organization, self.address(word)))).await;
        for (word, learner) in words.into_iter().zip(&joined) {
            let id = learner.person.trim_start_matches("persons/");
            self.say(word, &learner.address);
            self.say(&format!("{word}_id"), id);
            self.say(&format!("{word}_person"), &learner.person);
            self.say(&format!("{word}_employment"), &learner.employment);
            self.say(&format!("{word}_assignment"), &learner.assignment);
        }
        let [learner, consenter, ender, _, mover, mover_2] = joined.try_into().ok().unwrap();
        let granted = record::grant(&self.suite.client(&learner.address), &organization.name).await;
        self.say("grant", &granted.unwrap().name);
        let system = self.suite.client("learning-system");
        training::report_progress(&system, &learner.assignment, 30)
            .await
            .unwrap();
        self.say("begun", &learner.assignment);
        training::report_progress(&system, &consenter.assignment, 100)
            .await
            .unwrap();
        let issued = record::list_own_certificates(&self.suite.client(&consenter.address)).await;
        self.say("certificate", &issued.unwrap()[0].name);
        for (word, asked) in [("asked_1", &consenter), ("asked_2", &mover_2)] {
            let name = format!(
                "{}/{}",
                organization.name,
                asked.person.replace("persons", "learners")
            );
            let asked_for = record::request_grant(&self.owner(), &name, "Please.")
                .await
                .unwrap();
            let id = asked_for.name.rsplit('/').next().unwrap();
            self.say(word, &format!("{}/grants/{id}", asked.person));
        }
        let name = format!(
            "{}/{}",
            organization.name,
            ender.person.replace("persons", "learners")
        );
        let wanted = self.words["catalog_training"].clone();
        let assigned = record::assign_training(&self.owner(), &name, &wanted, "").await;
        self.say("by_hand_id", assigned.unwrap().name.rsplit('/').next().unwrap());
        for (word, by) in [("mover_own", &mover), ("mover_2_own", &mover_2)] {
            let taken = self.take(&system, by).await.unwrap();
            self.say(word, &taken);
        }
    }

    async fn learner(&self, organization: &Organization, address: String) -> Learner {
        organization.invite(&self.suite, &address).await;
        let link = link_for(&self.suite, &address).await;
        organization.join(&self.suite, &link, &address).await;
        let who = self.suite.client(&address);
        let assignment =
            eventually_some(async || record::list_own_assignments(&who).await.ok()?.into_iter().next()).await;
        let employed = employment::list_own(&who).await.unwrap().remove(0);
        let known = format!(
            "SELECT count(*) FROM employment_projection WHERE person_id = '{}' AND state = 'VERIFIED'",
            employed.person.trim_start_matches("persons/")
        );
        let database = Database::of(&self.suite, "organization").await;
        eventually(async || database.number(&known).await == 1).await;
        Learner {
            address,
            person: employed.person,
            employment: employed.name,
            assignment: assignment.name,
        }
    }

    /// What the organization assigned, begun by oneself as well.
    async fn take(&self, system: &Client, by: &Learner) -> Result<String, CallError> {
        let who = self.suite.client(&by.address);
        let assigned = record::list_own_assignments(&who).await?.remove(0);
        let own = record::take_training(&who, &assigned.training).await?;
        training::report_progress(system, &own.name, 40).await?;
        Ok(own.name)
    }
}

/// Bytes, in protobuf's text format.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:03o}");
        text
    })
}
