//! The acts, carried out.

use std::time::Duration;

use futures::future::join_all;
use muster_identity::Role;
use muster_proto::employment::v1::{
    BatchVerifyEmploymentsRequest, Employment, EmploymentOutcome, EmploymentSide as Side, Position,
    RejectionReason, VerifyEmploymentRequest,
};
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::{TestCaller, acts, eventually};
use time::Date;
use time::macros::{format_description, time};
use tonic::Status;

use super::table::{Aimed, Answer, Shown, Table, Told, What};
use crate::claim::at;
use crate::fixture::{Fixture, person_name};
use crate::positions::position;

/// So much longer than a day that what could be undone yesterday cannot be any more, and less than takes a sequence into another day.
const DAY: Duration = Duration::from_secs(24 * 3600 + 20 * 60);

/// One person at an organization of their own, as the service has them.
pub(super) struct Place<'a> {
    fixture: &'a Fixture,
    person: String,
    /// The names of their employments, oldest first.
    names: Vec<String>,
    /// From which days are counted.
    first: Date,
}

impl<'a> Place<'a> {
    /// The sequence begins early on another day than the last one.
    pub(super) async fn new(fixture: &'a mut Fixture) -> Self {
        let first = fixture.service.clock.now().date().next_day().unwrap();
        fixture.advance_to(first.with_time(time!(6:00)).assume_utc());
        let approved = "SELECT count(*) FROM inbox WHERE event_type = 'organization.approved'";
        let before = fixture.service.database.count(approved).await;
        fixture.organization = acts::open_organization(&fixture.organizations, "owner").await;
        eventually(async || fixture.service.database.count(approved).await == before + 1).await;
        Self {
            person: fixture.service.clock.new_uuid().to_string(),
            fixture,
            names: Vec::new(),
            first,
        }
    }

    /// Does all of them at the same moment. `table`: as it stands before.
    pub(super) async fn all(&mut self, acts: &[Aimed], table: &Table) -> Vec<Answer> {
        let this = &*self;
        let each = acts.iter().map(async |act| this.take(*act, table).await);
        let done = join_all(each).await;
        let mut answers = Vec::with_capacity(acts.len());
        for (act, done) in acts.iter().zip(done) {
            if let Ok(Some(one)) = &done
                && !self.names.contains(&one.name)
            {
                self.names.push(one.name.clone());
            }
            answers.push(match done {
                Ok(one) => Ok(one.map(|one| self.told(&one))),
                Err(status) => Err(reason_of(&status).ok_or((act, status)).unwrap()),
            });
        }
        answers
    }

    /// Everything that is shown, oldest first.
    pub(super) async fn stored(&self) -> Vec<Shown> {
        let mut shown = Vec::with_capacity(self.names.len());
        for name in &self.names {
            let one = self.fixture.read(name).await;
            let position = one.positions.first();
            let position = position.map(|one| (self.day(&one.start_date).unwrap(), self.day(&one.end_date)));
            shown.push((self.told(&one), self.day(&one.start_date), position));
        }
        shown
    }

    /// The sequences of what was published, in order.
    pub(super) async fn published(&self) -> Vec<i64> {
        sqlx::query_scalar(
            "SELECT aggregate_seq FROM outbox JOIN employments ON employment_id = aggregate_id
             WHERE person_id = $1 ORDER BY aggregate_seq",
        )
        .bind(person_name(&self.person).person.as_uuid())
        .fetch_all(&mut self.fixture.service.database.connection().await)
        .await
        .unwrap()
    }

    fn told(&self, one: &Employment) -> Told {
        (one.state(), self.day(&one.last_day))
    }

    /// How many days after the first one; `None` of none.
    fn day(&self, text: &str) -> Option<i32> {
        let format = format_description!("[year]-[month]-[day]");
        let day = (!text.is_empty()).then(|| Date::parse(text, format).unwrap());
        day.map(|day| day.to_julian_day() - self.first.to_julian_day())
    }

    /// So many days from today, as it is said.
    fn on(&self, day: Option<i32>) -> String {
        let today = self.fixture.service.clock.now().date().to_julian_day();
        day.map(|day| Date::from_julian_day(today + day).unwrap().to_string())
            .unwrap_or_default()
    }

    async fn take(&self, act: Aimed, table: &Table) -> Result<Option<Employment>, Status> {
        let absent = || self.fixture.absent();
        let name = act
            .target
            .map_or_else(absent, |target| self.names[target].clone());
        match act.what {
            What::DayPasses => self.day_passes(table).await,
            What::Suspend => self.becomes("SUSPENDED").await,
            What::Resume => self.becomes("ACTIVE").await,
            What::Close => self.closes().await,
            what => return self.carry_out(what, &name).await.map(Some),
        }
        Ok(None)
    }

    async fn day_passes(&self, table: &Table) {
        self.fixture.advance(DAY);
        for place in table.due() {
            self.fixture.ends_by_itself(&self.names[place]).await;
        }
    }

