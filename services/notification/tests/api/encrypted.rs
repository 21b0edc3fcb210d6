//! The same under TLS: every fault at every phase, what nobody on the way may read, and whom is not believed.

use std::time::Duration;

use muster_clock::Clock;
use muster_notification::domain::Outcome;
use muster_notification::mails::Rendered;
use muster_notification::smtp::{Roots, Smtp};

use crate::certified::Certified;
use crate::sending::{client, client_of, long_message, message, options, send, send_when};
use crate::smtp_server::{Fault, Mode, Phase, SmtpServer};

const MODES: [Mode; 3] = [Mode::Plain, Mode::StartTls, Mode::Implicit];
const ENCRYPTED: [Mode; 2] = [Mode::StartTls, Mode::Implicit];

/// What becomes of a message with these faults, and how many copies the server has then.
const FAULTS: [(Fault, &str, usize); 15] = [
    (Fault::None, "taken", 1),
    (Fault::Mail("550 5.7.1 no"), "refused", 0),
    (Fault::Mail("451 4.7.1 later"), "postponed", 0),
    (Fault::Rcpt("550 5.1.1 nobody"), "refused", 0),
    (Fault::Rcpt("451 4.7.1 later"), "postponed", 0),
    (Fault::CutAtRcpt, "broken", 0),
    (Fault::Data("550 5.7.1 no"), "refused", 0),
    (Fault::Data("451 4.7.1 later"), "postponed", 0),
    (Fault::CutBeforeDot, "broken", 0),
    (Fault::CutAfterDot, "ambiguous", 1),
    (Fault::CutAfterDotNotTaken, "ambiguous", 0),
    (Fault::AfterDot("550 5.7.1 spam"), "refused", 0),
    (Fault::AfterDot("451 4.7.1 later"), "postponed", 0),
    (Fault::Held("250 2.0.0 too late"), "ambiguous", 1),
    (Fault::Nonsense, "ambiguous", 0),
];

async fn server(mode: Mode, pipelining: bool) -> SmtpServer {
    let server = SmtpServer::encrypted(mode).await;
    if pipelining {
        server.offer(["PIPELINING"]);
    }
    server
}

