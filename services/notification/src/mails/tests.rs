//! What mails say.

use muster_clock::Zone;
use time::macros::datetime;

use super::*;

fn variables() -> pb::InviteVariables {
    pb::InviteVariables {
        link: "https://muster.example/i/AbC-_123".to_owned(),
        organization_display_name: "Kita Sonnenblume".to_owned(),
        groups: vec!["Team A".to_owned(), "<b>Team</b>".to_owned()],
    }
}

fn said(version: i32, variables: pb::InviteVariables, circumstances: &Circumstances) -> Words {
    write(
        Purpose::Invite,
        version,
        &Variables::Invite(variables),
        circumstances,
        Language::English,
    )
    .unwrap()
}

fn current(variables: pb::InviteVariables) -> Words {
    said(
        Purpose::Invite.current_version(),
        variables,
        &Circumstances::default(),
    )
}

#[test]
fn every_version_that_is_owed_says_who_invites_to_what_until_when() {
    for &version in Purpose::Invite.spec().versions {
        let until = Circumstances {
            expire_time: Some(datetime!(2026-04-01 08:30 UTC)),
            ..Circumstances::default()
        };
        let words = said(version, variables(), &until);
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
        said(Purpose::Invite.current_version(), variables(), &circumstances)
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
        &Circumstances::default(),
        Language::English,
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
        &Circumstances::default(),
        Language::English,
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
        ..Circumstances::default()
    };
    let version = Purpose::Join.current_version();
    let variables = Variables::Join(variables);
    write(
        Purpose::Join,
        version,
        &variables,
        &circumstances,
        Language::English,
    )
    .unwrap()
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
        ..Circumstances::default()
    };
    write(
        purpose,
        purpose.current_version(),
        &variables,
        &until,
        Language::English,
    )
    .unwrap()
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

#[test]
fn an_ownership_that_was_moved_is_told_to_who_has_it_and_to_who_had_it() {
    for (is_owner, subject, next) in [
        (true, "Kita <Sonnenblume> is yours now", "for you to decide now"),
        (
            false,
            "Kita <Sonnenblume> is no longer yours",
            "tell the registry at once",
        ),
    ] {
        let variables = Variables::OwnershipMoved(pb::OwnershipMovedVariables {
            organization_display_name: "Kita <Sonnenblume>".to_owned(),
            is_owner,
        });
        let words = of_access(variables, Purpose::OwnershipMoved);
        assert_eq!(words.subject, subject);
        assert!(words.text.contains(next), "{}", words.text);
        assert!(words.text.contains("Registry staff"), "{}", words.text);
    }
}

#[test]
fn a_suspension_is_told_when_it_begins_and_when_it_ends() {
    for (is_over, subject, next) in [
        (false, "Kita <Sonnenblume> is suspended", "its other mail waits"),
        (true, "Kita <Sonnenblume> is active again", "asks again"),
    ] {
        let variables = Variables::Suspension(pb::SuspensionVariables {
            organization_display_name: "Kita <Sonnenblume>".to_owned(),
            is_over,
        });
        let words = of_access(variables, Purpose::Suspension);
        assert_eq!(words.subject, subject);
        assert!(words.text.contains(next), "{}", words.text);
        assert!(
            words.html.contains("<strong>Kita &#60;Sonnenblume&#62;</strong>"),
            "{}",
            words.html
        );
    }
}

#[test]
fn invitations_that_nobody_can_accept_are_told_by_their_groups() {
    let variables = Variables::GroupsInactive(pb::GroupsInactiveVariables {
        organization_display_name: "Kita <Sonnenblume>".to_owned(),
        groups: vec!["Team A".to_owned(), "<b>Team</b>".to_owned()],
    });
    let words = of_access(variables, Purpose::GroupsInactive);
    assert_eq!(words.subject, "Somebody cannot join Kita <Sonnenblume>");
    assert!(
        words.text.contains("\n  - Team A\n  - <b>Team</b>\n\n"),
        "{}",
        words.text
    );
    assert!(
        words.html.contains("<li>&#60;b&#62;Team&#60;/b&#62;</li>"),
        "{}",
        words.html
    );
}

