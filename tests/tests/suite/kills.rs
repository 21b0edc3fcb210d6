//! `kill -9` at any moment loses nothing and doubles nothing.

use std::time::Duration;

use muster_proto::invitation::v1::InvitationState;
use muster_testkit::{eventually, eventually_some};
use tonic::Code;

use crate::support::{Organization, Suite, alone};

/// Kills unless `MUSTER_TEST_KILLS` says otherwise; three invitations are made for each.
const KILLS: usize = 14;

/// While invitations are being made with request ids, parts are killed one after the other. Afterwards every invitation
/// that was answered is PENDING, and a message came for each: one, or two where the mail's fate could not be known.
#[tokio::test]
async fn killing_any_part_loses_no_invitation_and_doubles_no_mail() {
    let _alone = alone().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let run = suite.unique();
    let kills = std::env::var("MUSTER_TEST_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let invitations = 3 * kills;
    let killer = tokio::spawn(kill_all(suite.clone(), kills));
    for n in 0..invitations {
        let mut request = organization.inviting(&format!("survivor-{n}.{run}@example.test"));
        request.request_id = suite.request_id();
        eventually_some(async || {
            let call = suite.call("owner", request.clone());
            match organization.invitations().create_invitation(call).await {
                Ok(made) => made.into_inner().invitation,
                Err(status) => {
                    let away = [
                        Code::Unavailable,
                        Code::DeadlineExceeded,
                        Code::Cancelled,
                        Code::Unknown,
                    ];
                    assert!(away.contains(&status.code()), "{status:?}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    None
                }
            }
        })
        .await;
    }
    let killed = killer.await.unwrap();
    eprintln!("{killed} of {kills} kills hit a process");
    assert!(killed >= kills / 2, "only {killed} kills");
    let all = i64::try_from(invitations).unwrap();
    eventually(async || organization.count(&suite, InvitationState::Pending).await == all).await;
    let mut copies = 0;
    for n in 0..invitations {
        let address = format!("survivor-{n}.{run}%40example.test");
        let url = format!("{}/api/messages?to={address}", suite.address("inbox"));
        let messages = suite.json(&url).await.unwrap().as_array().map_or(0, Vec::len);
        // A worker that is killed between the final dot and the reply cannot know: one more copy, and no other.
        assert!(
            (1..=2).contains(&messages),
            "{messages} messages for invitation {n}"
        );
        copies += messages - 1;
    }
    assert!(
        copies <= 8 * killed,
        "{copies} copies: more than were in flight at the kills"
    );
}

async fn kill_all(suite: Suite, kills: usize) -> usize {
    let parts = [
        "invitation",
        "notification",
        "rabbitmq",
        "organization",
        "gateway",
        "invitation",
        "postgres",
    ];
    let mut killed = 0;
    for part in parts.into_iter().cycle().take(kills) {
        killed += usize::from(suite.kill(part));
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    killed
}
