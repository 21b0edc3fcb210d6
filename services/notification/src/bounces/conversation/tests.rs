//! What is said, command by command.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use muster_ids::DeliveryId;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use uuid::Uuid;

use super::*;

/// Knows the addresses that begin with `known`, by the number that follows.
#[derive(Default)]
struct Mails {
    is_away: AtomicBool,
    /// Address, whether it came from nobody, and the text.
    taken: Mutex<Vec<(String, bool, String)>>,
}

impl Mailbox for Mails {
    fn copy_of(&self, address: &str) -> Option<SentCopy> {
        let number = address.strip_prefix("known")?.split('@').next()?;
        Some(SentCopy {
            delivery: DeliveryId::from_uuid(Uuid::nil()),
            number: number.parse().ok()?,
        })
    }

    async fn take(&self, mail: Returned<'_>) -> Taken {
        if self.is_away.load(Ordering::Relaxed) && mail.copy.number.is_multiple_of(2) {
            return Taken::Later;
        }
        let text = String::from_utf8_lossy(mail.mail).into_owned();
        let taken = (mail.address.to_owned(), mail.from_nobody, text);
        self.taken.lock().unwrap().push(taken);
        Taken::Done
    }
}

impl Mails {
    fn taken(&self) -> Vec<(String, bool, String)> {
        self.taken.lock().unwrap().clone()
    }
}

const NO_TLS: Session<'_> = Session {
    name: "muster.test",
    tls: TlsState::None,
};

/// What is answered to all of this, said at once, before the other side is silent for ever.
async fn said(mails: &Mails, session: Session<'_>, text: &str) -> (Vec<String>, &'static str) {
    let (theirs, ours) = tokio::io::duplex(1024 * 1024);
    let stop = CancellationToken::new();
    let conversing = async {
        match converse(ours, session, mails, &stop).await.unwrap() {
            Ended::Over => "over",
            Ended::StartTls(_) => "TLS",
        }
    };
    let (ended, replies) = tokio::join!(conversing, client(theirs, text));
    (replies, ended)
}

/// Says all of it at once, and hears what is said until the other side hangs up.
async fn client(mut stream: DuplexStream, text: &str) -> Vec<String> {
    stream.write_all(text.as_bytes()).await.unwrap();
    heard(&mut stream).await
}

async fn heard(stream: &mut DuplexStream) -> Vec<String> {
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    heard.lines().map(str::to_owned).collect()
}

/// The codes of replies, without the lines that go on.
fn codes(replies: &[String]) -> Vec<&str> {
    let last = replies
        .iter()
        .filter(|line| line.as_bytes().get(3) == Some(&b' '));
    last.map(|line| &line[..3]).collect()
}

#[tokio::test(start_paused = true)]
async fn a_report_is_handed_in_by_lmtp_with_all_said_at_once() {
    let mails = Mails::default();
    let text = "LHLO mx.example\r\nMAIL FROM:<> SIZE=100\r\nRCPT TO:<known1@m.example>\r\nRCPT TO:<other@m.example>\r\n\
                RCPT TO:<known3@m.example>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n";
    let (replies, ended) = said(&mails, NO_TLS, text).await;
    assert_eq!(
        codes(&replies),
        [
            "220", "250", "250", "250", "550", "250", "354", "250", "250", "221"
        ]
    );
    assert_eq!(ended, "over");
    let mail = |address: &str| (address.to_owned(), true, "Subject: x\r\n\r\n.dot\r\n".to_owned());
    assert_eq!(
        mails.taken(),
        [mail("known1@m.example"), mail("known3@m.example")]
    );
    for extension in [
        "250-PIPELINING",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-SIZE 16777216",
    ] {
        assert!(replies.iter().any(|line| line == extension), "{extension}");
    }
    assert!(replies.iter().all(|line| !line.contains("STARTTLS")));
}

