//! The certificates that were issued for an organization.

use std::time::Duration;

use muster_client::acts::record;
use muster_identity::{PersonCaller, Role};
use muster_ids::{EmploymentId, EmploymentName};
use muster_proto::records::v1::progress_report_service_client::ProgressReportServiceClient;
use muster_proto::records::v1::{
    Certificate, DownloadIssuedCertificateRequest, DownloadPersonCertificateRequest,
    ListIssuedCertificatesRequest, ListPersonCertificatesRequest,
};
use muster_refusal::{ErrorReason, violations_of};
use muster_testkit::{Callers, TestCaller, acts, eventually};
use tonic::Status;

use crate::fixture::{Fixture, me, person_name, reason};

impl Fixture {
    /// Whose each of the certificates is, newest first, page by page.
    async fn issued(&self, who: TestCaller, learner: &str) -> Result<Vec<String>, Status> {
        let mut reports = ProgressReportServiceClient::new(self.service.calls_of(who));
        let (mut persons, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = ListIssuedCertificatesRequest {
                parent: self.organization_name().to_string(),
                learner: learner.to_owned(),
                page_size: 1,
                page_token,
            };
            let page = reports.list_issued_certificates(request).await?.into_inner();
            let whose = page.certificates.iter().map(|one| {
                let parts: Vec<&str> = one.name.split('/').collect();
                format!("{}/{}", parts[0], parts[1])
            });
            persons.extend(whose);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(persons);
            }
        }
    }
}

type Printed = Result<(Vec<u8>, String), Status>;

/// Somebody who is called otherwise where they sign in now.
pub(crate) fn renamed(person: &str) -> TestCaller {
    let person = PersonCaller {
        name: Some("Called Otherwise".to_owned()),
        ..Callers::person(person)
    };
    TestCaller::Person(person, None)
}

impl Fixture {
    pub(crate) async fn own_certificate(&self, who: &str, name: &str) -> Printed {
        self.certificate_of(TestCaller::person(who), name).await
    }

    pub(crate) async fn certificate_of(&self, who: TestCaller, name: &str) -> Printed {
        self.certificate_in(who, name, "").await
    }

    async fn certificate_in(&self, who: TestCaller, name: &str, language: &str) -> Printed {
        let request = DownloadPersonCertificateRequest {
            name: name.to_owned(),
            language: language.to_owned(),
        };
        let mut records = self.person_records(who);
        let answer = records.download_person_certificate(request).await?.into_inner();
        Ok((answer.file.unwrap().data, answer.file_name))
    }

    /// The only one of the person.
    pub(crate) async fn the_certificate(&self, person: &str) -> Certificate {
        let request = ListPersonCertificatesRequest {
            parent: me(),
            ..Default::default()
        };
        let mut records = self.person_records(TestCaller::person(person));
        let listed = records.list_person_certificates(request).await.unwrap();
        let [certificate] = listed.into_inner().certificates.try_into().unwrap();
        certificate
    }

    /// What the only one of the person calls them, and the organization.
    async fn names_of(&self, person: &str) -> (String, String) {
        let certificate = self.the_certificate(person).await;
        (
            certificate.person_display_name,
            certificate.organization_display_name,
        )
    }

    /// Both are called otherwise from now on.
    async fn rename_both(&self, person: &str, organization: &str) {
        let changes = [
            (
                &self.employments,
                "UPDATE employments SET person_display_name = $1",
                person,
            ),
            (
                &self.organizations,
                "UPDATE organizations SET display_name = $1",
                organization,
            ),
        ];
        for (service, change, name) in changes {
            let mut connection = service.database.connection().await;
            let change = sqlx::query(change).bind(name);
            change.execute(&mut connection).await.unwrap();
        }
    }

    pub(crate) async fn issued_certificate(&self, certificate: &str) -> Printed {
        self.issued_certificate_in(certificate, "").await
    }

