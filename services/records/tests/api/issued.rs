//! The certificates that were issued for an organization.

use muster_identity::Role;
use muster_proto::records::v1::progress_report_service_client::ProgressReportServiceClient;
use muster_proto::records::v1::{
    DownloadIssuedCertificateRequest, DownloadPersonCertificateRequest, ListIssuedCertificatesRequest,
    ListPersonCertificatesRequest,
};
use muster_refusal::{ErrorReason, violations_of};
use muster_testkit::{TestCaller, acts, eventually};
use tonic::Status;

use crate::fixture::{Fixture, person_name, reason};

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

impl Fixture {
    async fn own_certificate(&self, who: &str, name: &str) -> Printed {
        let name = name.to_owned();
        let answer = self
            .person_records(TestCaller::person(who))
            .download_person_certificate(DownloadPersonCertificateRequest { name })
            .await?
            .into_inner();
        Ok((answer.file.unwrap().data, answer.file_name))
    }

    async fn issued_certificate(&self, certificate: &str) -> Printed {
        let mut reports = ProgressReportServiceClient::new(self.service.calls_of(self.admin()));
        let request = DownloadIssuedCertificateRequest {
            parent: self.organization_name().to_string(),
            certificate: certificate.to_owned(),
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

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_others_is_none_to_print() {
    let mut fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner-1", "A-1").await;
    let certificate = fixture.report(&assignment, 100).await.unwrap().certificate;
    fixture.organization = fixture.open_organization().await;
    let refused = fixture.issued_certificate(&certificate).await;
    assert_eq!(reason(refused), ErrorReason::NotFound);
}
