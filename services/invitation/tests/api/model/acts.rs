//! The acts, carried out.

use muster_proto::invitation::v1::learner_service_client::LearnerServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, AcceptPersonInvitationRequest, CancelInvitationRequest,
    DeclineInvitationRequest, DeclinePersonInvitationRequest, InvitationState, Learner, ListLearnersRequest,
    ResendInvitationRequest, UndoDeclineRequest, UndoPersonDeclineRequest,
};
use muster_testkit::{Callers, TestCaller as Caller};
use sqlx::AssertSqlSafe;
use tonic::Status;

use super::table::{Act, Answer, Invitee, Via, is_suppressed};
use crate::fixture::{Fixture, invite};
use crate::own::account;

/// The token in the mail, if there is a mail.
async fn link(fixture: &Fixture, name: &str) -> Option<String> {
    let mail = fixture.mail(name, 1).await.unwrap();
    mail.wanted.then(|| {
        let link = invite(&mail).link.strip_prefix("https://muster.test/i/");
        link.unwrap().to_owned()
    })
}

/// An address of its own, and its invitations as they were made.
pub(super) struct Address<'w> {
    fixture: &'w Fixture,
    address: String,
    made: Vec<Made>,
}

/// An invitation, with its first link; nobody has that of one whose mail was suppressed.
#[derive(Debug, Clone)]
struct Made {
    name: String,
    token: Option<String>,
}

impl Made {
    fn id(&self) -> &str {
        self.name.rsplit('/').next().unwrap()
    }
}

impl<'w> Address<'w> {
    pub(super) fn new(fixture: &'w Fixture) -> Self {
        Self {
            fixture,
            address: format!("{}@example.com", fixture.clock.new_uuid()),
            made: Vec::new(),
        }
    }

    /// Does all of them at the same moment.
    pub(super) async fn all(&mut self, acts: &[Act]) -> Vec<Answer> {
        let this = &*self;
        let answers = futures::future::join_all(acts.iter().map(async |act| this.take(act).await)).await;
        self.find_new().await;
        answers
    }

    /// How each stands, and whether its mail is suppressed.
    pub(super) async fn stored(&self) -> Vec<(InvitationState, bool)> {
        let mut stored = Vec::new();
        for made in &self.made {
            let one = self.fixture.get(&made.name).await.unwrap();
            stored.push((one.state(), is_suppressed(one.delivery_state())));
        }
        stored
    }

    /// The words of the address in the list of learners, newest first.
    pub(super) async fn words(&self) -> Vec<InvitationState> {
        let request = ListLearnersRequest {
            parent: self.fixture.parent(),
            text: self.address.clone(),
            ..Default::default()
        };
        let owner = self.fixture.as_who(self.fixture.owner());
        let listed = LearnerServiceClient::new(owner).list_learners(request).await;
        let learners = listed.unwrap().into_inner().learners;
        learners.iter().map(Learner::state).collect()
    }

    /// The act by a way that there is.
    pub(super) fn reachable(&self, act: Act) -> Act {
        let is_known = |of: usize| self.made[of].token.is_some();
        let via = Via::Account;
        match act {
            Act::Accept { of, who, .. } if !is_known(of) => Act::Accept { of, via, who },
            Act::Decline {
                of, who, for_ever, ..
            } if !is_known(of) => Act::Decline {
                of,
                via,
                who,
                for_ever,
            },
            Act::Undo { of, who, .. } if !is_known(of) => Act::Undo { of, via, who },
            act => act,
        }
    }

    /// Notes what was made since: at most one at a time, because nobody answers what was not there before.
    async fn find_new(&mut self) {
        let names: Vec<(String,)> = sqlx::query_as(
            "SELECT 'organizations/' || organization_id || '/invitations/' || invitation_id FROM invitations
             WHERE address_canonical = $1",
        )
        .bind(&self.address)
        .fetch_all(&mut self.fixture.database.connection().await)
        .await
        .unwrap();
        for (name,) in names {
            if self.made.iter().all(|made| made.name != name) {
                let token = link(self.fixture, &name).await;
                self.made.push(Made { name, token });
            }
        }
    }

    async fn take(&self, act: &Act) -> Answer {
        let done = match *act {
            Act::Create => {
                let fixture = self.fixture;
                fixture.create(&self.address, &[&fixture.nurses]).await.map(drop)
            }
            Act::MailsAge => self.mails_age().await,
            Act::Resend { of, rotate } => self.resend(of, rotate).await,
            Act::Cancel { of } => self.cancel(of).await,
            Act::Accept { of, via, who } => self.accept(of, via, who).await,
            Act::Decline {
                of,
                via,
                who,
                for_ever,
            } => self.decline(of, via, who, for_ever).await,
            Act::Undo { of, via, who } => self.undo(of, via, who).await,
            Act::RunOut { of } => self.change(of, "expire_time = create_time").await,
            Act::DayPasses { of } => {
                self.change(of, "decline_time = decline_time - interval '1 day'")
                    .await
            }
            Act::Archive { of } => {
                self.change(
                    of,
                    "state = CASE state WHEN 'ACTIVE' THEN 'ARCHIVED' ELSE state END",
                )
                .await
            }
        };
        done.map_err(|status| {
            muster_refusal::reason_of(&status).unwrap_or_else(|| panic!("no reason in {status:?}"))
        })
    }