    async fn issued_certificate_in(&self, certificate: &str, language: &str) -> Printed {
        let mut reports = ProgressReportServiceClient::new(self.service.calls_of(self.admin()));
        let request = DownloadIssuedCertificateRequest {
            parent: self.organization_name().to_string(),
            certificate: certificate.to_owned(),
            language: language.to_owned(),
        };
        let answer = reports.download_issued_certificate(request).await?.into_inner();
        Ok((answer.file.unwrap().data, answer.file_name))
    }
}

/// Whoever audits what a closed organization had its people learn finds it: the rule of registries that what is closed leaves no act but
/// reading certificates (R17).
#[tokio::test(flavor = "multi_thread")]
async fn an_organization_reads_what_it_issued_also_of_who_left_and_once_it_is_closed() {
    let fixture = Fixture::start().await;
    for (person, code) in [("learner-1", "A-1"), ("learner-2", "A-2"), ("learner-3", "A-3")] {
        let assignment = fixture.assigned(person, code).await;
        fixture.report(&assignment, 100).await.unwrap();
    }
    // What is completed after the end is the person's own.
    let late = fixture.assigned("learner-4", "A-4").await;
    fixture.report(&late, 40).await.unwrap();
    let [first, second, third] =
        ["learner-1", "learner-2", "learner-3"].map(|who| person_name(who).to_string());
    let all = [third, second.clone(), first];
    let viewer = || TestCaller::member("viewer", fixture.organization, Role::Viewer);
    assert_eq!(fixture.issued(viewer(), "").await.unwrap(), all);
    let one = fixture.learner("learner-2").to_string();
    assert_eq!(fixture.issued(viewer(), &one).await.unwrap(), [second]);

    acts::close_organization(&fixture.organizations, fixture.organization).await;
    for person in ["learner-1", "learner-4"] {
        eventually(async || fixture.known(person).await.state == "ENDED").await;
    }
    fixture.report(&late, 100).await.unwrap();
    let owner = TestCaller::member("owner", fixture.organization, Role::Owner);
    assert_eq!(fixture.issued(owner, "").await.unwrap(), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_issued_is_not_shown() {
    let mut fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner-1", "A-1").await;
    fixture.report(&assignment, 100).await.unwrap();
    let theirs = fixture.learner("learner-1").to_string();
    fixture.organization = fixture.open_organization().await;
    assert_eq!(
        fixture.issued(fixture.admin(), "").await.unwrap(),
        Vec::<String>::new()
    );
    let status = fixture.issued(fixture.admin(), &theirs).await.unwrap_err();
    assert_eq!(violations_of(&status)[0].0, "learner");
    assert_eq!(reason(Err::<(), _>(status)), ErrorReason::InvalidRequest);
}

/// Whoever holds a certificate, and whoever issued it, takes it as a page to print; also once the person has left.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_a_page_to_print_for_its_holder_and_for_who_issued_it() {
    let fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner-1", "A-1").await;
    let certificate = fixture.report(&assignment, 100).await.unwrap().certificate;
    let mut records = fixture.person_records(TestCaller::person("learner-1"));
    let all = ListPersonCertificatesRequest {
        parent: "persons/me".to_owned(),
        ..Default::default()
    };
    let listed = records.list_person_certificates(all).await.unwrap().into_inner();
    let number = &listed.certificates[0].certificate_number;

    let own = fixture.own_certificate("learner-1", &certificate).await.unwrap();
    assert_eq!(own.1, format!("certificate-{number}.pdf"));
    let mine = certificate.replace(&person_name("learner-1").to_string(), "persons/me");
    assert_eq!(fixture.own_certificate("learner-1", &mine).await.unwrap(), own);
    let issued = fixture.issued_certificate(&certificate).await.unwrap();
    assert_eq!((issued.0, issued.1), own, "the name is the same at both");
    let theirs = fixture.own_certificate("learner-2", &certificate).await;
    assert_eq!(reason(theirs), ErrorReason::PermissionDenied);

    acts::close_organization(&fixture.organizations, fixture.organization).await;
    eventually(async || fixture.known("learner-1").await.state == "ENDED").await;
    assert!(fixture.issued_certificate(&certificate).await.is_ok());
}

/// Who reads it says in which language; a number has one page in each, whoever prints it.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_printed_in_the_language_that_is_said() {
    let fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner-1", "A-1").await;
    let certificate = fixture.report(&assignment, 100).await.unwrap().certificate;
    let number = fixture.the_certificate("learner-1").await.certificate_number;
    let own = async |language| {
        let learner = TestCaller::person("learner-1");
        fixture.certificate_in(learner, &certificate, language).await
    };
    let (english, spanish) = (own("en").await.unwrap(), own("es").await.unwrap());
    assert!(own("").await.unwrap() == english, "English, unless it is said");
    assert!(spanish.0 != english.0, "other words");
    assert_eq!(english.1, format!("certificate-{number}.pdf"));
    assert_eq!(spanish.1, format!("certificado-{number}.pdf"));
    for (language, page) in [("", english), ("es", spanish)] {
        let issued = fixture.issued_certificate_in(&certificate, language).await;
        assert!(issued.unwrap() == page, "the same for who issued it");
    }
    assert_eq!(reason(own("fr").await), ErrorReason::InvalidRequest);
    let issued = fixture.issued_certificate_in(&certificate, "fr").await;
    assert_eq!(reason(issued), ErrorReason::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_others_is_none_to_print() {
    let mut fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner-1", "A-1").await;
    let certificate = fixture.report(&assignment, 100).await.unwrap().certificate;
    fixture.organization = fixture.open_organization().await;
    let refused = fixture.issued_certificate(&certificate).await;
    assert_eq!(reason(refused), ErrorReason::NotFound);
}

const NAMELESS: &str = "UPDATE certificates SET person_display_name = NULL, organization_display_name = NULL";

fn both(person: &str, organization: &str) -> (String, String) {
    (person.to_owned(), organization.to_owned())
}

/// What an earlier version issued has no names: whoever prints it first finds them out, and so it stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_without_names_has_those_with_which_it_was_first_printed() {
    let fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner-1", "A-1").await;
    let name = fixture.report(&assignment, 100).await.unwrap().certificate;
    let at_issue = fixture.issued_certificate(&name).await.unwrap();
    fixture.rename_both("Ada", "Night nursery").await;
    assert_eq!(fixture.names_of("learner-1").await.0, "learner-1");
    let still = fixture.issued_certificate(&name).await.unwrap();
    assert!(still == at_issue, "neither is called as it was");

    fixture.service.database.execute(NAMELESS).await;
    assert_eq!(fixture.names_of("learner-1").await, both("", ""));
    let printed = fixture.issued_certificate(&name).await.unwrap();
    assert!(printed != at_issue, "the names are on it");
    assert_eq!(fixture.names_of("learner-1").await, both("Ada", "Night nursery"));
    fixture.rename_both("Grace", "Noon nursery").await;
    for again in [
        fixture.issued_certificate(&name).await,
        fixture.own_certificate("learner-1", &name).await,
    ] {
        assert!(again.unwrap() == printed, "it has its names");
    }
    assert_eq!(fixture.names_of("learner-1").await, both("Ada", "Night nursery"));
}

/// Nothing that somebody has done is lost because others are away; who they are is asked until somebody says it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_completed_while_nobody_says_names_is_named_later() {
    let mut fixture = Fixture::start().await;
    let mut reported = Vec::new();
    for (person, code) in [("learner-1", "A-1"), ("learner-2", "A-2")] {
        reported.push(fixture.assigned(person, code).await);
    }
    fixture.employments.leave().await;
    for assignment in &reported {
        let done = fixture.report(assignment, 100).await.unwrap();
        assert!(!done.certificate.is_empty());
    }
    for person in ["learner-1", "learner-2"] {
        assert_eq!(fixture.names_of(person).await, both("", ""));
    }
    fixture.employments.come_back().await;
    // Whoever has left meanwhile is in no list of employees.
    let employed = fixture.known("learner-2").await.employment_id;
    let left = EmploymentName {
        organization: fixture.organization,
        employment: EmploymentId::from_uuid(employed),
    };
    fixture.end(left, "learner-2").await;
    fixture.pass(Duration::from_secs(60));
    let named = async || {
        fixture.names_of("learner-1").await.0 == "learner-1"
            && fixture.names_of("learner-2").await.0 == "learner-2"
    };
    fixture.looked(named).await;
    assert_ne!(fixture.names_of("learner-2").await.1, "");
    fixture.rename_both("Ada", "Night nursery").await;
    fixture.pass(Duration::from_secs(60));
    assert_eq!(fixture.names_of("learner-1").await.0, "learner-1");
}

