//! Pages that keep nobody out: none of them breaks a rule of axe-core, and a page that does is found out. (Every page that another test
/// sees is looked at in the same way: `Browser::shows`.)
use sha2::{Digest as _, Sha256};

use crate::support::{AXE, Browser, Colours, DIGEST, Organization, Suite, with_others};

/// What pages say in a language, by their paths; `$slug` is a join page's.
type Says = &'static [(&'static str, &'static str)];

const ENGLISH: Says = &[
    ("/", "Organizations, their people and their learning records."),
    ("/invitations", "Your invitations"),
    ("/trainings", "Your trainings"),
    ("/consent", "Who may read your learning record"),
    ("/invitation", "Open the link of your invitation"),
    ("/i/AAAA", "This link does not work"),
    ("/join/$slug", "Join Test Kindergarten"),
    ("/join/nobodys-page", "This page is not there"),
    ("/join-sent", "Look into your mailbox"),
    ("/join-confirm", "This link does not work"),
    ("/join-confirmed", "Your address is confirmed"),
    ("/sign-in?issuer=unknown", "You are not signed in"),
    (
        "/sign-in/callback?state=x",
        "This sign-in was begun in another browser",
    ),
    ("/invitation/accept", "This page is not used that way"),
    ("/no/such/page", "There is no such page"),
];

const SPANISH: Says = &[
    ("/", "Organizaciones, su personal y sus registros de formación."),
    ("/invitations", "Sus invitaciones"),
    ("/trainings", "Sus formaciones"),
    ("/consent", "Quién puede leer su registro de formación"),
    ("/join/$slug", "Test Kindergarten"),
    ("/join-sent", "Mire en su buzón"),
    ("/no/such/page", "No existe esa página"),
];

async fn look(language: &str, says: Says) {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let slug = organization.open_join_page(&suite).await;
    let browser = Browser::reading(&suite, language).await;
    for width in [320, 900] {
        browser.narrow(width).await;
        // A link that was followed is remembered.
        browser.client.delete_all_cookies().await.unwrap();
        for (path, text) in says {
            let path = path.replace("$slug", &slug);
            browser.go(&format!("{}{path}", suite.address("gateway"))).await;
            browser.shows(text).await;
            assert_eq!(browser.language().await, language, "{path}");
            assert_eq!(browser.overhang().await, 0, "{path} is wider than {width}");
            // A window of 1280 pixels at 200 %.
            browser.as_large(640, 2).await;
            assert_eq!(browser.overhang().await, 0, "{path} is too wide at 200 %");
            assert_eq!(browser.cut().await, Vec::<String>::new(), "{path} at 200 %");
            browser.narrow(width).await;
        }
    }
    browser.close().await;
}

#[tokio::test]
async fn no_page_for_nobody_keeps_anybody_out_in_english() {
    look("en", ENGLISH).await;
}

#[tokio::test]
async fn no_page_for_nobody_keeps_anybody_out_in_spanish() {
    look("es", SPANISH).await;
}

/// Faults that are put on a page on purpose: the check is one.
#[tokio::test]
async fn a_page_that_keeps_somebody_out_is_found_out() {
    const FAULTS: &str = "
        document.documentElement.removeAttribute('lang');
        const main = document.querySelector('main');
        main.append(document.createElement('input'));
        for (const colour of ['#aaaaaa', '#505050']) {
            const pale = document.createElement('p');
            pale.textContent = 'One can hardly read this.';
            pale.style.color = colour;
            main.append(pale);
        }
    ";
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let browser = Browser::open(&suite).await;
    browser.go(&suite.address("gateway")).await;
    browser.shows("Organizations, their people").await;
    browser.client.execute(FAULTS, Vec::new()).await.unwrap();
    let found = browser.faults().await;
    for rule in ["html-has-lang", "label", "color-contrast"] {
        for wanted in [Colours::Light, Colours::Dark] {
            let is_found = found
                .iter()
                .any(|(colours, fault)| fault.rule == rule && colours.word() == wanted.word());
            assert!(is_found, "{rule} in {}: {found:#?}", wanted.word());
        }
    }
    browser.close().await;
}

#[test]
fn the_library_is_the_one_that_it_is_said_to_be() {
    let digest: String = Sha256::digest(AXE)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(digest, DIGEST);
}