    async fn becomes(&self, state: &str) {
        let statement = "UPDATE organizations SET state = $2 WHERE organization_id = $1";
        sqlx::query(statement)
            .bind(self.fixture.organization.as_uuid())
            .bind(state)
            .execute(&mut self.fixture.organizations.database.connection().await)
            .await
            .unwrap();
    }

    async fn closes(&self) {
        let done = "SELECT count(*) FROM closings WHERE finish_time IS NOT NULL";
        let before = self.fixture.service.database.count(done).await;
        self.becomes("ACTIVE").await;
        acts::close_organization(&self.fixture.organizations, self.fixture.organization).await;
        eventually(async || self.fixture.service.database.count(done).await == before + 1).await;
    }

    async fn carry_out(&self, what: What, name: &str) -> Result<Employment, Status> {
        let (fixture, person) = (self.fixture, self.person.as_str());
        let days = |day| self.on(Some(day));
        match what {
            What::Claim(start) => {
                let mut claim = at(fixture.organization_name());
                claim.start_date = self.on(start);
                let claimed = fixture.claim(TestCaller::person(person), vec![claim]).await?;
                Ok(claimed.into_iter().next().unwrap())
            }
            What::Accept => {
                fixture.employ_anywhere(person).await;
                // The newest that there is, or the older one that is open.
                let claims = vec![at(fixture.organization_name())];
                let claimed = fixture.claim(TestCaller::person(person), claims).await?;
                Ok(claimed.into_iter().next().unwrap())
            }
            What::Correct => Ok(fixture.correct(person, name).await?.into_inner()),
            What::Start(day) => fixture.restart(person, name, &days(day)).await,
            What::Position(day) => {
                let cook = Position {
                    start_date: days(day),
                    ..position("Cook", "")
                };
                self.reposition(name, vec![cook]).await
            }
            What::ClosePosition => self.close_position(name).await,
            What::Withdraw => Ok(fixture.withdraw(person, name).await?.into_inner()),
            What::Verify => self.verify(fixture.admin(), name).await,
            What::VerifyOwn => {
                let themself = TestCaller::member(person, fixture.organization, Role::Admin);
                self.verify(themself, name).await
            }
            What::VerifyBatch => self.verify_batch(name).await,
            What::Reject => {
                let why = RejectionReason::NotEmployed;
                Ok(fixture.reject(name, why, "").await?.into_inner())
            }
            What::End(day) => {
                let ended = fixture.end_on(name, "the season is over", &self.on(day)).await?;
                Ok(ended.into_inner())
            }
            What::EndBatch(day) => {
                let outcomes = fixture.batch_end_on(vec![name.to_owned()], &self.on(day)).await?;
                self.outcome(outcomes).await
            }
            What::Leave(day) => fixture.leave_on(person, name, &self.on(day)).await,
            What::Undo(Side::Organization) => fixture.undo_end(name).await,
            What::Undo(_) => fixture.undo_leave(person, name).await,
            What::DayPasses | What::Suspend | What::Resume | What::Close => {
                unreachable!("no call of {what:?}")
            }
        }
    }

    async fn reposition(&self, name: &str, positions: Vec<Position>) -> Result<Employment, Status> {
        let employment = Employment {
            name: name.to_owned(),
            positions,
            ..Default::default()
        };
        self.fixture
            .update(&self.person, employment, &["positions"])
            .await
    }

    /// As it is shown now, but that it ends today, or on its first day.
    async fn close_position(&self, name: &str) -> Result<Employment, Status> {
        let today = self.on(Some(0));
        let mut positions = Vec::new();
        if self.names.iter().any(|known| known == name) {
            positions = self.fixture.read(name).await.positions;
        }
        for position in &mut positions {
            position.end_date = position.start_date.clone().max(today.clone());
        }
        self.reposition(name, positions).await
    }

    async fn verify(&self, who: TestCaller, name: &str) -> Result<Employment, Status> {
        let request = VerifyEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let verified = self.fixture.employments(who).verify_employment(request).await?;
        Ok(verified.into_inner().employment.unwrap())
    }

    async fn verify_batch(&self, name: &str) -> Result<Employment, Status> {
        let request = BatchVerifyEmploymentsRequest {
            parent: self.fixture.organization_name().to_string(),
            names: vec![name.to_owned()],
            request_id: String::new(),
        };
        let mut client = self.fixture.employments(self.fixture.admin());
        let outcomes = client.batch_verify_employments(request).await?.into_inner();
        self.outcome(outcomes.outcomes).await
    }

    async fn outcome(&self, mut outcomes: Vec<EmploymentOutcome>) -> Result<Employment, Status> {
        let outcome = outcomes.remove(0);
        match outcome.refusal_reason() {
            R::Unspecified => Ok(self.fixture.read(&outcome.name).await),
            reason => Err(muster_refusal::Refusal::new(reason, outcome.refusal).into()),
        }
    }
}