/// Sends a message whose dot waits until the fault has happened, if it happens before.
async fn with(fault: Fault, server: &SmtpServer, mail: &Rendered) -> Outcome {
    server.script([fault]);
    let patience = match fault {
        Fault::Held(_) => Duration::from_secs(2),
        _ => Duration::from_secs(20),
    };
    let smtp = Smtp::new(options(&[server.url()], &server.roots(), patience));
    let at_dot = async {
        if fault == Fault::CutBeforeDot {
            server.has_cut().await;
        }
        Ok(())
    };
    send_when(&smtp, mail, at_dot).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_means_the_same_under_tls() {
    for mode in MODES {
        for pipelining in [false, true] {
            for (fault, word, taken) in FAULTS {
                let server = server(mode, pipelining).await;
                let mail = match fault {
                    // Small enough to be written whole though nobody reads on.
                    Fault::CutBeforeDot => Rendered {
                        bytes: long_message().bytes[..8000].to_vec(),
                        ..message()
                    },
                    _ => long_message(),
                };
                let outcome = with(fault, &server, &mail).await;
                let seen = (outcome.word(), server.taken().len());
                assert_eq!(seen, (word, taken), "{mode:?} {pipelining} {fault:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_arrives_whole_and_a_connection_carries_many() {
    for mode in MODES {
        let server = server(mode, true).await;
        let smtp = client(&server);
        for _ in 0..3 {
            assert_eq!(send(&smtp, &long_message()).await.word(), "taken", "{mode:?}");
        }
        assert_eq!(server.connections(), 1, "{mode:?}");
        assert!(
            server
                .taken()
                .iter()
                .all(|taken| taken.bytes == long_message().bytes)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dot_that_is_withheld_is_never_written_under_tls() {
    for mode in ENCRYPTED {
        let server = server(mode, false).await;
        let outcome = send_when(&client(&server), &message(), async { Err(()) }).await;
        assert_eq!(outcome, Outcome::Stopped);
        server.has_ended().await;
        assert!(server.taken().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_before_the_dot_is_heard_under_tls() {
    for mode in ENCRYPTED {
        let server = server(mode, false).await;
        server.answer(Phase::Data, "354 go\r\n452 4.3.1 full\r\n");
        assert_eq!(
            send(&client(&server), &message()).await.word(),
            "postponed",
            "{mode:?}"
        );
        server.has_ended().await;
        assert!(server.taken().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_closed_meanwhile_costs_nothing_under_tls() {
    for mode in ENCRYPTED {
        let server = server(mode, false).await;
        let smtp = client(&server);
        for connections in 1..=2 {
            assert_eq!(send(&smtp, &message()).await.word(), "taken", "{mode:?}");
            assert_eq!(server.connections(), connections);
            server.close().await;
            server.reopen().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_mail_travels_readable() {
    for (mode, readable) in [
        (Mode::StartTls, vec!["EHLO muster.test", "STARTTLS"]),
        (Mode::Implicit, vec![]),
    ] {
        let server = server(mode, true).await;
        assert_eq!(send(&client(&server), &message()).await.word(), "taken");
        assert_eq!(server.readable(), readable);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_nothing_is_sent_where_it_is_required() {
    let server = server(Mode::Plain, false).await;
    for starttls in [false, true] {
        if starttls {
            server.offer(["STARTTLS"]);
            server.answer(Phase::StartTls, "454 4.7.0 not now\r\n");
        }
        let smtp = client_of(&[format!("{}?tls=required", server.url())], Roots::default());
        assert_eq!(send(&smtp, &message()).await.word(), "unreachable");
    }
    assert!(
        server
            .commands()
            .iter()
            .all(|command| !command.starts_with("MAIL"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn opportunistic_means_tls_where_it_is_offered() {
    for mode in [Mode::Plain, Mode::StartTls] {
        let server = server(mode, false).await;
        let url = server.url().replace("?tls=required", "");
        let smtp = client_of(&[format!("{url}?tls=opportunistic")], server.roots());
        assert_eq!(send(&smtp, &message()).await.word(), "taken", "{mode:?}");
        let mail_was_readable = server
            .readable()
            .iter()
            .any(|command| command.starts_with("MAIL"));
        assert_eq!(mail_was_readable, mode == Mode::Plain);
    }
}

/// Whoever sits on the way could otherwise say, in clear text, what is then taken for the server's word.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_tls_began_is_not_believed() {
    let server = server(Mode::StartTls, false).await;
    server.answer(Phase::StartTls, "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n");
    assert_eq!(
        send(&client(&server), &message()).await,
        Outcome::Unreachable(None)
    );
    assert_eq!(server.commands(), ["EHLO muster.test", "STARTTLS"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_does_not_fit_gets_no_mail() {
    let here = ["127.0.0.1"];
    let yesterday = Clock::system().now() - time::Duration::hours(24);
    let expired = Certified::until(&here, time::Duration::hours(-1));
    let expired_roots = Roots::of(expired.certificate.as_bytes(), yesterday).unwrap();
    let elsewhere = Certified::of(&["mail.elsewhere.example", "127.0.0.2"]);
    let elsewhere_roots = elsewhere.roots();
    for mode in ENCRYPTED {
        for (certified, roots) in [
            (Certified::of(&here), Roots::default()),
            (Certified::of(&here), Certified::of(&here).roots()),
            (elsewhere.clone(), elsewhere_roots.clone()),
            (expired.clone(), expired_roots.clone()),
        ] {
            let server = SmtpServer::showing(mode, certified).await;
            let outcome = send(&client_of(&[server.url()], roots), &message()).await;
            assert_eq!(outcome, Outcome::Unreachable(None), "{mode:?}");
            assert!(
                server
                    .commands()
                    .iter()
                    .all(|command| !command.starts_with("MAIL"))
            );
        }
    }
}
