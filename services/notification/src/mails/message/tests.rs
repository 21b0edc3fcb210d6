//! What a written message looks like.

use time::macros::datetime;

use super::*;
use crate::mails::InviteVariables;
use crate::mails::escape::plain;

fn mail() -> Mail {
    Mail {
        purpose: Purpose::Invite,
        address: EmailAddress::parse("Ada@Bücher.example").unwrap(),
        expire_time: Some(datetime!(2026-04-01 08:30 UTC)),
        zone: Zone::named("America/Detroit"),
        language: Language::English,
        variables: Variables::Invite(words()),
    }
}

fn words() -> InviteVariables {
    InviteVariables {
        link: "https://muster.example/i/AbC-_123".to_owned(),
        organization_display_name: "Kita Sonnenblume".to_owned(),
        groups: vec!["Team A".to_owned(), "<b>Team</b>".to_owned()],
    }
}

/// The mail of an organization of this name.
fn mail_of(organization: &str) -> Mail {
    Mail {
        variables: Variables::Invite(InviteVariables {
            organization_display_name: organization.to_owned(),
            ..words()
        }),
        ..mail()
    }
}

fn stamp() -> Stamp {
    Stamp {
        delivery: "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".parse().unwrap(),
        message_id: "<0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88@muster.example>".to_owned(),
        date: datetime!(2026-03-01 12:00 UTC),
        template_version: Purpose::Invite.current_version(),
        replaces: None,
    }
}

fn sender() -> Sender {
    "Muster <no-reply@muster.example>".parse().unwrap()
}

fn rendered(mail: &Mail) -> String {
    String::from_utf8(mail.render(&sender(), &stamp()).unwrap().bytes).unwrap()
}

#[test]
fn a_message_has_the_same_bytes_at_every_attempt() {
    assert_eq!(rendered(&mail()), rendered(&mail()));
}

#[test]
fn a_message_says_who_invites_to_what_until_when() {
    let text = rendered(&mail());
    for expected in [
        "From: Muster <no-reply@muster.example>\r\n",
        "To: Ada@xn--bcher-kva.example\r\n",
        "Subject: Kita Sonnenblume invites you\r\n",
        "Date: Sun, 01 Mar 2026 12:00:00 +0000\r\n",
        "Message-ID: <0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88@muster.example>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Content-Language: en\r\n",
        "muster-0190a6d47b3e7c529f2b2f6d0e1a4c88",
        "\r\nhttps://muster.example/i/AbC-_123\r\n",
        "The link works until 1 April 2026, 04:30 EDT (UTC-4).",
        "  - Team A\r\n",
        "&#60;b&#62;Team&#60;/b&#62;",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
}

#[test]
fn a_message_says_its_language_once_it_has_a_choice() {
    let spanish = Mail {
        language: Language::Spanish,
        ..mail()
    };
    for version in Purpose::Invite.spec().versions {
        let stamp = Stamp {
            template_version: *version,
            ..stamp()
        };
        let bytes = spanish.render(&sender(), &stamp).unwrap().bytes;
        let text = String::from_utf8(bytes).unwrap();
        // What was sent in part before this release has the same bytes as then.
        let says = text.lines().any(|line| line == "Content-Language: es");
        assert_eq!(says, *version >= 3, "version {version}: {text}");
        assert_eq!(text.contains("Content-Language"), says, "{text}");
    }
}

#[test]
fn a_message_goes_to_the_address_as_it_was_given() {
    let rendered = mail().render(&sender(), &stamp()).unwrap();
    assert_eq!(rendered.to.to_string(), "Ada@xn--bcher-kva.example");
    assert!(rendered.bytes.is_ascii());
}

#[test]
fn a_long_link_stays_in_one_piece() {
    let link = format!("https://muster.example/i/{}", "=a_-".repeat(60));
    let text = rendered(&Mail {
        variables: Variables::Invite(InviteVariables {
            link: link.clone(),
            ..words()
        }),
        ..mail()
    });
    assert!(text.contains(&format!("\r\n\r\n{link}\r\n\r\n")), "{text}");
}

#[test]
fn a_link_arrives_whole_whatever_stands_beside_it() {
    let names = [
        "Kita Sonnenblume",
        "Kinderg\u{e4}rten",
        "\u{3a0}\u{3b1}\u{3b9}\u{3b4}\u{3b9}\u{3ba}\u{3cc}\u{3c2} \u{3a3}\u{3c4}\u{3b1}\u{3b8}\u{3bc}\u{3cc}\u{3c2}",
        "\u{1f33b} Sunflower",
        "a name = with signs, =3D among them",
    ];
    let long = "a very long name that goes on ".repeat(40);
    let links = (0..60).map(|length| format!("https://muster.example/i/{}Z", "=3D_-a.%41~".repeat(length)));
    for link in links {
        for name in names.iter().copied().chain([long.as_str()]) {
            arrives_whole(&link, name);
        }
    }
}

/// As a program for mail reads the message, and as somebody does who looks at its source.
fn arrives_whole(link: &str, name: &str) {
    let mail = Mail {
        variables: Variables::Invite(InviteVariables {
            link: link.to_owned(),
            organization_display_name: name.to_owned(),
            ..words()
        }),
        ..mail()
    };
    let source = rendered(&mail);
    assert!(
        source.is_ascii() && source.lines().all(|line| line.len() <= 998),
        "{source}"
    );
    assert!(!source.contains("quoted-printable"), "{source}");
    let message = mail_parser::MessageParser::default()
        .parse(source.as_bytes())
        .unwrap();
    let text = message.body_text(0).unwrap();
    assert!(text.lines().any(|line| line == link), "{text}");
    let html = message.body_html(0).unwrap();
    assert!(html.contains(&format!("href=\"{link}\"")), "{html}");
    // Shown whole, too, in one piece that can be copied; only the screen may break it.
    assert!(
        html.contains(&format!("<span style=\"overflow-wrap:anywhere\">{link}</span>")),
        "{html}"
    );
    for read in [text, html] {
        assert!(read.contains(plain(name).trim_end()), "{read}");
    }
}

#[test]
fn a_name_cannot_add_a_header() {
    let text = rendered(&mail_of("Kita\r\nBcc: all@example.org\r\n\r\nBuy!"));
    assert!(!text.contains("\r\nBcc:"), "{text}");
}

#[test]
fn a_name_in_any_script_stays_seven_bit() {
    let rendered = mail_of("Παιδικός Σταθμός").render(&sender(), &stamp()).unwrap();
    assert!(rendered.bytes.is_ascii());
}

#[test]
fn a_message_that_replaces_another_has_its_own_id_and_names_the_other() {
    let later = datetime!(2026-03-02 07:00 UTC);
    let stamp = stamp().replacement(later, Purpose::Invite.current_version());
    let text = String::from_utf8(mail().render(&sender(), &stamp).unwrap().bytes).unwrap();
    for expected in [
        "Message-ID: <0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88.2@muster.example>\r\n",
        "References: <0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88@muster.example>\r\n",
        "Supersedes: <0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88@muster.example>\r\n",
        "Date: Mon, 02 Mar 2026 07:00:00 +0000\r\n",
        "This message replaces one that you may have received",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
}
