//! What mails say.

use time::macros::datetime;

use super::*;

fn variables() -> pb::InviteVariables {
    pb::InviteVariables {
        link: "https://muster.example/i/AbC-_123".to_owned(),
        organization_display_name: "Kita Sonnenblume".to_owned(),
        groups: vec!["Team A".to_owned(), "<b>Team</b>".to_owned()],
    }
}

fn said(version: i32, variables: pb::InviteVariables, circumstances: Circumstances) -> Words {
    write(
        Purpose::Invite,
        version,
        &Variables::Invite(variables),
        circumstances,
    )
    .unwrap()
}

fn current(variables: pb::InviteVariables) -> Words {
    said(
        Purpose::Invite.current_version(),
        variables,
        Circumstances::default(),
    )
}

#[test]
fn every_version_that_is_owed_says_who_invites_to_what_until_when() {
    for &version in Purpose::Invite.spec().versions {
        let until = Circumstances {
            expire_time: Some(datetime!(2026-04-01 08:30 UTC)),
            replaces: false,
        };
        let words = said(version, variables(), until);
        assert_eq!(words.subject, "Kita Sonnenblume invites you");
        for expected in [
            "Kita Sonnenblume invites you to join:",
            "\nhttps://muster.example/i/AbC-_123\n",
            "The link works until 1 April 2026, 08:30 UTC.",
            "  - Team A\n",
            "  - <b>Team</b>\n",
        ] {
            assert!(
                words.text.contains(expected),
                "{version}: {expected} is missing in\n{}",
                words.text
            );
        }
        for expected in [
            "href=\"https://muster.example/i/AbC-_123\"",
            "&#60;b&#62;Team&#60;/b&#62;",
        ] {
            assert!(
                words.html.contains(expected),
                "{version}: {expected} is missing in\n{}",
                words.html
            );
        }
    }
}

#[test]
fn a_mail_that_replaces_another_says_so() {
    let said = |replaces| {
        let circumstances = Circumstances {
            replaces,
            ..Circumstances::default()
        };
        said(Purpose::Invite.current_version(), variables(), circumstances)
    };
    assert!(
        said(true)
            .text
            .starts_with("This message replaces one that you may have received")
    );
    assert!(
        said(true)
            .html
            .contains("This message replaces one that you may have received")
    );
    assert!(!said(false).text.contains("replaces") && !said(false).html.contains("replaces"));
}

#[test]
fn words_of_a_newer_release_are_left_to_it() {
    let newer = Purpose::Invite.current_version() + 1;
    let written = write(
        Purpose::Invite,
        newer,
        &Variables::Invite(variables()),
        Circumstances::default(),
    );
    assert_eq!(written, Err(MessageProblem::UnknownTemplate));
}

#[test]
fn a_name_stays_on_its_line() {
    let words = current(pb::InviteVariables {
        organization_display_name: "Kita\r\nBcc: all@example.org\r\n\r\nBuy!".to_owned(),
        ..variables()
    });
    assert_eq!(words.subject, "Kita  Bcc: all@example. org    Buy! invites you");
}

#[test]
fn a_name_becomes_no_link() {
    let words = current(pb::InviteVariables {
        organization_display_name: "See https://evil.example/x".to_owned(),
        groups: vec![
            "www.evil.example".to_owned(),
            "Y.M.C.A. No. 3, Room 2.4".to_owned(),
        ],
        ..variables()
    });
    for text in [&words.subject, &words.text, &words.html] {
        assert!(
            !text.contains("evil.example") && !text.contains("https://evil"),
            "{text}"
        );
    }
    assert!(words.text.contains("www. evil. example"), "{}", words.text);
    assert!(words.text.contains("https: //evil. example/x"), "{}", words.text);
    assert!(words.text.contains("Y.M.C.A. No. 3, Room 2.4"), "{}", words.text);
}

#[test]
fn a_subject_is_of_a_collection_that_mails_are_about() {
    let organization = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88";
    let name = format!("organizations/{organization}/invitations/{organization}");
    assert_eq!(name.parse::<Subject>().unwrap().to_string(), name);
    for bad in [
        "",
        "x",
        &format!("organizations/{organization}"),
        &format!("organizations/{organization}/things/{organization}"),
        &format!("{name}/more"),
        &name.to_uppercase(),
    ] {
        assert_eq!(bad.parse::<Subject>(), Err(NoSubject), "{bad}");
    }
}

fn waiting(version: i32, link: &str) -> Words {
    let variables = pb::EmploymentToVerifyVariables {
        organization_display_name: "Kita Sonnenblume".to_owned(),
        link: link.to_owned(),
    };
    let variables = Variables::EmploymentToVerify(variables);
    write(
        Purpose::EmploymentToVerify,
        version,
        &variables,
        Circumstances::default(),
    )
    .unwrap()
}

