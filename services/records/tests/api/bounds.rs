//! What is large: many groups, many assignments, and what a text may not hold.

use muster_proto::records::v1::{CreateTrainingRequest, Training};
use muster_refusal::{ErrorReason, reason_of, violations_of};
use muster_testkit::TestCaller;
use prost::Message;

use crate::fixture::{Fixture, person_id};

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_of_more_groups_than_are_asked_about_at_once_gets_the_trainings_of_all() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let employment = fixture.verify("learner-1", &[]).await;
    // Only the last one requires anything.
    let mut groups = Vec::new();
    for _ in 0..60 {
        groups.push(fixture.new_group(&[]).await);
    }
    groups.push(fixture.new_group(&[training]).await);
    let before = fixture.applied().await;
    fixture
        .publish_verified(employment, "learner-1", &groups, 2)
        .await;
    fixture.wait_applied(before + 1).await;
    assert_eq!(fixture.assignments_of("learner-1").await.len(), 1);
    assert!(fixture.parked().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_longest_record_the_newest_part_is_read() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.grant("learner-1").await.unwrap();
    let record = fixture.read("learner-1").await.unwrap();
    assert!(!record.is_truncated && record.assignments.is_empty());
    let person = person_id("learner-1");
    // Completed trainings, with the longest names that there are.
    let done = format!(
        "INSERT INTO trainings (training_id, code, display_name, description, creator_person_id, create_time)
         VALUES ('{person}', 'LONG', repeat('\u{1F600}', 200), '', '{person}', now());
         INSERT INTO assignments (person_id, assignment_id, organization_id, training_id, group_id, state,
                                  progress_percent, certificate_id, version, assign_time, start_time, complete_time)
         SELECT '{person}', lpad(to_hex(n), 32, '0')::uuid, gen_random_uuid(), '{person}', '{person}', 'COMPLETED',
                100, lpad(to_hex(n), 32, '0')::uuid, 3, now(), now(), now()
         FROM generate_series(1, 1001) AS n;
         INSERT INTO certificates (person_id, certificate_id, certificate_number, assignment_id, organization_id,
                                   training_id, training_display_name, issue_time, person_display_name,
                                   organization_display_name)
         SELECT person_id, assignment_id, assignment_id::text, assignment_id, organization_id, training_id,
                repeat('\u{1F600}', 200), now(), repeat('\u{1F600}', 200), repeat('\u{1F600}', 200)
         FROM assignments WHERE person_id = '{person}'"
    );
    fixture.service.database.run(done).await;
    let record = fixture.read("learner-1").await.unwrap();
    assert!(record.is_truncated);
    assert_eq!(
        (record.assignments.len(), record.certificates.len()),
        (1000, 1000)
    );
    assert!(
        record.assignments[0].name > record.assignments[999].name,
        "newest first"
    );
    assert!(
        record.encoded_len() < 4 * 1024 * 1024,
        "as much as clients take unless they say otherwise"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_holds_nul() {
    let fixture = Fixture::start().await;
    let training = Training {
        code: "MR-1".to_owned(),
        display_name: "Reporting".to_owned(),
        description: "a\0b".to_owned(),
        ..Default::default()
    };
    let request = CreateTrainingRequest {
        training: Some(training),
        request_id: String::new(),
        reason: "a test".to_owned(),
    };
    let refused = fixture
        .trainings(TestCaller::platform_staff())
        .create_training(request)
        .await
        .unwrap_err();
    assert_eq!(reason_of(&refused), Some(ErrorReason::InvalidRequest));
    assert_eq!(violations_of(&refused)[0].0, "training.description");
}
