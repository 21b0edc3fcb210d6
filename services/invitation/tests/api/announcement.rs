//! What an organization tells its people beforehand.

use muster_identity::Role;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{GetAnnouncementRequest, GetAnnouncementResponse};
use muster_testkit::TestCaller;
use tonic::Status;

use crate::fixture::{Fixture, reason};

async fn announcement(fixture: &Fixture, language: &str) -> Result<GetAnnouncementResponse, Status> {
    let viewer = TestCaller::member("viewer", fixture.organization, Role::Viewer);
    let request = GetAnnouncementRequest {
        parent: fixture.parent(),
        language: language.to_owned(),
    };
    let mut client = InvitationServiceClient::new(fixture.as_who(viewer));
    Ok(client.get_announcement(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_in_the_organizations_name_and_in_its_language_unless_another_is_said() {
    let fixture = Fixture::new().await;
    let usual = announcement(&fixture, "").await.unwrap();
    assert_eq!(usual.language, "en");
    assert!(usual.subject.starts_with("Day nursery: "), "{}", usual.subject);
    assert!(
        usual.text.contains("\"Day nursery invites you\""),
        "{}",
        usual.text
    );
    assert!(
        usual.text.contains("https://muster.test/trainings"),
        "{}",
        usual.text
    );
    let spanish = announcement(&fixture, "es").await.unwrap();
    assert_eq!(spanish.language, "es");
    assert!(
        spanish.text.contains("«Day nursery le invita»"),
        "{}",
        spanish.text
    );
    fixture
        .profile_sql(
            "UPDATE organizations SET language = 'es', display_name = 'Guardería', state = 'SUBMITTED'",
        )
        .await;
    let own = announcement(&fixture, "").await.unwrap();
    assert_eq!(own.language, "es", "also before it may invite");
    assert!(own.subject.starts_with("Guardería: "), "{}", own.subject);
    assert_eq!(reason(announcement(&fixture, "fr").await), R::InvalidRequest);
    let none = "SELECT (SELECT count(*) FROM invitations) + (SELECT count(*) FROM outbox)";
    assert_eq!(fixture.database.count(none).await, 0, "nothing is sent");
}