/// No organization knows whoever learns by themself: they say who they are when they print it, once.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_took_by_themself_calls_them_as_they_called_themself_when_they_first_printed_it() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let learner = fixture.service.calls_of(TestCaller::person("learner-1"));
    let taken = record::take_training(&learner, &training.to_string()).await;
    let done = fixture.report(&taken.unwrap().name, 100).await.unwrap();
    assert_eq!(fixture.names_of("learner-1").await, both("", ""));
    let first = fixture
        .own_certificate("learner-1", &done.certificate)
        .await
        .unwrap();
    assert_eq!(fixture.names_of("learner-1").await, both("learner-1", ""));
    let again = fixture
        .certificate_of(renamed("learner-1"), &done.certificate)
        .await;
    assert!(
        again.unwrap() == first,
        "whoever is called otherwise has the same"
    );
}

/// What was taken out because somebody asked for it does not come back.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_taken_out_stays_out() {
    let fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner-1", "A-1").await;
    let name = fixture.report(&assignment, 100).await.unwrap().certificate;
    let printed = fixture.own_certificate("learner-1", &name).await.unwrap();
    let taken_out = "UPDATE certificates SET person_display_name = '', organization_display_name = NULL";
    fixture.service.database.execute(taken_out).await;
    let without = fixture.own_certificate("learner-1", &name).await.unwrap();
    assert!(without != printed, "it is its holder's");
    let (person, organization) = fixture.names_of("learner-1").await;
    assert!(person.is_empty() && !organization.is_empty());
    let theirs = fixture.issued_certificate(&name).await.unwrap();
    assert!(theirs == without, "nor for whoever issued it");
}

/// Whoever prints it again has the same days on it, wherever the organization is by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_keeps_the_zone_of_its_days() {
    let fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner-1", "A-1").await;
    let name = fixture.report(&assignment, 100).await.unwrap().certificate;
    let zone = async || fixture.the_certificate("learner-1").await.time_zone;
    assert_eq!(zone().await, "America/Detroit");
    let printed = fixture.issued_certificate(&name).await.unwrap();
    // To an authority for which the operator named no zone.
    let moved = "UPDATE organizations SET licensing_authority = 'us-zz'";
    fixture.organizations.database.execute(moved).await;
    let again = fixture.issued_certificate(&name).await.unwrap();
    assert!(again == printed, "it has its zone");

    // What an earlier version named was printed in UTC, and still is.
    let earlier = "UPDATE certificates SET time_zone = NULL";
    fixture.service.database.execute(earlier).await;
    fixture.issued_certificate(&name).await.unwrap();
    assert_eq!(zone().await, "");
    // What it left without names gets all of them at once.
    fixture.service.database.execute(NAMELESS).await;
    fixture.issued_certificate(&name).await.unwrap();
    assert_eq!(zone().await, "UTC");
}
