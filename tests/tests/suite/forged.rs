//! Posts that a page of ours did not make: by scanners, by other sites, by other sessions.

use muster_proto::invitation::v1::InvitationState;
use muster_testkit::eventually;
use reqwest::RequestBuilder;
use reqwest::header::ORIGIN;

use crate::support::{Organization, Suite, Visitor, link_for, with_others};

const FETCH_SITE: &str = "sec-fetch-site";
const ELSEWHERE: &str = "https://elsewhere.example";

/// The one post that accepts, and what is not it: each lacks exactly one thing.
struct Posts {
    invitee: Visitor,
    edge: String,
    token: String,
    foreign_token: String,
}

impl Posts {
    fn with(&self, token: &str) -> RequestBuilder {
        self.invitee.accepting().form(&[("form_token", token)])
    }

    fn good(&self) -> RequestBuilder {
        self.with(&self.token)
            .header(ORIGIN, &self.edge)
            .header(FETCH_SITE, "same-origin")
    }

    fn forged(&self) -> Vec<(&'static str, RequestBuilder)> {
        let ours = |post: RequestBuilder| post.header(ORIGIN, &self.edge);
        let mut altered = self.token.clone().into_bytes();
        altered[0] = if altered[0] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        vec![
            ("an empty body", ours(self.invitee.accepting().body(""))),
            (
                "no form token",
                ours(self.invitee.accepting().form(&[("other", "x")])),
            ),
            ("an empty form token", ours(self.with(""))),
            ("a form token that is no token", ours(self.with("x"))),
            ("an altered form token", ours(self.with(&altered))),
            (
                "another session's form token",
                ours(self.with(&self.foreign_token)),
            ),
            (
                "a foreign origin",
                self.with(&self.token).header(ORIGIN, ELSEWHERE),
            ),
            (
                "no origin, from another site",
                self.with(&self.token).header(FETCH_SITE, "cross-site"),
            ),
        ]
    }
}

#[tokio::test]
async fn a_forged_post_in_the_invitees_own_session_accepts_nothing() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("forged-{}@school.test", suite.unique());
    let name = organization.invite(&suite, &address).await.name;
    let link = link_for(&suite, &address).await;
    let invitee = Visitor::follow(&suite, &link).await;
    invitee.sign_in(&address).await;
    let stranger = Visitor::follow(&suite, &link).await;
    stranger
        .sign_in(&format!("stranger-{}@school.test", suite.unique()))
        .await;
    let posts = Posts {
        edge: suite.address("gateway"),
        token: invitee.form_token().await,
        foreign_token: stranger.form_token().await,
        invitee,
    };
    let state = async || organization.read(&suite, &name).await.state();
    eventually(async || state().await == InvitationState::Pending).await;
    for (what, post) in posts.forged() {
        post.send().await.unwrap();
        assert_eq!(state().await, InvitationState::Pending, "{what}");
    }
    posts.good().send().await.unwrap();
    assert_eq!(
        state().await,
        InvitationState::Active,
        "the post of our own form accepts"
    );
}
