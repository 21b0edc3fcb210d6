//! Many people work at once, and write down what they were answered.

use std::time::Duration;

use anyhow::Context;
use futures::future::try_join_all;
use muster_client::acts::import;
use muster_client::{CallError, Client, call, call_with_stream, request_id};
use muster_local::suite::NO_MAIL;
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, ApproveImportRequest, CancelInvitationRequest, CreateInvitationRequest,
    DeclineInvitationRequest, Invitation,
};
use tokio::time::{Instant, sleep};
use tonic::Code;

use super::end::End;
use super::ledger::{Calls, Imported, Invited, LastAct, Ledger};
use super::mail;
use super::place::{OWNER, Place};

/// People who invite at the same time.
const INVITERS: u64 = 6;
/// What each of them does at least.
const LEAST: u64 = 7;
/// Between two invitations of one of them.
const PAUSE: Duration = Duration::from_millis(150);
/// Rows of a spreadsheet, and the time from one to the next.
const ROWS: u64 = 60;
const UPLOAD_EVERY: Duration = Duration::from_secs(15);
/// Between two attempts at a call that nobody answered.
const AGAIN_AFTER: Duration = Duration::from_millis(200);
/// For one call to be answered.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// For one mail to come: longer than its worker waits for a mail server that it could not talk to five times.
const MAIL_PATIENCE: Duration = Duration::from_secs(8 * 60);

/// Works until then, and until what was begun is done.
///
/// # Errors
/// No token can be had.
pub(crate) async fn run(place: &Place, end: &End) -> anyhow::Result<Ledger> {
    let inviting = try_join_all((0..INVITERS).map(|number| invite(place, number, end)));
    let (inviters, mut ledger) = tokio::try_join!(inviting, upload(place, end))?;
    for one in inviters {
        ledger.add(one);
    }
    Ok(ledger)
}

/// What an invitee is to do when their mail has come.
struct Intention {
    invitation: String,
    address: String,
    last_act: LastAct,
}

async fn invite(place: &Place, inviter: u64, end: &End) -> anyhow::Result<Ledger> {
    let owner = place.person(OWNER)?;
    let (mut ledger, mut intentions) = (Ledger::default(), Vec::new());
    for number in 0.. {
        if number >= LEAST && end.has_come() {
            break;
        }
        // No mail server takes mail to one of them.
        let top = if number % 7 == 6 { NO_MAIL } else { ".test" };
        let address = format!("proven-{inviter}-{number}.{}@example{top}", place.run);
        let request = CreateInvitationRequest {
            parent: place.organization.clone(),
            invitation: Some(Invitation {
                address: address.clone(),
                groups: vec![place.group.clone()],
                ..Invitation::default()
            }),
            request_id: request_id(),
        };
        if let Some(invitation) = create(&owner, &mut ledger.calls, &request).await {
            // One is cancelled at once, one declines, three accept, one says nothing, and one does not hear of it.
            match number % 7 {
                0 => cancel(&owner, &mut ledger, invitation, address, request).await,
                last_act => {
                    let last_act = match last_act {
                        1 => LastAct::Declined,
                        2..=4 => LastAct::Accepted,
                        _ => LastAct::Waiting,
                    };
                    intentions.push(Intention {
                        invitation: invitation.clone(),
                        address: address.clone(),
                        last_act,
                    });
                    let last_act = LastAct::Waiting;
                    ledger.invitations.insert(
                        invitation,
                        Invited {
                            request,
                            address,
                            last_act,
                        },
                    );
                }
            }
        }
        follow(place, &mut ledger, &mut intentions).await?;
        sleep(PAUSE).await;
    }
    let began = Instant::now();
    while !intentions.is_empty() && began.elapsed() < MAIL_PATIENCE {
        follow(place, &mut ledger, &mut intentions).await?;
        sleep(PAUSE).await;
    }
    let without_link = intentions.into_iter().map(|it| it.invitation);
    ledger.without_link.extend(without_link);
    Ok(ledger)
}

/// Those do what they intend whose mail has come.
async fn follow(place: &Place, ledger: &mut Ledger, intentions: &mut Vec<Intention>) -> anyhow::Result<()> {
    let mut left = Vec::new();
    for intention in intentions.drain(..) {
        let token = match intention.last_act {
            LastAct::Waiting => continue,
            _ => mail::token(place, &intention.address).await,
        };
        // The inbox may be away for a moment, as everything here.
        let Ok(Some(token)) = token else {
            left.push(intention);
            continue;
        };
        let invitee = place.person(&intention.address)?;
        let done = match intention.last_act {
            LastAct::Declined => decline(&invitee, &mut ledger.calls, token).await,
            _ => accept(&invitee, &mut ledger.calls, token).await,
        };
        let invited = ledger.invitations.get_mut(&intention.invitation);
        let invited = invited.context("an invitation is missing in the ledger")?;
        if done.is_some() {
            invited.last_act = intention.last_act;
        }
    }
    *intentions = left;
    Ok(())
}

