//! All services of the suite together.

use muster_clock::Clock;
use muster_employment::EmploymentService;
use muster_invitation::InvitationApp;
use muster_notification::NotificationService;
use muster_organization::OrganizationService;
use muster_records::RecordsService;
use muster_testkit::TestSuite;

/// A service refuses to start when the handlers of its queue are not those of its bindings.
#[tokio::test(flavor = "multi_thread")]
async fn every_service_has_one_handler_for_each_of_its_bindings() {
    let suite = TestSuite::new(Clock::system()).await;
    let mail = [
        ("--smtp-url", "smtp://127.0.0.1:9"),
        ("--mail-from", "no-reply@muster.test"),
    ];
    tokio::join!(
        suite.start::<EmploymentService>(&[]),
        suite.start::<InvitationApp>(&[]),
        suite.start::<NotificationService>(&mail),
        suite.start::<OrganizationService>(&[]),
        suite.start::<RecordsService>(&[]),
    );
}