#[test]
fn every_version_says_where_somebody_waits_to_be_verified_and_where_that_is_done() {
    for &version in Purpose::EmploymentToVerify.spec().versions {
        let words = waiting(version, "https://app.example/people?state=waiting&sort=1");
        assert_eq!(words.subject, "Somebody waits to be verified at Kita Sonnenblume");
        for expected in [
            "work at Kita Sonnenblume, and waits\nfor an administrator to confirm it.\n",
            "\nhttps://app.example/people?state=waiting&sort=1\n",
        ] {
            assert!(
                words.text.contains(expected),
                "{expected} is missing in\n{}",
                words.text
            );
        }
        for expected in [
            "<strong>Kita Sonnenblume</strong>",
            "href=\"https://app.example/people?state=waiting&#38;sort=1\"",
        ] {
            assert!(
                words.html.contains(expected),
                "{expected} is missing in\n{}",
                words.html
            );
        }
    }
}

#[test]
fn without_a_page_the_mail_carries_no_link() {
    let words = waiting(Purpose::EmploymentToVerify.current_version(), "");
    for text in [&words.text, &words.html] {
        assert!(text.contains("sign in where you administer"), "{text}");
        assert!(!text.contains("http") && !text.contains("href"), "{text}");
    }
}

fn joining(is_learner: bool) -> Words {
    let variables = pb::JoinVariables {
        link: "https://muster.example/j/AbC-_123".to_owned(),
        organization_display_name: "Kita <b>Sonnenblume</b>".to_owned(),
        is_learner,
    };
    let circumstances = Circumstances {
        expire_time: Some(datetime!(2026-04-01 08:30 UTC)),
        replaces: false,
    };
    let version = Purpose::Join.current_version();
    write(Purpose::Join, version, &Variables::Join(variables), circumstances).unwrap()
}

#[test]
fn whoever_asked_to_join_is_told_how_to_confirm_and_a_learner_that_there_is_nothing_to() {
    let (stranger, learner) = (joining(false), joining(true));
    assert!(
        stranger.subject.starts_with("Confirm your address"),
        "{}",
        stranger.subject
    );
    assert!(learner.subject.starts_with("You are with"), "{}", learner.subject);
    for words in [&stranger, &learner] {
        assert!(
            words.text.contains("\nhttps://muster.example/j/AbC-_123\n"),
            "{}",
            words.text
        );
        assert!(
            words.html.contains("href=\"https://muster.example/j/AbC-_123\""),
            "{}",
            words.html
        );
        assert!(words.html.contains("&#60;b&#62;"), "{}", words.html);
        assert!(
            words.text.contains("If it was not you, ignore this message"),
            "{}",
            words.text
        );
    }
    assert!(
        stranger
            .text
            .contains("The link works until 1 April 2026, 08:30 UTC."),
        "{}",
        stranger.text
    );
    assert!(!learner.text.contains("works until"), "{}", learner.text);
}

fn of_access(variables: Variables, purpose: Purpose) -> Words {
    let until = Circumstances {
        expire_time: Some(datetime!(2026-04-01 08:30 UTC)),
        replaces: false,
    };
    write(purpose, purpose.current_version(), &variables, until).unwrap()
}

#[test]
fn the_owner_is_told_that_somebody_asks_and_where_to_look() {
    let variables = Variables::AccessRequested(pb::AccessRequestedVariables {
        organization_display_name: "Kita <Sonnenblume>".to_owned(),
    });
    let words = of_access(variables, Purpose::AccessRequested);
    assert_eq!(words.subject, "Somebody asks for access to Kita <Sonnenblume>");
    assert!(
        words.text.contains("sign in where you administer"),
        "{}",
        words.text
    );
    assert!(
        words.html.contains("<strong>Kita &#60;Sonnenblume&#62;</strong>"),
        "{}",
        words.html
    );
}

#[test]
fn an_end_of_access_is_told_with_its_time_to_whose_it_is_and_to_the_owner() {
    for (own, subject, expected) in [
        (true, "Your access to Kita Sonnenblume ends", "ask the owner"),
        (
            false,
            "Somebody's access to Kita Sonnenblume ends",
            "They have been told, too.",
        ),
    ] {
        let variables = Variables::AccessEnds(pb::AccessEndsVariables {
            organization_display_name: "Kita Sonnenblume".to_owned(),
            own,
        });
        let words = of_access(variables, Purpose::AccessEnds);
        assert_eq!(words.subject, subject);
        for text in [&words.text, &words.html] {
            assert!(text.contains("on 1 April 2026, 08:30 UTC."), "{text}");
        }
        assert!(words.text.contains(expected), "{}", words.text);
    }
}

#[test]
fn a_review_that_is_due_is_told_and_one_that_is_overdue_says_so() {
    for (is_overdue, word) in [(false, "due"), (true, "overdue")] {
        let variables = Variables::ReviewDue(pb::ReviewDueVariables {
            organization_display_name: "Kita <Sonnenblume>".to_owned(),
            is_overdue,
        });
        let words = of_access(variables, Purpose::ReviewDue);
        assert_eq!(
            words.subject,
            format!("The review of Kita <Sonnenblume> is {word}")
        );
        assert_eq!(
            words.text.contains("has been for a while"),
            is_overdue,
            "{}",
            words.text
        );
        assert!(
            words.html.contains("<strong>Kita &#60;Sonnenblume&#62;</strong>"),
            "{}",
            words.html
        );
    }
}