async fn create(owner: &Client, calls: &mut Calls, request: &CreateInvitationRequest) -> Option<String> {
    let send = async |client, request| {
        InvitationServiceClient::new(client)
            .create_invitation(request)
            .await
    };
    let created = persist(calls, async || call(owner, request.clone(), send).await).await;
    Some(created?.invitation?.name)
}

async fn cancel(
    owner: &Client,
    ledger: &mut Ledger,
    invitation: String,
    address: String,
    request: CreateInvitationRequest,
) {
    let cancelling = CancelInvitationRequest {
        name: invitation.clone(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        InvitationServiceClient::new(client)
            .cancel_invitation(request)
            .await
    };
    let cancelled = persist(&mut ledger.calls, async || {
        call(owner, cancelling.clone(), send).await
    })
    .await;
    let last_act = cancelled.map_or(LastAct::Waiting, |_| LastAct::Cancelled);
    ledger.invitations.insert(
        invitation,
        Invited {
            request,
            address,
            last_act,
        },
    );
}

/// Accepts an invitation by the token of its link; `None` when that was refused.
pub(crate) async fn accept(invitee: &Client, calls: &mut Calls, token: String) -> Option<()> {
    let request = AcceptInvitationRequest {
        token,
        request_id: request_id(),
    };
    let send = async |client, request| {
        InvitationRedemptionServiceClient::new(client)
            .accept_invitation(request)
            .await
    };
    persist(calls, async || call(invitee, request.clone(), send).await)
        .await
        .map(drop)
}

async fn decline(invitee: &Client, calls: &mut Calls, token: String) -> Option<()> {
    let request = DeclineInvitationRequest {
        token,
        do_not_invite_again: false,
        request_id: request_id(),
    };
    let send = async |client, request| {
        InvitationRedemptionServiceClient::new(client)
            .decline_invitation(request)
            .await
    };
    persist(calls, async || call(invitee, request.clone(), send).await)
        .await
        .map(drop)
}

/// Spreadsheets, one after the other.
async fn upload(place: &Place, end: &End) -> anyhow::Result<Ledger> {
    let owner = place.person(OWNER)?;
    let mut ledger = Ledger::default();
    for number in 0_u64.. {
        let addresses: Vec<String> = (0..ROWS)
            .map(|row| format!("listed-{number}-{row}.{}@example.test", place.run))
            .collect();
        let rows: String = addresses
            .iter()
            .map(|address| format!("{address},Lead Teachers\r\n"))
            .collect();
        let file = format!("email,groups\r\n{rows}");
        let messages = import::messages(&place.organization, "staff.csv", file.as_bytes());
        let send = async |client, messages| ImportServiceClient::new(client).upload_import(messages).await;
        let calls = &mut ledger.calls;
        let uploaded = persist(calls, async || {
            call_with_stream(&owner, messages.clone(), send).await
        })
        .await;
        if let Some(preview) = uploaded.and_then(|uploaded| uploaded.import) {
            let request = ApproveImportRequest {
                name: preview.name.clone(),
                etag: preview.etag,
                request_id: request_id(),
                send_time: None,
            };
            let send = async |client, request| ImportServiceClient::new(client).approve_import(request).await;
            let approved = persist(calls, async || call(&owner, request.clone(), send).await).await;
            if approved.is_some() {
                ledger.imports.push(Imported {
                    name: preview.name,
                    addresses,
                });
            }
        }
        if end.comes_within(UPLOAD_EVERY) {
            break;
        }
        sleep(UPLOAD_EVERY).await;
        if end.has_come() {
            break;
        }
    }
    Ok(ledger)
}

/// Sends the same request again until somebody answers: that is what a request id is for. `None` when it was refused, which
/// nothing here should be.
async fn persist<R>(calls: &mut Calls, mut send: impl AsyncFnMut() -> Result<R, CallError>) -> Option<R> {
    let began = Instant::now();
    loop {
        let failed = match send().await {
            Ok(answer) => {
                calls.answered += 1;
                calls.took.push(began.elapsed());
                return Some(answer);
            }
            Err(failed) => failed,
        };
        if !is_away(&failed) || began.elapsed() > PATIENCE {
            calls.unexpected.push(failed.to_string());
            return None;
        }
        calls.repeated += 1;
        sleep(AGAIN_AFTER).await;
    }
}

/// Whether nobody answered, or nobody could: the broken connection has no reason of ours.
fn is_away(failed: &CallError) -> bool {
    let nobody_answered =
        failed.reason().is_none() && matches!(failed.code(), Code::Unknown | Code::Internal);
    let busy = [
        Code::Unavailable,
        Code::DeadlineExceeded,
        Code::Cancelled,
        Code::ResourceExhausted,
    ];
    nobody_answered || busy.contains(&failed.code())
}
