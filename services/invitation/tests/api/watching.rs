//! Changes of invitations as a stream.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_identity::Role;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    InvitationState as S, ListInvitationsRequest, WatchInvitationsRequest, WatchInvitationsResponse,
};
use muster_testkit::TestCaller;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

use crate::cancel::cancel;
use crate::fixture::{Fixture, reason};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SOON: Duration = Duration::from_secs(20);

async fn watch_as(
    fixture: &Fixture,
    who: TestCaller,
    resume_token: &str,
) -> Result<Streaming<WatchInvitationsResponse>, Status> {
    let request = WatchInvitationsRequest {
        parent: fixture.parent(),
        resume_token: resume_token.to_owned(),
    };
    let mut client = InvitationServiceClient::new(fixture.as_who(who));
    Ok(client.watch_invitations(request).await?.into_inner())
}

async fn watch(fixture: &Fixture, resume_token: &str) -> Streaming<WatchInvitationsResponse> {
    watch_as(fixture, fixture.owner(), resume_token).await.unwrap()
}

/// The next message.
async fn next(stream: &mut Streaming<WatchInvitationsResponse>) -> WatchInvitationsResponse {
    let message = timeout(SOON, stream.message()).await;
    message
        .expect("nothing was said")
        .unwrap()
        .expect("the stream ended")
}

/// What is known of the invitations: the last that was told of each.
type Known = BTreeMap<String, S>;

/// Takes messages until all this is known; the last token. What was changed a moment before the stream began may be told as well:
/// somebody else's transaction was still running then.
async fn until(stream: &mut Streaming<WatchInvitationsResponse>, known: &mut Known, all: &Known) -> String {
    loop {
        let told = next(stream).await;
        for invitation in told.invitations {
            known.insert(invitation.name.clone(), invitation.state());
        }
        if all.iter().all(|(name, state)| known.get(name) == Some(state)) {
            return told.resume_token;
        }
    }
}

