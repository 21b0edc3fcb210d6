//! Consent, and records that are read with it.

use muster_proto::records::v1::{
    ApproveGrantRequest, CreateGrantRequest, CreateGrantResponse, DenyGrantRequest, ExportFormat,
    ExportLearningRecordRequest, GetLearningRecordRequest, Grant, ListLearnerGrantsRequest,
    ListPersonGrantsRequest, RequestGrantRequest, RequestGrantResponse, RevokeGrantRequest,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::stage::{Learner, Stage, last};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = granted();
    rows.extend(asked());
    rows.extend(recorded());
    rows
}

fn granting(parent: &str, organization: String, request_id: &str) -> CreateGrantRequest {
    CreateGrantRequest {
        parent: parent.into(),
        grant: Some(Grant {
            organization,
            ..Default::default()
        }),
        request_id: request_id.into(),
    }
}

fn revoking(name: String, request_id: &str) -> RevokeGrantRequest {
    RevokeGrantRequest {
        name,
        request_id: request_id.into(),
    }
}

/// A learner's grant to the organization.
async fn grant(at: &Stage, learner: &Learner) -> String {
    let request = granting("persons/me", at.name(), "");
    let done: CreateGrantResponse = at.done("CreateGrant", &learner.address, &request).await;
    done.grant.unwrap().name
}

fn granted() -> Vec<Row> {
    vec![
        row("CreateGrant", R::EmploymentRequired, async |at| {
            Attempt::by("outsider", &granting("persons/me", at.name(), ""))
        }),
        row("CreateGrant", R::PermissionDenied, async |at| {
            let somebody = format!("persons/{}", at.suite.request_id());
            Attempt::by("owner", &granting(&somebody, at.name(), ""))
        }),
        row("CreateGrant", R::RateLimited, async |at| {
            let learner = at.learner().await;
            let mut request = granting("persons/me", at.name(), "");
            for number in 0..20 {
                request.grant.as_mut().unwrap().wording = format!("page/{number}");
                at.done::<()>("CreateGrant", &learner.address, &request).await;
            }
            request.grant.as_mut().unwrap().wording = "page/20".to_owned();
            Attempt::by(&learner.address, &request).quota(20, 20)
        }),
        row("CreateGrant", R::RequestIdReused, async |at| {
            let (learner, id) = (at.learner().await, at.suite.request_id());
            let first = granting("persons/me", at.name(), &id);
            let second = granting(&learner.person, at.own().await.name(), &id);
            at.reused("CreateGrant", &learner.address, &first, &second).await
        }),
        row("RevokeGrant", R::NotFound, async |at| {
            let absent = format!("persons/me/grants/{}", at.suite.request_id());
            Attempt::by("owner", &revoking(absent, ""))
        }),
        row("RevokeGrant", R::PermissionDenied, async |at| {
            let grant = grant(&at, &at.learner().await).await;
            Attempt::by("owner", &revoking(grant, ""))
        }),
        row("RevokeGrant", R::RequestIdReused, async |at| {
            let (learner, id) = (at.learner().await, at.suite.request_id());
            let first = revoking(grant(&at, &learner).await, &id);
            let second = revoking(format!("persons/me/grants/{id}"), &id);
            at.reused("RevokeGrant", &learner.address, &first, &second).await
        }),
    ]
}

fn asking(at: &Stage, person: &str, request_id: &str) -> RequestGrantRequest {
    RequestGrantRequest {
        parent: format!("{}/learners/{}", at.name(), last(person)),
        message: String::new(),
        request_id: request_id.into(),
    }
}

/// The name of a grant that the organization has asked for, as its person names it.
async fn asked_of(at: &Stage, learner: &Learner) -> String {
    let request = asking(at, &learner.person, "");
    let asked: RequestGrantResponse = at.done("RequestGrant", "owner", &request).await;
    let name = asked.grant.unwrap().name;
    format!("{}/grants/{}", learner.person, last(&name))
}

fn approving(name: String, request_id: &str) -> ApproveGrantRequest {
    ApproveGrantRequest {
        name,
        request_id: request_id.into(),
        ..Default::default()
    }
}

fn denying(name: String, request_id: &str) -> DenyGrantRequest {
    DenyGrantRequest {
        name,
        request_id: request_id.into(),
    }
}

async fn employment_is_over(at: &Stage, learner: &Learner) {
    let statement = format!(
        "UPDATE employment_projection SET state = 'ENDED' WHERE person_id = '{}'",
        last(&learner.person)
    );
    at.database("records").await.change(&statement).await;
}