/// Every mail with variables of its own, told one way and the other.
fn every_mail() -> Vec<(Purpose, Variables)> {
    let organization_display_name = "Kita <Sonnenblume>".to_owned();
    let link = "https://muster.example/i/AbC-_123".to_owned();
    let both = [false, true];
    let groups = |some: bool| {
        if some {
            vec!["Team A".to_owned()]
        } else {
            Vec::new()
        }
    };
    let each = both.into_iter().flat_map(|flag| {
        [
            (
                Purpose::Invite,
                Variables::Invite(pb::InviteVariables {
                    link: link.clone(),
                    organization_display_name: organization_display_name.clone(),
                    groups: groups(flag),
                }),
            ),
            (
                Purpose::EmploymentToVerify,
                Variables::EmploymentToVerify(pb::EmploymentToVerifyVariables {
                    organization_display_name: organization_display_name.clone(),
                    link: if flag { link.clone() } else { String::new() },
                }),
            ),
            (
                Purpose::Join,
                Variables::Join(pb::JoinVariables {
                    link: link.clone(),
                    organization_display_name: organization_display_name.clone(),
                    is_learner: flag,
                }),
            ),
            (
                Purpose::AccessRequested,
                Variables::AccessRequested(pb::AccessRequestedVariables {
                    organization_display_name: organization_display_name.clone(),
                }),
            ),
            (
                Purpose::AccessEnds,
                Variables::AccessEnds(pb::AccessEndsVariables {
                    organization_display_name: organization_display_name.clone(),
                    own: flag,
                }),
            ),
            (
                Purpose::ReviewDue,
                Variables::ReviewDue(pb::ReviewDueVariables {
                    organization_display_name: organization_display_name.clone(),
                    is_overdue: flag,
                }),
            ),
            (
                Purpose::OwnershipMoved,
                Variables::OwnershipMoved(pb::OwnershipMovedVariables {
                    organization_display_name: organization_display_name.clone(),
                    is_owner: flag,
                }),
            ),
            (
                Purpose::Suspension,
                Variables::Suspension(pb::SuspensionVariables {
                    organization_display_name: organization_display_name.clone(),
                    is_over: flag,
                }),
            ),
            (
                Purpose::GroupsInactive,
                Variables::GroupsInactive(pb::GroupsInactiveVariables {
                    organization_display_name: organization_display_name.clone(),
                    groups: vec!["Team A".to_owned()],
                }),
            ),
        ]
    });
    each.collect()
}

#[test]
fn every_mail_is_in_each_language_and_says_nothing_of_another() {
    let mails = every_mail();
    for purpose in Purpose::ALL {
        assert!(mails.iter().any(|(known, _)| *known == purpose), "{purpose}");
    }
    for (purpose, variables) in mails {
        for expire_time in [None, Some(datetime!(2026-04-01 08:30 UTC))] {
            let circumstances = Circumstances {
                expire_time,
                replaces: true,
                ..Circumstances::default()
            };
            let said = |language| {
                let version = purpose.current_version();
                write(purpose, version, &variables, &circumstances, language).unwrap()
            };
            let (english, spanish) = (said(Language::English), said(Language::Spanish));
            assert!(english.html.contains("<html lang=\"en\">"), "{}", english.html);
            assert!(spanish.html.contains("<html lang=\"es\">"), "{}", spanish.html);
            assert_ne!(english.subject, spanish.subject);
            let shared: Vec<&str> = (english.text.lines())
                .filter(|line| line.contains(' ') && !line.starts_with("  - "))
                .filter(|line| spanish.text.contains(line))
                .collect();
            assert!(shared.is_empty(), "{purpose} says in both languages: {shared:?}");
            for words in [&english, &spanish] {
                assert!(words.subject.contains("Kita <Sonnenblume>"), "{}", words.subject);
                assert!(!words.subject.contains('\n'), "{}", words.subject);
                assert!(
                    words.html.contains("<strong>Kita &#60;Sonnenblume&#62;</strong>"),
                    "{}",
                    words.html
                );
                assert!(!words.html.contains("<Sonnenblume>"), "{}", words.html);
                assert!(!words.text.contains("\n\n\n"), "{}", words.text);
            }
        }
    }
}

#[test]
fn every_word_of_a_mail_is_translated_said_and_free_of_markup() {
    let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let read =
        |purpose: &str, file: &str| std::fs::read_to_string(templates.join(purpose).join(file)).unwrap();
    for purpose in Purpose::ALL {
        let (folder, version) = (purpose.as_str().to_lowercase(), purpose.current_version());
        let [text, html, english, spanish] =
            ["txt", "html", "en.ftl", "es.ftl"].map(|end| read(&folder, &format!("v{version}.{end}")));
        assert_eq!(
            muster_language::faults(&english, &spanish),
            Vec::<String>::new(),
            "{purpose}"
        );
        for words in [&english, &spanish] {
            assert!(!words.contains(['<', '>', '&', '"']), "{purpose}: {words}");
        }
        let keys: Vec<String> = muster_language::keys(&english).unwrap().into_keys().collect();
        for key in &keys {
            let call = format!("(\"{key}\"");
            assert!(
                text.contains(&call) || html.contains(&call),
                "{purpose}: nobody says {key}"
            );
        }
        for said in text.split("mail.").chain(html.split("mail.")) {
            let key = said
                .split_once("(\"")
                .map(|(_, rest)| rest.split('"').next().unwrap());
            assert!(
                key.is_none_or(|key| keys.iter().any(|known| known == key)),
                "{purpose}: {key:?}"
            );
        }
    }
}