async fn invite(fixture: &Fixture, who: &str) -> String {
    let address = format!("{who}@example.com");
    loop {
        match fixture.create(&address, &[&fixture.nurses]).await {
            // A machine that tells a thousand may take longer than a call has. Whoever is invited already is told of once more.
            Err(status) if status.code() == Code::DeadlineExceeded => {}
            answered => return answered.unwrap().name,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_told_and_a_stream_is_resumed_where_it_ended() {
    let fixture = Fixture::new().await;
    let before = invite(&fixture, "before").await;
    let mut stream = watch(&fixture, "").await;
    let first = next(&mut stream).await;
    assert!(!first.resume_token.is_empty());
    let ada = invite(&fixture, "ada").await;
    let (mut known, mut all) = (Known::new(), Known::from([(ada.clone(), S::Prospect)]));
    let token = until(&mut stream, &mut known, &all).await;
    cancel(&fixture, &ada).await.unwrap();
    all.insert(ada.clone(), S::Cancelled);
    until(&mut stream, &mut known, &all).await;
    drop(stream);
    let bob = invite(&fixture, "bob").await;
    all.insert(bob.clone(), S::Prospect);
    let mut resumed = watch(&fixture, &token).await;
    let mut again = Known::new();
    let later = until(&mut resumed, &mut again, &all).await;
    again.remove(&before);
    assert_eq!(
        again, all,
        "what was told after the token, and what happened meanwhile"
    );
    fixture
        .accept(TestCaller::person("bob"), &fixture.token(&bob).await)
        .await
        .unwrap();
    let mut resumed = watch(&fixture, &later).await;
    let mut again = Known::new();
    until(&mut resumed, &mut again, &Known::from([(bob, S::Active)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_its_callers_and_good_for_a_week() {
    let mut fixture = Fixture::new().await;
    let mut stream = watch(&fixture, "").await;
    let token = next(&mut stream).await.resume_token;
    drop(stream);
    let other = TestCaller::member("admin", fixture.organization, Role::Admin);
    for foreign in [
        watch_as(&fixture, other, &token).await,
        watch_as(&fixture, fixture.owner(), "made up").await,
    ] {
        assert_eq!(reason(foreign), R::WatchHistoryLost);
    }
    fixture.later(7 * DAY - Duration::from_secs(60)).await;
    let mut stream = watch(&fixture, &token).await;
    assert!(!next(&mut stream).await.resume_token.is_empty());
    drop(stream);
    fixture.later(Duration::from_secs(120)).await;
    let late = watch_as(&fixture, fixture.owner(), &token).await;
    let late = late.unwrap_err();
    assert_eq!(late.code(), tonic::Code::OutOfRange);
    assert_eq!(reason(Err::<(), _>(late)), R::WatchHistoryLost);

    let other = fixture.new_organization("somebody").await;
    let organization = std::mem::replace(&mut fixture.organization, other);
    let mut stream = watch(&fixture, "").await;
    let token = next(&mut stream).await.resume_token;
    fixture.organization = organization;
    let elsewhere = watch_as(&fixture, fixture.owner(), &token).await;
    assert_eq!(reason(elsewhere), R::WatchHistoryLost);
}

/// The table as `pg_restore` makes it again from an older copy: what happened since is gone.
#[tokio::test(flavor = "multi_thread")]
async fn once_the_database_was_restored_nobody_goes_on_as_if_nothing_had_happened() {
    let fixture = Fixture::new().await;
    let ada = invite(&fixture, "ada").await;
    fixture
        .database
        .execute(
            "CREATE TABLE copy (LIKE invitations INCLUDING ALL); INSERT INTO copy SELECT * FROM invitations",
        )
        .await;
    let mut stream = watch(&fixture, "").await;
    next(&mut stream).await;
    cancel(&fixture, &ada).await.unwrap();
    let token = until(
        &mut stream,
        &mut Known::new(),
        &Known::from([(ada, S::Cancelled)]),
    )
    .await;
    fixture
        .database
        .execute("ALTER TABLE invitations RENAME TO lost; ALTER TABLE copy RENAME TO invitations")
        .await;
    let ended = loop {
        match timeout(SOON, stream.message()).await.expect("nothing was said") {
            Ok(message) => assert!(message.is_some(), "the stream ended as if that was all"),
            Err(status) => break status,
        }
    };
    assert_eq!(ended.code(), tonic::Code::OutOfRange);
    assert_eq!(reason(Err::<(), _>(ended)), R::WatchHistoryLost);
    let resumed = watch_as(&fixture, fixture.owner(), &token).await;
    assert_eq!(
        reason(resumed),
        R::WatchHistoryLost,
        "although it is behind the database"
    );
    let mut anew = watch(&fixture, "").await;
    assert!(!next(&mut anew).await.resume_token.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_change_there_is_a_fresh_token_every_ten_seconds() {
    let fixture = Fixture::new().await;
    let mut stream = watch(&fixture, "").await;
    next(&mut stream).await;
    let begin = std::time::Instant::now();
    let beat = next(&mut stream).await;
    assert!(beat.invitations.is_empty());
    let waited = begin.elapsed();
    assert!((9..=15).contains(&waited.as_secs()), "after {waited:?}");
}

/// What is listed after the first message, with what the stream tells then, is what there is: whoever is cut off at random resumes, and
/// transactions that began early and end late are among those who write.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_and_what_was_told_since_are_all_there_is_however_many_write() {
    const WRITERS: usize = 4;
    const ROUNDS: usize = 25;
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 100_000).await;
    let watching = (0..8).map(|number| {
        let fixture = &fixture;
        async move {
            let mut stream = watch(fixture, "").await;
            next(&mut stream).await;
            let mut known = listed(fixture).await;
            for round in 0_usize.. {
                let told = next(&mut stream).await;
                let token = told.resume_token;
                for invitation in told.invitations {
                    known.insert(invitation.address.clone(), invitation.state());
                }
                let is_known = |writer| known.contains_key(&format!("done-{writer}@example.com"));
                if (0..WRITERS).all(is_known) {
                    break;
                }
                if (round + number) % 3 == 0 {
                    stream = watch(fixture, &token).await;
                }
            }
            known
        }
    });
    let writing = (0..WRITERS).map(|writer| {
        let fixture = &fixture;
        async move {
            for round in 0..ROUNDS {
                let name = invite(fixture, &format!("l{writer}-{round}")).await;
                if round % 2 == 0 {
                    cancel(fixture, &name).await.unwrap();
                }
            }
        }
    });
    let late = async {
        // A transaction that has its number before those of the others, and writes after them.
        let mut connection = fixture.database.connection().await;
        sqlx::raw_sql("BEGIN; SELECT pg_current_xact_id()")
            .execute(&mut connection)
            .await
            .unwrap();
        futures::future::join_all(writing).await;
        sqlx::raw_sql(
            "UPDATE invitations SET version = version + 1, state = 'PENDING' WHERE address_given = 'l0-1@example.com';
             COMMIT",
        )
        .execute(&mut connection)
        .await
        .unwrap();
        for writer in 0..WRITERS {
            invite(&fixture, &format!("done-{writer}")).await;
        }
    };
    let (known, ()) = tokio::join!(futures::future::join_all(watching), late);
    let all = listed(&fixture).await;
    assert_eq!(all["l0-1@example.com"], S::Pending);
    assert_eq!(all.len(), WRITERS * (ROUNDS + 1));
    for known in known {
        assert_eq!(known, all);
    }
}

async fn listed(fixture: &Fixture) -> Known {
    let mut request = ListInvitationsRequest {
        parent: fixture.parent(),
        page_size: 1000,
        ..Default::default()
    };
    let mut all = Known::new();
    loop {
        let page = fixture
            .invitations()
            .list_invitations(request.clone())
            .await
            .unwrap();
        let page = page.into_inner();
        for invitation in page.invitations {
            all.insert(invitation.address.clone(), invitation.state());
        }
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

/// Of fifty who watch, a third is cut off again and again, and a third reads nothing for five seconds.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_are_cut_off_or_stall_know_in_the_end_what_there_is() {
    const WATCHERS: usize = 50;
    const CHANGES: usize = 600;
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 100_000).await;
    let mut random = StdRng::seed_from_u64(11);
    let watching = (0..WATCHERS).map(|number| {
        let fixture = &fixture;
        let seed = random.random();
        async move {
            let mut random = StdRng::seed_from_u64(seed);
            let mut stream = watch(fixture, "").await;
            next(&mut stream).await;
            let mut known = listed(fixture).await;
            for round in 0_usize.. {
                if number % 3 == 1 && round == 1 {
                    tokio::time::sleep(Duration::from_secs(5)).await;
                }
                let told = next(&mut stream).await;
                for invitation in told.invitations {
                    known.insert(invitation.address.clone(), invitation.state());
                }
                if known.contains_key("done@example.com") {
                    break;
                }
                if number % 3 == 2 && random.random_range(0..4) == 0 {
                    stream = watch(fixture, &told.resume_token).await;
                }
            }
            known
        }
    });
    let writing = async {
        let begin = std::time::Instant::now();
        let changing = (0..8).map(|writer| {
            let fixture = &fixture;
            async move {
                for round in 0..CHANGES / 8 / 2 {
                    let name = invite(fixture, &format!("l{writer}-{round}")).await;
                    cancel(fixture, &name).await.unwrap();
                }
            }
        });
        futures::future::join_all(changing).await;
        println!("{:.0} changes/s", CHANGES as f64 / begin.elapsed().as_secs_f64());
        invite(&fixture, "done").await;
    };
    let (known, ()) = tokio::join!(futures::future::join_all(watching), writing);
    let all = listed(&fixture).await;
    for known in known {
        assert_eq!(known, all);
    }
}

/// How much a thousand who watch slow down those who write, `cargo dev bench creates` measures. Here no write pays for each of them: it
/// would be many times slower, and not by what it takes to tell them all on the same processors.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_watchers_are_told_everything_that_is_written_meanwhile() {
    const SLOWER_AT_MOST: f64 = 4.0;
    const WATCHERS: usize = 1_000;
    const OF_A_CONNECTION: usize = 50;
    const WRITERS: usize = 8;
    const ROUNDS: usize = 25;
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 100_000).await;
    let writes = async |name: &str| {
        let begin = std::time::Instant::now();
        let writing = (0..WRITERS).map(|writer| {
            let fixture = &fixture;
            async move {
                for round in 0..ROUNDS {
                    invite(fixture, &format!("{name}-{writer}-{round}")).await;
                }
            }
        });
        futures::future::join_all(writing).await;
        (WRITERS * ROUNDS) as f64 / begin.elapsed().as_secs_f64()
    };
    writes("warm").await;
    let before = writes("before").await;
    let mut watching = tokio::task::JoinSet::new();
    let mut client = InvitationServiceClient::new(fixture.impatient(fixture.owner()));
    for number in 0..WATCHERS {
        if number % OF_A_CONNECTION == 0 {
            client = InvitationServiceClient::new(fixture.impatient(fixture.owner()));
        }
        let request = WatchInvitationsRequest {
            parent: fixture.parent(),
            ..Default::default()
        };
        let mut stream = client.watch_invitations(request).await.unwrap().into_inner();
        next(&mut stream).await;
        watching.spawn(async move {
            let mut told = 0;
            while told < WRITERS * ROUNDS {
                let message = next(&mut stream).await;
                let of_these = |address: &str| address.starts_with("watched-");
                told += message
                    .invitations
                    .iter()
                    .filter(|one| of_these(&one.address))
                    .count();
            }
        });
    }
    let watched = writes("watched").await;
    let begin = std::time::Instant::now();
    while let Some(told) = watching.join_next().await {
        told.unwrap();
    }
    let last_told = begin.elapsed();
    // Whatever else the machine does may slow down one of them.
    let alone = before.min(writes("after").await);
    println!(
        "{alone:.0} writes/s alone, {watched:.0} with {WATCHERS} watchers (x {:.2}); the last was told {last_told:?} after the last write",
        watched / alone,
    );
    assert!(
        watched * SLOWER_AT_MOST > alone,
        "{watched:.1} of {alone:.1} writes/s"
    );
}
