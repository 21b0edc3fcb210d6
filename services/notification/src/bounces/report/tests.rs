//! Reports as servers write them, and what is none.

use super::*;

const RETURN_PATH: &str = "bounces+7ynr3vqk5x2ayvwzbh3z7gq4m6tnp2sfl7c3wjq5d4rkeuaa@muster.example";

/// As it is kept here, with the return path in it.
fn written(text: &str) -> String {
    text.replace("bounces+TOKEN@muster.example", RETURN_PATH)
}

/// With the line ends of the Internet, as it arrives.
fn arrived(text: &str) -> Vec<u8> {
    written(text).replace('\n', "\r\n").into_bytes()
}

fn undelivered(words: &str) -> Report {
    Report::Undelivered(words.to_owned())
}

/// Each with what it comes to.
fn corpus() -> Vec<(&'static str, &'static str, Report)> {
    vec![
        (
            "Postfix",
            include_str!("corpus/postfix.eml"),
            undelivered("550 5.1.1 [...] Recipient address rejected: User unknown in local recipient table"),
        ),
        (
            "Postfix, which goes on trying",
            include_str!("corpus/postfix-delayed.eml"),
            Report::NotOver,
        ),
        (
            "Postfix, which has tried for long enough",
            include_str!("corpus/postfix-given-up.eml"),
            undelivered("4.4.1 connect to [...] Connection timed out"),
        ),
        (
            "Exim",
            include_str!("corpus/exim.eml"),
            undelivered("550 5.2.1 The mailbox of [...] is disabled"),
        ),
        (
            "Exchange",
            include_str!("corpus/exchange.eml"),
            undelivered(
                "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient [...] not found by SMTP address lookup",
            ),
        ),
        (
            "Amazon SES, of a reputation and not of a mailbox",
            include_str!("corpus/amazon-ses.eml"),
            undelivered("550 5.7.1 Message rejected due to the reputation of the sending network"),
        ),
        (
            "two of an alias, one of which may still be reached",
            include_str!("corpus/several-delayed.eml"),
            Report::NotOver,
        ),
        (
            "two of an alias, neither of which could be reached",
            include_str!("corpus/several-recipients.eml"),
            undelivered("552 5.2.2 [...] and [...] are over quota"),
        ),
        (
            "addresses outside ASCII",
            include_str!("corpus/outside-ascii.eml"),
            undelivered("550 5.1.1 [...] unbekannt bei uns"),
        ),
        (
            "an automatic answer",
            include_str!("corpus/vacation.eml"),
            Report::Unreadable,
        ),
        (
            "that somebody has read it",
            include_str!("corpus/read-receipt.eml"),
            Report::Unreadable,
        ),
        (
            "qmail, which writes for people alone",
            include_str!("corpus/words-only.eml"),
            Report::Unreadable,
        ),
    ]
}

#[test]
fn reports_of_many_servers_are_read() {
    for (which, text, expected) in corpus() {
        assert_eq!(read(&arrived(text), RETURN_PATH), expected, "{which}");
        assert_eq!(read(written(text).as_bytes(), RETURN_PATH), expected, "{which}");
    }
}

#[test]
fn long_words_are_cut_and_lines_of_a_reply_are_one() {
    let Report::Undelivered(words) = read(&arrived(include_str!("corpus/gmail.eml")), RETURN_PATH) else {
        panic!("it could not be delivered");
    };
    let begin = "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the \
                 recipient's email address";
    assert!(words.starts_with(begin), "{words}");
    assert!(words.len() < 220 && !words.contains("550-"), "{words}");
}

#[test]
fn no_address_and_no_token_is_quoted() {
    let (token, _) = ReturnPaths::hidden_of(RETURN_PATH);
    let all = corpus().into_iter().map(|(_, text, _)| text);
    let all = all.chain([include_str!("corpus/gmail.eml")]);
    for text in all.filter(|text| text.contains("ada@learners.example")) {
        for said in [
            "ada@learners.example and ADA and <ada+x@learners.example>",
            RETURN_PATH,
            token,
            "learners.example",
            "mailto:ada%40learners.example",
        ] {
            let begin = "Diagnostic-Code: smtp;";
            let text = text.replace(begin, &format!("{begin} 550 {said} "));
            if let Report::Undelivered(words) = read(&arrived(&text), RETURN_PATH) {
                let words = words.to_lowercase();
                assert!(!words.contains('@') && !words.contains(token), "{words}");
                let mut whole = words.split(|c: char| !c.is_alphanumeric());
                assert!(whole.all(|word| word != "ada" && word != "learners"), "{words}");
            }
        }
    }
}

/// A report with these groups of fields.
fn report_of(fields: &str) -> String {
    format!(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n\
         Content-Type: message/delivery-status\n\n{fields}\n--x--\n"
    )
}

#[test]
fn what_has_reached_somebody_or_still_may_has_not_come_back() {
    let recipient =
        |action: &str| format!("Final-Recipient: rfc822; ada@a.example\nAction: {action}\nStatus: 5.1.1\n");
    for (actions, expected) in [
        (vec!["failed"], undelivered("5.1.1")),
        (vec!["FAILED (for good)"], undelivered("5.1.1")),
        (vec!["failed", "failed"], undelivered("5.1.1")),
        (vec!["delayed"], Report::NotOver),
        (vec!["delivered"], Report::NotOver),
        (vec!["relayed"], Report::NotOver),
        (vec!["expanded"], Report::NotOver),
        (vec!["something new"], Report::NotOver),
        (vec!["delayed", "failed"], Report::NotOver),
        (vec!["failed", "Delayed (until tomorrow)"], Report::NotOver),
        (vec!["failed", "delivered"], Report::NotOver),
        (vec!["expanded", "failed"], Report::NotOver),
        (vec![], Report::Unreadable),
    ] {
        let groups: Vec<String> = actions.iter().map(|action| recipient(action)).collect();
        let text = report_of(&format!("Reporting-MTA: dns; m\n\n{}", groups.join("\n")));
        assert_eq!(read(text.as_bytes(), RETURN_PATH), expected, "{actions:?}");
    }
}

