//! Several mail servers, and servers with several addresses.

use muster_notification::domain::Outcome;
use muster_notification::smtp::Roots;

use crate::sending::{client_of, message, send};
use crate::smtp_server::SmtpServer;

async fn two() -> (SmtpServer, SmtpServer, [String; 2]) {
    let (first, second) = (SmtpServer::start().await, SmtpServer::start().await);
    let urls = [first.url(), second.url()];
    (first, second, urls)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preferred_server_gets_all_mail_while_it_can_be_used() {
    let (first, second, urls) = two().await;
    let smtp = client_of(&urls, Roots::default());
    for _ in 0..3 {
        assert_eq!(send(&smtp, &message()).await.word(), "taken");
    }
    assert_eq!((first.taken().len(), second.connections()), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_server_takes_the_mail_while_the_preferred_one_cannot_be_used() {
    for greeting in [
        None,
        Some("421 4.3.2 too busy"),
        Some("554 5.3.2 no service here"),
    ] {
        let (first, second, urls) = two().await;
        match greeting {
            None => first.close().await,
            Some(_) => first.greet(greeting),
        }
        let smtp = client_of(&urls, Roots::default());
        for _ in 0..3 {
            assert_eq!(send(&smtp, &message()).await.word(), "taken", "{greeting:?}");
        }
        // The first one is not asked again for every message, and the connection is kept.
        assert!(first.connections() <= 1, "{greeting:?}");
        assert_eq!(
            (first.taken().len(), second.taken().len(), second.connections()),
            (0, 3, 1)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_is_followed_by_the_next_and_the_other_way_round() {
    let (first, second, urls) = two().await;
    let smtp = client_of(&urls, Roots::default());
    assert_eq!(send(&smtp, &message()).await.word(), "taken");
    first.close().await;
    assert_eq!(send(&smtp, &message()).await.word(), "taken");
    second.close().await;
    first.reopen().await;
    assert_eq!(send(&smtp, &message()).await.word(), "taken");
    assert_eq!((first.taken().len(), second.taken().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_no_server_can_be_used_a_reply_says_more_than_none() {
    let (first, second, urls) = two().await;
    first.greet(Some("554 5.3.2 no service here"));
    second.close().await;
    let outcome = send(&client_of(&urls, Roots::default()), &message()).await;
    let Outcome::Unreachable(Some(reply)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(reply.to_string(), "554 5.3.2");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_addresses_of_a_name_are_tried() {
    // It listens on one of the addresses of this name, which often is the second.
    let server = SmtpServer::start().await;
    let url = server.url().replace("127.0.0.1", "localhost");
    assert_eq!(
        send(&client_of(&[url], Roots::default()), &message())
            .await
            .word(),
        "taken"
    );
}
