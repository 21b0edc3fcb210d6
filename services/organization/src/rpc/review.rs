//! Reviews of profiles.

use muster_ids::{PersonName, ReviewName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::review_service_server::ReviewService;
use muster_server::Call;
use muster_server::convert::timestamp;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::{ReviewItem, ReviewState, ReviewSubject};
use crate::ops::review::confirm::{self, Confirmation};
use crate::ops::review::read::{self, ReviewSheet};

#[tonic::async_trait]
impl ReviewService for Rpc {
    async fn get_review(
        &self,
        request: Request<pb::GetReviewRequest>,
    ) -> Result<Response<pb::GetReviewResponse>, Status> {
        let context = &self.context;
        let (_, name) = Call::read(
            request,
            |call, violations| Ok(call.name::<ReviewName>(violations)),
        )?;
        let find = async |db: &mut _| read::find(db, context, name.organization).await;
        Ok(Response::new(muster_proto::answer(
            context.database.read(find).await?,
        )))
    }

    async fn confirm_review(
        &self,
        request: Request<pb::ConfirmReviewRequest>,
    ) -> Result<Response<pb::ConfirmReviewResponse>, Status> {
        let context = &self.context;
        let (call, confirmation) = Call::read(request, |call, violations| {
            let by = call.person()?.id;
            let name = call.name::<ReviewName>(violations);
            Ok(name.map(|name| Confirmation {
                organization: name.organization,
                by,
                acknowledged: call.message.acknowledged_claims.into(),
            }))
        })?;
        let work = async |tx: &mut _| confirm::apply(tx, context, confirmation).await;
        call.once(&context.database, context.clock.now(), work).await
    }
}

impl From<ReviewSheet> for pb::Review {
    fn from(sheet: ReviewSheet) -> Self {
        let ReviewSheet {
            review,
            period,
            at,
            items,
            approved_as,
        } = sheet;
        let name = ReviewName {
            organization: review.organization,
        };
        let person = review
            .confirmed_by
            .map(|person| PersonName { person }.to_string());
        Self {
            name: name.to_string(),
            state: pb::ReviewState::from(review.state(at, period)).into(),
            due_time: Some(timestamp(review.due_time(period))),
            overdue_time: Some(timestamp(review.overdue_time(period))),
            confirm_time: review.confirmed_by.map(|_| timestamp(review.since)),
            confirmer: person.unwrap_or_default(),
            items: items.into_iter().map(Into::into).collect(),
            approved_as: approved_as.map(|approved| pb::ApprovedAs {
                display_name: approved.display_name.to_string(),
                address: approved.address.map(Into::into),
            }),
        }
    }
}

impl From<ReviewItem> for pb::ReviewItem {
    fn from(item: ReviewItem) -> Self {
        let ReviewItem {
            subject,
            count,
            attention,
            oldest,
        } = item;
        let (hint, method) = subject.hint();
        let number = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            subject: pb::ReviewSubject::from(subject).into(),
            count: number(count),
            attention_count: number(attention),
            hint: hint.to_owned(),
            method: method.to_owned(),
            oldest_time: oldest.map(timestamp),
        }
    }
}

muster_proto::same_values! { ReviewState = pb::ReviewState { Current, Due, Overdue } }
muster_proto::same_values! {
    ReviewSubject = pb::ReviewSubject {
        Profile, ProfileUsers, AccessRequests, Employees, EmploymentClaims, Locations, Groups
    }
}
