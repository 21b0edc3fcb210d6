//! The six screens that an invitee sees, in each language, from the link to the end: for admins to share beforehand. They are
//! made by `MUSTER_TEST_PICTURES=FOLDER cargo dev test -p muster-tests -- six_screens`.

use std::path::PathBuf;

use fantoccini::Locator;
use muster_proto::invitation::v1::{Invitation, InvitationState};

use crate::support::{Browser, Organization, Suite, link_for, with_others};

/// What the screens say in a language.
struct Screens {
    language: &'static str,
    invites: &'static str,
    signed_in: &'static str,
    joined: &'static str,
    decline: &'static str,
    declined: &'static str,
    somebody_else: &'static str,
}

const ENGLISH: Screens = Screens {
    language: "en",
    invites: "Test Kindergarten invites you",
    signed_in: "You are signed in as Paula Page.",
    joined: "You have joined Test Kindergarten",
    decline: "Decline the invitation from Test Kindergarten?",
    declined: "This invitation was declined",
    somebody_else: "whose verified address is not the one that was invited",
};

const SPANISH: Screens = Screens {
    language: "es",
    invites: "Test Kindergarten le invita",
    signed_in: "Ha iniciado sesión como Paula Page.",
    joined: "Se ha unido a Test Kindergarten",
    decline: "¿Rechazar la invitación de Test Kindergarten?",
    declined: "Esta invitación fue rechazada",
    somebody_else: "cuya dirección verificada no es la que fue invitada",
};

/// The six of an invitee whose browser reads this language.
struct Walk<'s> {
    suite: &'s Suite,
    screens: &'static Screens,
    folder: PathBuf,
    browser: Browser,
}

impl Walk<'_> {
    /// The page says this in its language, fits into a phone, and is kept as a picture.
    async fn shows(&self, text: &str, picture: &str) {
        self.browser.shows(text).await;
        assert_eq!(self.browser.language().await, self.screens.language, "{picture}");
        self.browser.narrow(320).await;
        assert_eq!(
            self.browser.overhang().await,
            0,
            "{picture} is wider than a phone"
        );
        self.browser.narrow(640).await;
        self.browser.picture_in(&self.folder, picture).await;
    }

    /// The link of a new invitation in this language.
    async fn invited(&self, organization: &Organization, address: &str) -> String {
        let mut request = organization.inviting(address);
        request.invitation = request.invitation.map(|invitation| Invitation {
            language: self.screens.language.to_owned(),
            ..invitation
        });
        let asked = self.suite.call("owner", request);
        let made = organization.invitations().create_invitation(asked).await.unwrap();
        let made = made.into_inner().invitation.unwrap();
        assert_eq!(made.language, self.screens.language);
        link_for(self.suite, address).await
    }

    async fn fill_in(&self, address: &str, name: &str) {
        for (field, text) in [("email", address), ("name", name)] {
            let css = format!("#register input[name={field}]");
            let field = self.browser.client.wait().for_element(Locator::Css(&css)).await;
            field.unwrap().send_keys(text).await.unwrap();
        }
    }
}

async fn walk(screens: &'static Screens) {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let folder = std::env::var_os("MUSTER_TEST_PICTURES").map_or_else(
        || suite.dir().join("pictures/invitee"),
        |given| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(given),
    );
    let walk = Walk {
        suite: &suite,
        screens,
        folder: folder.join(screens.language),
        browser: Browser::reading(&suite, screens.language).await,
    };
    let address = format!("picture-{}-{}@school.test", screens.language, suite.unique());
    let link = walk.invited(&organization, &address).await;
    walk.browser.go(&link).await;
    walk.shows(screens.invites, "1-invitation").await;
    walk.browser.click("#to-decline").await;
    walk.shows(screens.decline, "2-decline").await;
    walk.browser.click("#decline").await;
    walk.shows(screens.declined, "3-declined").await;
    walk.browser.click("#undo").await;
    walk.browser.click("#sign-in").await;
    walk.browser.click("button[value=learner-6]").await;
    walk.shows(screens.somebody_else, "4-another-account").await;
    walk.browser.click("#switch").await;
    walk.browser.click("#register").await;
    walk.fill_in(&address, "Paula Page").await;
    walk.browser.click("#register button").await;
    walk.shows(screens.signed_in, "5-accept").await;
    walk.browser.click("#accept").await;
    walk.shows(screens.joined, "6-joined").await;
    assert_eq!(organization.count(&suite, InvitationState::Active).await, 1);
    walk.browser.close().await;
}

#[tokio::test]
async fn the_six_screens_of_an_invitee_are_in_english() {
    walk(&ENGLISH).await;
}

#[tokio::test]
async fn the_six_screens_of_an_invitee_are_in_spanish() {
    walk(&SPANISH).await;
}

#[tokio::test]
async fn a_language_is_chosen_by_a_link_without_a_script_and_stays() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let browser = Browser::reading(&suite, "en").await;
    browser.go(&suite.address("gateway")).await;
    browser.click("nav.languages a[hreflang=es]").await;
    browser.shows("Sus invitaciones").await;
    browser
        .go(&format!("{}/invitations", suite.address("gateway")))
        .await;
    browser
        .shows("Inicie sesión con la dirección que fue invitada")
        .await;
    assert_eq!(browser.language().await, "es");
    browser.click("nav.languages a[hreflang=en]").await;
    browser.shows("Your invitations").await;
    browser.close().await;
}