    /// What clocks and other services do.
    async fn change(&self, of: usize, change: &str) -> Result<(), Status> {
        let statement = format!(
            "UPDATE invitations SET {change} WHERE invitation_id = '{}'",
            self.made[of].id()
        );
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut self.fixture.database.connection().await)
            .await
            .unwrap();
        Ok(())
    }

    async fn mails_age(&self) -> Result<(), Status> {
        sqlx::query(
            "UPDATE invitations SET mail_times = ARRAY(SELECT mail - interval '1 day' FROM unnest(mail_times) AS mail)
             WHERE address_canonical = $1",
        )
        .bind(&self.address)
        .execute(&mut self.fixture.database.connection().await)
        .await
        .unwrap();
        Ok(())
    }

    async fn resend(&self, of: usize, rotate_link: bool) -> Result<(), Status> {
        let request = ResendInvitationRequest {
            name: self.made[of].name.clone(),
            rotate_link,
            request_id: String::new(),
        };
        self.fixture
            .invitations()
            .resend_invitation(request)
            .await
            .map(drop)
    }

    async fn cancel(&self, of: usize) -> Result<(), Status> {
        let request = CancelInvitationRequest {
            name: self.made[of].name.clone(),
            request_id: String::new(),
        };
        self.fixture
            .invitations()
            .cancel_invitation(request)
            .await
            .map(drop)
    }

    fn caller(&self, who: Invitee) -> Caller {
        let (name, address) = match who {
            Invitee::Ada => ("ada", self.address.as_str()),
            Invitee::AdaElsewhere => ("ada-elsewhere", self.address.as_str()),
            Invitee::Eve => ("eve", "eve@example.com"),
        };
        // Nobody who has accepted by another address before.
        let (own, _) = self.address.split_once('@').unwrap();
        let mut person = Callers::person(&format!("{name}-{own}"));
        person.emails = vec![address.parse().unwrap()];
        Caller::Person(person, None)
    }

    async fn accept(&self, of: usize, via: Via, who: Invitee) -> Result<(), Status> {
        let (made, caller) = (self.made[of].clone(), self.caller(who));
        match via {
            Via::Link => {
                let request = AcceptInvitationRequest {
                    token: made.token.unwrap(),
                    request_id: String::new(),
                };
                self.fixture
                    .redemption(caller)
                    .accept_invitation(request)
                    .await
                    .map(drop)
            }
            Via::Account => {
                let request = AcceptPersonInvitationRequest {
                    name: made.name,
                    request_id: String::new(),
                };
                account(self.fixture, caller)
                    .accept_person_invitation(request)
                    .await
                    .map(drop)
            }
        }
    }

    async fn decline(&self, of: usize, via: Via, who: Invitee, for_ever: bool) -> Result<(), Status> {
        let (made, caller) = (self.made[of].clone(), self.caller(who));
        match via {
            Via::Link => {
                let request = DeclineInvitationRequest {
                    token: made.token.unwrap(),
                    do_not_invite_again: for_ever,
                    request_id: String::new(),
                };
                self.fixture
                    .redemption(caller)
                    .decline_invitation(request)
                    .await
                    .map(drop)
            }
            Via::Account => {
                let request = DeclinePersonInvitationRequest {
                    name: made.name,
                    do_not_invite_again: for_ever,
                    request_id: String::new(),
                };
                account(self.fixture, caller)
                    .decline_person_invitation(request)
                    .await
                    .map(drop)
            }
        }
    }

    async fn undo(&self, of: usize, via: Via, who: Invitee) -> Result<(), Status> {
        let (made, caller) = (self.made[of].clone(), self.caller(who));
        match via {
            Via::Link => {
                let request = UndoDeclineRequest {
                    token: made.token.unwrap(),
                    request_id: String::new(),
                };
                self.fixture
                    .redemption(caller)
                    .undo_decline(request)
                    .await
                    .map(drop)
            }
            Via::Account => {
                let request = UndoPersonDeclineRequest {
                    name: made.name,
                    request_id: String::new(),
                };
                account(self.fixture, caller)
                    .undo_person_decline(request)
                    .await
                    .map(drop)
            }
        }
    }
}