fn asked() -> Vec<Row> {
    let absent = |at: &Stage| format!("persons/me/grants/{}", at.suite.request_id());
    let past = prost_types::Timestamp { seconds: 1, nanos: 0 };
    vec![
        row("CreateGrant", R::InvalidRequest, async move |at| {
            let learner = at.learner().await;
            let mut request = granting("persons/me", at.name(), "");
            request.grant.as_mut().unwrap().expire_time = Some(past);
            Attempt::by(&learner.address, &request).violates(&["grant.expire_time"])
        }),
        row("RequestGrant", R::NotFound, async |at| {
            Attempt::by("owner", &asking(&at, &at.suite.request_id(), ""))
        }),
        row("RequestGrant", R::EmploymentRequired, async |at| {
            let learner = at.learner().await;
            employment_is_over(&at, &learner).await;
            Attempt::by("owner", &asking(&at, &learner.person, ""))
        }),
        row("RequestGrant", R::GrantDenied, async |at| {
            let learner = at.learner().await;
            let name = asked_of(&at, &learner).await;
            at.done::<()>("DenyGrant", &learner.address, &denying(name, ""))
                .await;
            Attempt::by("owner", &asking(&at, &learner.person, ""))
        }),
        row("RequestGrant", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (one, two) = (at.learner().await.person, at.learner().await.person);
            let (first, second) = (asking(&at, &one, &id), asking(&at, &two, &id));
            at.reused("RequestGrant", "owner", &first, &second).await
        }),
        row("ListLearnerGrants", R::PageTokenInvalid, async |at| {
            let request = ListLearnerGrantsRequest {
                parent: at.absent("learners"),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonGrants", R::PermissionDenied, async |at| {
            let request = ListPersonGrantsRequest {
                parent: format!("persons/{}", at.suite.request_id()),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonGrants", R::PageTokenInvalid, async |_| {
            let request = ListPersonGrantsRequest {
                parent: "persons/me".into(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ApproveGrant", R::NotFound, async move |at| {
            Attempt::by("owner", &approving(absent(&at), ""))
        }),
        row("ApproveGrant", R::InvalidRequest, async move |at| {
            let learner = at.learner().await;
            let mut request = approving(asked_of(&at, &learner).await, "");
            request.expire_time = Some(past);
            Attempt::by(&learner.address, &request).violates(&["expire_time"])
        }),
        row("ApproveGrant", R::EmploymentRequired, async |at| {
            let learner = at.learner().await;
            let name = asked_of(&at, &learner).await;
            employment_is_over(&at, &learner).await;
            Attempt::by(&learner.address, &approving(name, ""))
        }),
        row("ApproveGrant", R::GrantState, async |at| {
            let learner = at.learner().await;
            let name = asked_of(&at, &learner).await;
            at.done::<()>("DenyGrant", &learner.address, &denying(name.clone(), ""))
                .await;
            Attempt::by(&learner.address, &approving(name, "")).metadata("state", "DENIED")
        }),
        row("ApproveGrant", R::PermissionDenied, async |at| {
            let learner = at.learner().await;
            Attempt::by("owner", &approving(asked_of(&at, &learner).await, ""))
        }),
        row("ApproveGrant", R::RequestIdReused, async move |at| {
            let (learner, id) = (at.learner().await, at.suite.request_id());
            let first = approving(asked_of(&at, &learner).await, &id);
            let second = approving(absent(&at), &id);
            at.reused("ApproveGrant", &learner.address, &first, &second).await
        }),
        row("DenyGrant", R::NotFound, async move |at| {
            Attempt::by("owner", &denying(absent(&at), ""))
        }),
        row("DenyGrant", R::GrantState, async |at| {
            let learner = at.learner().await;
            let name = asked_of(&at, &learner).await;
            at.done::<()>("ApproveGrant", &learner.address, &approving(name.clone(), ""))
                .await;
            Attempt::by(&learner.address, &denying(name, "")).metadata("state", "ACTIVE")
        }),
        row("DenyGrant", R::PermissionDenied, async |at| {
            let learner = at.learner().await;
            Attempt::by("owner", &denying(asked_of(&at, &learner).await, ""))
        }),
        row("DenyGrant", R::RequestIdReused, async move |at| {
            let (learner, id) = (at.learner().await, at.suite.request_id());
            let first = denying(asked_of(&at, &learner).await, &id);
            let second = denying(absent(&at), &id);
            at.reused("DenyGrant", &learner.address, &first, &second).await
        }),
    ]
}

fn reading(at: &Stage, person: &str) -> Attempt {
    let name = format!("{}/learners/{}/learningRecord", at.name(), last(person));
    Attempt::by("owner", &GetLearningRecordRequest { name })
}

fn exporting(at: &Stage, person: &str) -> Attempt {
    let request = ExportLearningRecordRequest {
        name: format!("{}/learners/{}/learningRecord", at.name(), last(person)),
        format: ExportFormat::Pdf.into(),
    };
    Attempt::by("owner", &request)
}

fn recorded() -> Vec<Row> {
    vec![
        row("GetLearningRecord", R::GrantRequired, async |at| {
            reading(&at, &at.learner().await.person)
        }),
        row("GetLearningRecord", R::EmploymentRequired, async |at| {
            let learner = at.learner().await;
            grant(&at, &learner).await;
            let statement = format!(
                "UPDATE employment_projection SET state = 'ENDED' WHERE person_id = '{}'",
                last(&learner.person)
            );
            at.database("records").await.change(&statement).await;
            reading(&at, &learner.person)
        }),
        row("GetLearningRecord", R::NotFound, async |at| {
            reading(&at, &at.suite.request_id())
        }),
        row("ExportLearningRecord", R::GrantRequired, async |at| {
            exporting(&at, &at.learner().await.person)
        }),
        row("ExportLearningRecord", R::EmploymentRequired, async |at| {
            let learner = at.learner().await;
            grant(&at, &learner).await;
            let statement = format!(
                "UPDATE employment_projection SET state = 'ENDED' WHERE person_id = '{}'",
                last(&learner.person)
            );
            at.database("records").await.change(&statement).await;
            exporting(&at, &learner.person)
        }),
        row("ExportLearningRecord", R::NotFound, async |at| {
            exporting(&at, &at.suite.request_id())
        }),
    ]
}