#[tokio::test(start_paused = true)]
async fn who_speaks_smtp_hears_one_word_of_all() {
    let mails = Mails::default();
    let mail =
        "MAIL FROM:<>\r\nRCPT TO:<known1@m.example>\r\nRCPT TO:<known2@m.example>\r\nDATA\r\n\r\n.\r\n";
    for (hello, is_away, expected) in [
        ("EHLO a", false, &["250"][..]),
        ("HELO a", false, &["250"][..]),
        ("EHLO a", true, &["451"][..]),
        ("LHLO a", true, &["250", "451"][..]),
    ] {
        mails.is_away.store(is_away, Ordering::Relaxed);
        let (replies, _) = said(&mails, NO_TLS, &format!("{hello}\r\n{mail}QUIT\r\n")).await;
        let codes = codes(&replies);
        assert_eq!(codes[6..codes.len() - 1], *expected, "{hello}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_connection_takes_many_mails() {
    let mails = Mails::default();
    let mail = "MAIL FROM:<ada@a.example>\r\nRCPT TO:<known1@m.example>\r\nDATA\r\n\r\n.\r\n".repeat(30);
    let (replies, _) = said(&mails, NO_TLS, &format!("LHLO a\r\n{mail}QUIT\r\n")).await;
    assert!(codes(&replies).iter().all(|code| !code.starts_with(['4', '5'])));
    assert_eq!(mails.taken().len(), 30);
    assert!(mails.taken().iter().all(|(_, from_nobody, _)| !from_nobody));
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_the_wrong_order_is_refused() {
    let (hello, mail, rcpt) = ("LHLO a\r\n", "MAIL FROM:<>\r\n", "RCPT TO:<known1@m.example>\r\n");
    for (text, expected) in [
        (mail.to_owned(), "503"),
        (format!("{hello}{rcpt}"), "503"),
        (format!("{hello}DATA\r\n"), "503"),
        (format!("{hello}{mail}DATA\r\n"), "554"),
        (
            format!("{hello}{mail}RCPT TO:<other@m.example>\r\nDATA\r\n"),
            "554",
        ),
        (format!("{hello}{mail}{mail}"), "503"),
        (format!("{hello}{mail}{rcpt}RSET\r\nDATA\r\n"), "503"),
        (format!("{hello}{mail}{rcpt}{hello}DATA\r\n"), "503"),
        (format!("{hello}MAIL FROM:<> SIZE=16777217\r\n"), "552"),
        (format!("{hello}BDAT 1 LAST\r\n"), "500"),
        (format!("{hello}STARTTLS\r\n"), "502"),
        (format!("{hello}VRFY known1\r\n"), "252"),
    ] {
        let mails = Mails::default();
        let (replies, _) = said(&mails, NO_TLS, &format!("{text}QUIT\r\n")).await;
        let codes = codes(&replies);
        assert_eq!(codes[codes.len() - 2..], [expected, "221"], "{text}");
        assert!(mails.taken().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_recipients_are_to_come_apart() {
    let mails = Mails::default();
    let rcpt: String = (1..=MAX_RECIPIENTS + 1)
        .map(|number| format!("RCPT TO:<known{number}@m.example>\r\n"))
        .collect();
    let text = format!("LHLO a\r\nMAIL FROM:<>\r\n{rcpt}DATA\r\n\r\n.\r\nQUIT\r\n");
    let (replies, _) = said(&mails, NO_TLS, &text).await;
    assert_eq!(codes(&replies)[MAX_RECIPIENTS + 3], "452");
    assert_eq!(mails.taken().len(), MAX_RECIPIENTS);
}

#[tokio::test(start_paused = true)]
async fn who_is_named_again_is_read_once_and_answered_each_time() {
    let mails = Mails::default();
    let rcpt = "RCPT TO:<known1@m.example>\r\nRCPT TO:<known2@m.example>\r\n".repeat(3);
    let text = format!("LHLO a\r\nMAIL FROM:<>\r\n{rcpt}DATA\r\n\r\n.\r\nQUIT\r\n");
    mails.is_away.store(true, Ordering::Relaxed);
    let (replies, _) = said(&mails, NO_TLS, &text).await;
    let codes = codes(&replies);
    assert_eq!(codes[10..], ["250", "451", "250", "451", "250", "451", "221"]);
    assert_eq!(mails.taken().len(), 1, "the first; the second is away");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_long_too_large_or_too_often_wrong_ends_it() {
    let mails = Mails::default();
    let begin = "LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<known1@m.example>\r\nDATA\r\n";
    let large = "x".repeat(100) + "\r\n";
    let large = large.repeat(usize::try_from(MAX_MESSAGE / 102).unwrap() + 1);
    for (text, expected) in [
        ("x".repeat(3_000), "500"),
        ("WHAT\r\n".repeat(100), "421"),
        (format!("{begin}{large}.\r\nQUIT\r\n"), "552"),
    ] {
        let (theirs, ours) = tokio::io::duplex(64 * 1024);
        let (mut hear, mut speak) = tokio::io::split(theirs);
        let stop = CancellationToken::new();
        let talk = async {
            let said = speak.write_all(text.as_bytes()).await;
            said.expect("it is heard to its end, so that nothing is unread when the connection is closed");
        };
        let hear = async {
            let mut heard = String::new();
            drop(hear.read_to_string(&mut heard).await);
            heard
        };
        let (ended, (), heard) = tokio::join!(converse(ours, NO_TLS, &mails, &stop), talk, hear);
        assert!(matches!(ended.unwrap(), Ended::Over));
        assert!(heard.lines().last().unwrap().starts_with(expected), "{heard}");
    }
    assert!(mails.taken().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_is_silent_for_too_long_is_hung_up_on() {
    let mails = Mails::default();
    for (text, expected) in [
        ("", "421 4.4.2"),
        ("LHLO a\r\nMAIL", "421 4.4.2"),
        (
            "LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<known1@m.example>\r\nDATA\r\nSubject: x\r\n.",
            "421 4.4.2",
        ),
    ] {
        let (replies, ended) = said(&mails, NO_TLS, text).await;
        assert!(replies.last().unwrap().starts_with(expected), "{replies:?}");
        assert_eq!(ended, "over");
    }
    assert!(mails.taken().is_empty());
}

/// Says this every so often, so many times or until nobody listens; the last line that is heard, and when the other side hung up.
async fn said_again_and_again(mails: &Mails, text: &str, every: Duration, times: u32) -> (String, Duration) {
    let (theirs, ours) = tokio::io::duplex(1024 * 1024);
    let (mut hear, mut speak) = tokio::io::split(theirs);
    let (stop, begin) = (CancellationToken::new(), Instant::now());
    let talk = async {
        speak.write_all(b"LHLO a\r\n").await.unwrap();
        for _ in 0..times {
            speak.write_all(text.as_bytes()).await?;
            tokio::time::sleep(every).await;
        }
        speak.write_all(b"QUIT\r\n").await
    };
    let hear = async {
        let mut heard = String::new();
        hear.read_to_string(&mut heard).await.unwrap();
        (heard.lines().last().unwrap().to_owned(), begin.elapsed())
    };
    // That somebody who is hung up on cannot go on, is no fault.
    let (ended, _said, heard) = tokio::join!(converse(ours, NO_TLS, mails, &stop), talk, hear);
    assert!(matches!(ended.unwrap(), Ended::Over));
    heard
}

const MAIL: &str = "MAIL FROM:<>\r\nRCPT TO:<known1@m.example>\r\nDATA\r\nx\r\n.\r\n";

#[tokio::test(start_paused = true)]
async fn who_talks_and_hands_in_nothing_is_hung_up_on() {
    let mails = Mails::default();
    let every = Duration::from_secs(30);
    for text in [
        "NOOP\r\n",
        "RSET\r\n",
        "LHLO a\r\n",
        "VRFY a\r\n",
        "MAIL FROM:<>\r\nRCPT TO:<other@m.example>\r\nRSET\r\n",
    ] {
        let (last, after) = said_again_and_again(&mails, text, every, 100).await;
        assert!(last.starts_with("421 4.7.0"), "{text}: {last}");
        assert!(after <= IDLE_LIMIT + COMMAND_LIMIT, "{text}: {after:?}");
        // As fast as it goes.
        let (last, after) = said_again_and_again(&mails, text, Duration::ZERO, MAX_COMMANDS + 1).await;
        assert!(last.starts_with("421 4.7.0"), "{text}: {last}");
        assert!(after < IDLE_LIMIT, "{text}: {after:?}");
    }
    assert!(mails.taken().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_hands_in_mails_may_stay() {
    let mails = Mails::default();
    let (last, after) = said_again_and_again(&mails, MAIL, COMMAND_LIMIT / 2, 20).await;
    assert!(
        last.starts_with("221") && after > IDLE_LIMIT * 2,
        "{after:?}: {last}"
    );
    let (last, _) = said_again_and_again(&mails, MAIL, Duration::ZERO, MAX_COMMANDS / 2).await;
    assert!(last.starts_with("221"), "{last}");
    assert_eq!(mails.taken().len(), 20 + 500);
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_in_the_middle_has_handed_in_nothing() {
    let mails = Mails::default();
    let whole = "LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<known1@m.example>\r\nDATA\r\nx\r\n.\r\n";
    for end in 0..whole.len() {
        let (mut theirs, ours) = tokio::io::duplex(1024);
        let stop = CancellationToken::new();
        theirs.write_all(&whole.as_bytes()[..end]).await.unwrap();
        theirs.shutdown().await.unwrap();
        let ended = converse(ours, NO_TLS, &mails, &stop).await.unwrap();
        assert!(matches!(ended, Ended::Over), "{end}");
    }
    assert!(mails.taken().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_process_that_stops_says_so() {
    let mails = Mails::default();
    for text in [
        "",
        "LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<known1@m.example>\r\nDATA\r\nx\r\n",
    ] {
        let (theirs, ours) = tokio::io::duplex(1024);
        let stop = CancellationToken::new();
        let stopping = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stop.cancel();
        };
        let (ended, replies, ()) = tokio::join!(
            converse(ours, NO_TLS, &mails, &stop),
            client(theirs, text),
            stopping
        );
        assert!(matches!(ended.unwrap(), Ended::Over));
        assert!(replies.last().unwrap().starts_with("421 4.3.2"), "{replies:?}");
    }
    assert!(mails.taken().is_empty());
}

#[tokio::test(start_paused = true)]
async fn tls_begins_where_it_has_to() {
    let mails = Mails::default();
    let session = |tls| Session { tls, ..NO_TLS };
    let begin = "LHLO a\r\nMAIL FROM:<>\r\n";
    for (tls, text, expected, ended) in [
        (TlsState::Required, format!("{begin}QUIT\r\n"), "530", "over"),
        (TlsState::Offered, format!("{begin}QUIT\r\n"), "250", "over"),
        (
            TlsState::Offered,
            "LHLO a\r\nSTARTTLS\r\n".to_owned(),
            "220",
            "TLS",
        ),
        (
            TlsState::Required,
            "LHLO a\r\nSTARTTLS\r\n".to_owned(),
            "220",
            "TLS",
        ),
        (
            TlsState::Required,
            "LHLO a\r\nSTARTTLS\r\nRSET\r\n".to_owned(),
            "501",
            "over",
        ),
        (
            TlsState::Begun,
            "LHLO a\r\nSTARTTLS\r\nQUIT\r\n".to_owned(),
            "503",
            "over",
        ),
    ] {
        let (replies, ended_as) = said(&mails, session(tls), &text).await;
        let codes: Vec<_> = codes(&replies)
            .into_iter()
            .filter(|code| *code != "221")
            .collect();
        assert_eq!((*codes.last().unwrap(), ended_as), (expected, ended), "{text}");
        let offers = replies.iter().any(|line| line.contains("-STARTTLS"));
        assert_eq!(offers, tls != TlsState::Begun, "{text}");
        // What has begun is not greeted.
        assert_eq!(codes[0] == "220", tls != TlsState::Begun, "{text}");
    }
}
