//! What a mail server's replies mean, in every form that servers give them, at every phase.

use muster_notification::domain::Outcome;

use crate::sending::{client, message, send};
use crate::smtp_server::{Phase, SmtpServer};

/// The forms of a reply with this code: any text or none, any bytes, one line or many (RFC 5321, section 4.2).
fn forms(code: &str) -> Vec<Vec<u8>> {
    let mut forms: Vec<Vec<u8>> = [
        "",
        " ",
        " ok",
        "ok",
        " 9.9.9 no status",
        "-a\r\n#",
        "-\r\n#-a\r\n# b",
    ]
    .iter()
    .map(|text| format!("{code}{}\r\n", text.replace('#', code)).into_bytes())
    .collect();
    forms.push(format!("{code} line feed alone\n").into_bytes());
    forms.push(format!("{code} {}\r\n", "long ".repeat(500)).into_bytes());
    // Latin-1, GBK, control characters.
    for text in [&b"Gr\xfc\xdf Gott"[..], b"\xc4\xe3\xba\xc3", b"\0\x1b[2J"] {
        forms.push([code.as_bytes(), b" ", text, b"\r\n"].concat());
        let lines = [b"-", text, b"\r\n", code.as_bytes(), b" ", text, b"\r\n"].concat();
        forms.push([code.as_bytes(), &lines].concat());
    }
    forms
}

/// What is no reply, with which nothing definite was said.
fn nonsense() -> Vec<Vec<u8>> {
    [
        "\r\n",
        "25\r\n",
        "2500 ok\r\n",
        "HTTP/1.1 400 Bad Request\r\n",
        "250-ok\r\n550 or not\r\n",
        "999 ?\r\n",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect()
}

/// Sends one message to a server that answers like this at this phase.
async fn outcome(phase: Phase, reply: Vec<u8>, pipelining: bool) -> (Outcome, usize) {
    let server = server(pipelining).await;
    if phase == Phase::Helo {
        server.answer(Phase::Ehlo, "502 5.5.1 what is EHLO\r\n");
    }
    server.answer(phase, reply);
    let outcome = send(&client(&server), &message()).await;
    (outcome, server.taken().len())
}

async fn server(pipelining: bool) -> SmtpServer {
    let server = SmtpServer::start().await;
    if pipelining {
        server.offer(["PIPELINING", "SIZE 100000"]);
    }
    server
}

const ENVELOPE: [Phase; 3] = [Phase::Mail, Phase::Rcpt, Phase::Data];
const BEGINNING: [Phase; 3] = [Phase::Greeting, Phase::Ehlo, Phase::Helo];

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_is_a_yes_in_any_form_at_any_phase() {
    for phase in [BEGINNING.as_slice(), &ENVELOPE, &[Phase::AfterDot]].concat() {
        let code = match phase {
            Phase::Greeting => "220",
            Phase::Data => "354",
            _ => "250",
        };
        for reply in forms(code) {
            for pipelining in [false, true] {
                let (outcome, taken) = outcome(phase, reply.clone(), pipelining).await;
                assert_eq!(
                    (outcome.word(), taken),
                    ("taken", 1),
                    "{phase:?} {reply:?} {pipelining}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_a_no_in_any_form_at_any_phase() {
    for phase in [BEGINNING.as_slice(), &ENVELOPE, &[Phase::AfterDot]].concat() {
        for (code, word) in [("451", "postponed"), ("550", "refused")] {
            // EHLO that is refused for good is followed by HELO.
            let word = match phase {
                Phase::Ehlo if code == "550" => "taken",
                phase if BEGINNING.contains(&phase) => "unreachable",
                _ => word,
            };
            for reply in forms(code) {
                for pipelining in [false, true] {
                    let (outcome, taken) = outcome(phase, reply.clone(), pipelining).await;
                    let expected = (word, usize::from(word == "taken"));
                    assert_eq!(
                        (outcome.word(), taken),
                        expected,
                        "{phase:?} {reply:?} {pipelining}"
                    );
                    assert!(word == "taken" || outcome.reply().unwrap().to_string().starts_with(code));
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_after_the_dot_nonsense_leaves_a_doubt() {
    for reply in nonsense() {
        for pipelining in [false, true] {
            for phase in [BEGINNING.as_slice(), &ENVELOPE].concat() {
                let (outcome, _) = outcome(phase, reply.clone(), pipelining).await;
                let word = if BEGINNING.contains(&phase) {
                    "unreachable"
                } else {
                    "broken"
                };
                assert_eq!(outcome.word(), word, "{phase:?} {reply:?} {pipelining}");
            }
            let (outcome, _) = outcome(Phase::AfterDot, reply.clone(), pipelining).await;
            assert_eq!(outcome, Outcome::Ambiguous, "{reply:?} {pipelining}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_know_ehlo_is_greeted_with_helo() {
    let server = server(false).await;
    server.answer(Phase::Ehlo, "502 5.5.1 what is EHLO\r\n");
    assert_eq!(send(&client(&server), &message()).await.word(), "taken");
    let verbs: Vec<String> = server
        .commands()
        .iter()
        .map(|command| command[..4].to_owned())
        .collect();
    assert_eq!(verbs, ["EHLO", "HELO", "MAIL", "RCPT", "DATA"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_go_together_where_the_server_takes_them_so() {
    let server = server(true).await;
    let smtp = client(&server);
    for _ in 0..3 {
        assert_eq!(send(&smtp, &message()).await.word(), "taken");
    }
    assert_eq!(server.connections(), 1);
    assert!(
        server
            .commands()
            .iter()
            .any(|command| command.ends_with("> SIZE=25")),
        "{:?}",
        server.commands()
    );
}

/// Such a server still waits for a message when it has refused the only recipient: it gets none.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recipient_is_refused_whatever_is_said_to_data() {
    let server = server(true).await;
    server.answer(Phase::Rcpt, "550 5.1.1 nobody\r\n");
    server.take_nobody();
    let smtp = client(&server);
    assert_eq!(send(&smtp, &message()).await.word(), "refused");
    server.has_ended().await;
    server.answer(Phase::Rcpt, "250 ok\r\n");
    assert_eq!(send(&smtp, &message()).await.word(), "taken");
    assert_eq!((server.connections(), server.taken().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_before_the_dot_is_definite_and_the_dot_is_not_written() {
    for (early, word) in [
        ("452 4.3.1 full\r\n", "postponed"),
        ("552 5.3.4 too large\r\n", "refused"),
        ("250 ok\r\n", "broken"),
    ] {
        let server = server(true).await;
        server.answer(Phase::Data, ["354 go\r\n", early].concat());
        assert_eq!(send(&client(&server), &message()).await.word(), word, "{early}");
        server.has_ended().await;
        assert!(server.taken().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_server_calls_too_large_is_not_offered() {
    let server = server(true).await;
    server.offer(["SIZE 20"]);
    assert_eq!(send(&client(&server), &message()).await, Outcome::Unmailable);
    assert!(
        server
            .commands()
            .iter()
            .all(|command| !command.starts_with("MAIL"))
    );
}
