//! For which role and on what occasion, after which entry, and what people wrote, which can be taken out.

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::employment::v1::EmploymentState;
use muster_proto::history::v1::history_cause::Kind;
use muster_proto::history::v1::{HistoryEntry, HistoryEventCause, HistoryRole};
use muster_proto::organization::v1 as pb;
use muster_testkit::{Callers, TestCaller};

use super::chain::verify;
use super::{history, page, sealed};
use crate::employed::hears;
use crate::fixture::{Fixture, name, owner};
use crate::ownership::{let_in, reassign};
use crate::profile_users::{add, user_name};
use crate::races::count;

/// The RPC of the organization service by which it was done.
fn call(entry: &HistoryEntry) -> Option<&str> {
    match entry.cause.as_ref()?.kind.as_ref()? {
        Kind::Call(call) => call.strip_prefix("muster.organization.v1."),
        Kind::Job(_) | Kind::Event(_) => None,
    }
}

fn of<'a>(entries: &'a [HistoryEntry], subject: &str) -> Vec<&'a HistoryEntry> {
    entries.iter().filter(|entry| entry.subject == subject).collect()
}

async fn named_by(fixture: &Fixture, who: TestCaller, id: OrganizationId, called: &str) {
    let mut organization = fixture.read(id).await;
    organization.display_name = called.to_owned();
    let request = pb::UpdateOrganizationRequest {
        organization: Some(organization),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["display_name".to_owned()],
        }),
        request_id: String::new(),
    };
    fixture.profiles(who).update_organization(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_for_which_role_by_which_act_and_after_which_one() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let admin = TestCaller::member("ada", id, Role::Admin);
    named_by(&fixture, admin, id, "Sunshine Two").await;
    named_by(&fixture, owner(id), id, "Sunshine Three").await;
    let entries = sealed(&fixture, id).await;
    let told: Vec<_> = of(&entries, &name(id))
        .into_iter()
        .map(|entry| (entry.actor_role(), call(entry)))
        .collect();
    use HistoryRole as R;
    assert_eq!(
        told,
        [
            (R::Unspecified, Some("OrganizationService/CreateOrganization")),
            (R::Owner, Some("OrganizationService/SubmitOrganization")),
            (R::Staff, Some("OrganizationService/ApproveOrganization")),
            (R::Admin, Some("OrganizationService/UpdateOrganization")),
            (R::Owner, Some("OrganizationService/UpdateOrganization")),
        ]
    );
    let before: Vec<_> = of(&entries, &name(id));
    for pair in before.windows(2) {
        assert_eq!(pair[1].previous_entry, pair[0].name);
    }
    assert_eq!(before[0].previous_entry, "");

    // Whatever becomes of their roles, they had these then.
    let_in(&fixture, id, "cal").await;
    let entries = sealed(&fixture, id).await;
    reassign(&fixture, id, "cal").await.unwrap();
    let later = sealed(&fixture, id).await;
    assert_eq!(&later[..entries.len()], entries);
    assert_eq!(verify(&fixture, &[]), (true, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_an_event_says_from_which_and_who_caused_it() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    hears(&fixture, id, "ada", 1, EmploymentState::Verified).await;
    add(&fixture, id, "ada", pb::Role::Admin).await.unwrap();
    hears(&fixture, id, "ada", 2, EmploymentState::Ended).await;
    let entries = sealed(&fixture, id).await;
    let of_ada = of(&entries, &user_name(id, "ada"));
    let [added, removed] = of_ada.as_slice() else {
        panic!("{entries:?}")
    };
    assert_eq!(
        (added.actor_role(), call(added)),
        (HistoryRole::Owner, Some("ProfileUserService/CreateProfileUser"))
    );
    assert_eq!(removed.actor, "service:organization");
    assert_eq!(removed.actor_role(), HistoryRole::Unspecified);
    let Some(Kind::Event(event)) = removed.cause.clone().and_then(|cause| cause.kind) else {
        panic!("{removed:?}")
    };
    let expected = HistoryEventCause {
        id: event.id.clone(),
        r#type: "employment.ended".to_owned(),
        // Of which the history of employments tells more.
        subject: format!("{}/employments/{}", name(id), Callers::person("ada").id),
        actor: "service:employment".to_owned(),
    };
    assert_eq!(event, expected);
    assert_eq!(
        count(&fixture, &format!("FROM inbox WHERE id = '{}'", event.id)).await,
        1
    );
    assert_eq!(removed.previous_entry, added.name);
}

/// R33: what people wrote is in no chained byte, and nobody puts other words in its place.
#[tokio::test(flavor = "multi_thread")]
async fn what_people_wrote_is_taken_out_of_a_history_and_never_altered() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    let said = "Zebulon Carter of 7 Elm Street is not the holder";
    let why = pb::OrganizationReturnReason::NameMismatch;
    fixture.give_back(id, &[why], said).await.unwrap();
    fixture.submit_and_approve(id).await;
    named_by(&fixture, owner(id), id, "Zebulon's Day Care").await;
    let entries = sealed(&fixture, id).await;
    let returned = entries.iter().find(|entry| entry.reason == said).unwrap();
    let field = |entry: &HistoryEntry, field: &str| {
        let change = entry.changes.iter().find(|change| change.field == field);
        change.and_then(|change| change.after.clone())
    };
    assert_eq!(field(returned, "decision_reason").as_deref(), Some(said));
    assert!(entries.iter().all(|entry| entry.erased_fields.is_empty()));
    let chained = "SELECT count(*) FROM history_entries AS h
                   WHERE concat_ws(' ', actor, actor_role, cause, subject, changes, reason) ILIKE '%zebulon%'";
    assert_eq!(fixture.service.database.count(chained).await, 0);
    let beside = "SELECT count(*) FROM history_entries WHERE texts::text ILIKE '%zebulon%'";
    // The return, what it was before it was handed in again, and the new name.
    assert_eq!(fixture.service.database.count(beside).await, 3);

    // Other words, also with a digest of their own, are seen.
    let keep = "CREATE TABLE kept AS SELECT * FROM history_entries".to_owned();
    fixture.execute(keep).await;
    for tampering in [
        "UPDATE history_entries SET texts = replace(texts::text, 'is not', 'is')::jsonb WHERE texts::text LIKE '%Elm Street%'",
        "UPDATE history_entries SET texts = jsonb_build_object(text_digest('x', 'of another'), jsonb_build_array('x', 'of another'))
         WHERE texts::text LIKE '%Elm Street%'",
        "UPDATE history_entries SET reason = text_digest('x', 'of another'),
                texts = jsonb_build_object(text_digest('x', 'of another'), jsonb_build_array('x', 'of another'))
         WHERE texts::text LIKE '%Elm Street%'",
    ] {
        fixture.execute(tampering.to_owned()).await;
        let (well, lines) = verify(&fixture, &[]);
        let named = format!("entry {} is not the one", returned.position);
        assert!(!well && lines[0].contains(&named), "{tampering}: {lines:?}");
        let put_back = "UPDATE history_entries AS h SET texts = k.texts, reason = k.reason FROM kept AS k WHERE k.number = h.number";
        fixture.execute(put_back.to_owned()).await;
        assert_eq!(verify(&fixture, &[]), (true, Vec::new()));
    }
    fixture.execute("DROP TABLE kept".to_owned()).await;

    // As an operator does whom the law asks for it: here and where the words were said.
    fixture
        .execute(format!(
            "{ERASE}; UPDATE staff_acts SET reason = 'erased' WHERE reason ILIKE '%zebulon%';
             UPDATE organizations SET display_name = 'A day care' WHERE display_name ILIKE '%zebulon%';
             DELETE FROM registry_vocabulary WHERE word ILIKE '%zebulon%'"
        ))
        .await;
    // What it was called before is told with the new name.
    fixture.execute(ERASE.to_owned()).await;
    let after = sealed(&fixture, id).await;
    assert_eq!(verify(&fixture, &[]), (true, Vec::new()));
    assert_eq!(after.len(), entries.len() + 1);
    let erased = after.iter().find(|entry| entry.name == returned.name).unwrap();
    assert_eq!(erased.erased_fields, ["decision_reason", "reason"]);
    assert_eq!(
        (erased.reason.as_str(), field(erased, "decision_reason")),
        ("", None)
    );
    assert_eq!(
        (&erased.digest, &erased.actor),
        (&returned.digest, &returned.actor)
    );
    let shown = page(&fixture, owner(id), id, (0, "")).await;
    assert!(!format!("{shown:?}").contains("Zebulon"));
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT format('SELECT count(*) FROM %I t WHERE to_jsonb(t)::text ILIKE %L', table_name, '%zebulon%')
         FROM information_schema.tables
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT IN ('outbox', 'idempotency')",
    )
    .fetch_all(&mut fixture.service.database.connection().await)
    .await
    .unwrap();
    for table in left {
        let mut connection = fixture.service.database.connection().await;
        let count = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(table.clone()));
        assert_eq!(count.fetch_one(&mut connection).await.unwrap(), 0, "{table}");
    }
    assert_eq!(history(&fixture, id).await, after);
}

/// As docs/decisions/0115 says it.
const ERASE: &str = "UPDATE history_entries SET texts = NULL WHERE texts::text ILIKE '%zebulon%'";