/// In every branch, whether or not a test writes the mail that shows it.
#[test]
fn a_mail_says_nothing_but_messages_names_and_links() {
    const SPOKEN: [&str; 6] = [
        "mail.say(",
        "mail.naming(",
        "mail.naming_timed_there(",
        "mail.stressing(",
        "mail.stressing_timed_there(",
        "mail.timed_there(",
    ];
    const DATA: [&str; 3] = ["group", "mail.href(mail.link)", "mail.url(mail.link)"];
    let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut looked_at = 0;
    for purpose in Purpose::ALL {
        let (folder, version) = (purpose.as_str().to_lowercase(), purpose.current_version());
        for end in ["txt", "html"] {
            let file = templates.join(&folder).join(format!("v{version}.{end}"));
            let template = std::fs::read_to_string(&file).unwrap();
            // What the template is cut at is no word of the mail.
            let template = template.strip_prefix("Subject: ").unwrap_or(&template);
            let said = muster_language::said(template);
            assert_eq!(said.words, Vec::<String>::new(), "{}", file.display());
            for value in &said.values {
                assert!(
                    DATA.contains(&value.as_str()) || SPOKEN.iter().any(|spoken| value.starts_with(spoken)),
                    "{} shows {value}: is it a message, or data?",
                    file.display()
                );
            }
            looked_at += said.values.len();
        }
    }
    assert!(looked_at > 100, "{looked_at}");
    let earlier = std::fs::read_to_string(templates.join("invite/v2.html")).unwrap();
    assert!(
        !muster_language::said(&earlier).words.is_empty(),
        "it was in English"
    );
}

#[test]
fn a_mail_that_was_made_before_there_was_a_choice_keeps_its_bytes() {
    for version in [1, 2] {
        let variables = Variables::Invite(variables());
        let until = Circumstances {
            expire_time: Some(datetime!(2026-04-01 08:30 UTC)),
            ..Circumstances::default()
        };
        let said = |language| write(Purpose::Invite, version, &variables, &until, language);
        assert_eq!(said(Language::Spanish), said(Language::English));
    }
}

/// The mails that say a time, as they were before they said whose it is, and as they are.
fn timed(version_before: bool, time: time::OffsetDateTime, zone: &str, language: Language) -> Vec<String> {
    let mails = every_mail().into_iter().filter(|(_, variables)| match variables {
        Variables::Invite(_) | Variables::AccessEnds(_) => true,
        // A learner's says nothing of a link that ends.
        Variables::Join(join) => !join.is_learner,
        _ => false,
    });
    let circumstances = Circumstances {
        expire_time: Some(time),
        zone: Zone::named(zone),
        ..Circumstances::default()
    };
    let said = mails.flat_map(|(purpose, variables)| {
        let version = purpose.current_version() - i32::from(version_before);
        let words = write(purpose, version, &variables, &circumstances, language).unwrap();
        [words.text, words.html]
    });
    said.collect()
}

#[test]
fn a_time_is_said_where_the_organization_is_also_when_the_clocks_go_forward_and_back() {
    let detroit = "America/Detroit";
    for (time, zone, english, spanish) in [
        (
            datetime!(2026-04-01 03:30 UTC),
            detroit,
            "31 March 2026, 23:30 EDT (UTC-4).",
            "31 de marzo de 2026, 23:30 EDT (UTC-4).",
        ),
        // The hour that comes twice.
        (
            datetime!(2026-11-01 05:30 UTC),
            detroit,
            "1 November 2026, 01:30 EDT (UTC-4).",
            "1 de noviembre de 2026, 01:30 EDT (UTC-4).",
        ),
        (
            datetime!(2026-11-01 06:30 UTC),
            detroit,
            "1 November 2026, 01:30 EST (UTC-5).",
            "1 de noviembre de 2026, 01:30 EST (UTC-5).",
        ),
        // Behind the hour that is left out.
        (
            datetime!(2026-03-08 07:00 UTC),
            detroit,
            "8 March 2026, 03:00 EDT (UTC-4).",
            "8 de marzo de 2026, 03:00 EDT (UTC-4).",
        ),
        // Nobody told a zone, or one that is none here.
        (
            datetime!(2026-04-01 08:30 UTC),
            "",
            "1 April 2026, 08:30 UTC.",
            "1 de abril de 2026, 08:30 UTC.",
        ),
        (
            datetime!(2026-04-01 08:30 UTC),
            "America/Nowhere",
            "1 April 2026, 08:30 UTC.",
            "1 de abril de 2026, 08:30 UTC.",
        ),
    ] {
        for (language, expected) in [(Language::English, english), (Language::Spanish, spanish)] {
            let said = timed(false, time, zone, language);
            // Five mails, as text and in HTML.
            assert_eq!(said.len(), 10, "{said:?}");
            for words in said {
                assert!(words.contains(expected), "{expected}: {words}");
            }
        }
    }
}

#[test]
fn a_mail_that_was_made_before_it_said_whose_time_keeps_its_bytes() {
    let time = datetime!(2026-04-01 08:30 UTC);
    let before = timed(true, time, "America/Detroit", Language::Spanish);
    assert_eq!(before, timed(true, time, "", Language::Spanish));
    // Where no zone is known the words are the same ever since.
    assert_eq!(before, timed(false, time, "", Language::Spanish));
}