#[test]
fn what_is_missing_is_passed_over() {
    for (fields, expected) in [
        // Nobody is named: no word is quoted that could name them.
        (
            "\n\nAction: failed\nDiagnostic-Code: smtp; 550 5.1.1 ada left\n",
            "550 5.1.1",
        ),
        ("Action: failed\n", ""),
        ("Action: failed\nStatus: 2.0.0\n", ""),
        ("Action: failed\nStatus: five\n", ""),
        ("ACTION : failed\nSTATUS:5.4.4\n", "5.4.4"),
        (
            "Final-Recipient: <ada@a.example>\nAction: failed\nDiagnostic-Code: unknown user\n",
            "unknown user",
        ),
    ] {
        let text = report_of(fields);
        assert_eq!(
            read(text.as_bytes(), RETURN_PATH),
            undelivered(expected),
            "{fields}"
        );
    }
}

#[test]
fn what_is_cut_off_says_what_it_says() {
    for (which, text, expected) in corpus() {
        let whole = arrived(text);
        for end in 0..whole.len() {
            let cut = read(&whole[..end], RETURN_PATH);
            // The most that a piece can say wrongly is less: that there is no report, or fewer words.
            let is_less = matches!(
                (&cut, &expected),
                (Report::Unreadable, _)
                    | (Report::Undelivered(_), Report::Undelivered(_))
                    | (Report::NotOver, _)
            );
            assert!(is_less, "{which}, {end}: {cut:?}");
        }
    }
}

#[test]
fn a_report_that_is_quoted_or_attached_is_none() {
    let report = arrived(include_str!("corpus/postfix.eml"));
    let report = String::from_utf8(report).unwrap();
    for text in [
        format!("Subject: look\r\nContent-Type: message/rfc822\r\n\r\n{report}"),
        format!(
            "Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\nContent-Type: message/rfc822\r\n\r\n{report}\r\n--y--\r\n"
        ),
        format!("Subject: quoted\r\n\r\n{report}"),
        format!(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=y\r\n\r\n--y\r\n\
             Content-Type: message/rfc822\r\n\r\n{report}\r\n--y--\r\n"
        ),
    ] {
        assert_eq!(read(text.as_bytes(), RETURN_PATH), Report::Unreadable, "{text}");
    }
}

#[test]
fn a_head_may_be_long_and_its_fields_of_mime_may_not() {
    let report = report_of("Action: failed\n");
    let read = |text: &str| read(text.as_bytes(), RETURN_PATH);
    let received = "Received: from a by b\n\twith c\n".repeat(5_000);
    assert_eq!(read(&format!("{received}{report}")), undelivered(""));
    for (count, expected) in [(100, undelivered("")), (2_000, Report::Unreadable)] {
        let parameters = format!("multipart/report{}", "; a=b".repeat(count));
        assert_eq!(
            read(&report.replacen("multipart/report", &parameters, 1)),
            expected,
            "{count} parameters"
        );
        let of_the_part = format!("message/delivery-status{}", "; a=b".repeat(count));
        assert_eq!(
            read(&report.replacen("message/delivery-status", &of_the_part, 1)),
            expected,
            "{count} parameters of the part"
        );
    }
}

#[test]
fn anything_can_be_read() {
    let noise: Vec<u8> = (0..200_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(8_000);
    let deep = "Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n".repeat(5_000);
    let parts = format!(
        "Content-Type: multipart/report; boundary=x\r\n\r\n{}",
        "--x\r\nContent-Type: text/plain\r\n\r\n".repeat(5_000)
    );
    let parameters = format!(
        "Content-Type: multipart/report{}\r\n\r\n",
        "; a*1=b".repeat(30_000)
    );
    let mut mails: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\n".to_vec(),
        b"\r\n\r\n".to_vec(),
        b":".repeat(100_000),
        b"\n".repeat(200_000),
        b"x".repeat(250_000),
        b"Content-Type: multipart/report; boundary=\"\"\r\n\r\n--\r\n\r\n--\r\n".to_vec(),
        nested.into_bytes(),
        deep.into_bytes(),
        parts.into_bytes(),
        parameters.into_bytes(),
        report_of(&"Action: \u{0}\u{1}\u{fffd}\n\n".repeat(10_000)).into_bytes(),
        noise.clone(),
    ];
    let in_a_report = [report_of("Action: failed\n").into_bytes(), noise].concat();
    mails.push(in_a_report);
    for (at, mail) in mails.iter().enumerate() {
        assert_eq!(
            read(mail, RETURN_PATH) == undelivered(""),
            at + 1 == mails.len(),
            "{at}"
        );
    }
}

#[test]
fn many_recipients_are_enough() {
    let fields = "Final-Recipient: rfc822; ada@a.example\nAction: failed\nStatus: 5.1.1\n\n".repeat(5_000);
    assert_eq!(recipients(&fields).len(), MAX_RECIPIENTS);
    assert_eq!(
        read(report_of(&fields).as_bytes(), RETURN_PATH),
        undelivered("5.1.1")
    );
}
