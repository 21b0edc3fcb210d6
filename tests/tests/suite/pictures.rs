//! The six screens that an invitee sees, in each language, from the mail to the trainings: for admins to share beforehand. They are
//! taken of the real pages by `cargo dev pictures`, and stand in `docs/invitee` with a guide.

use std::fs;
use std::path::{Path, PathBuf};

use muster_proto::invitation::v1::{Invitation, InvitationState};
use muster_testkit::eventually;

use crate::support::{Browser, Names, Organization, Suite, link_for, message_for, with_others};

/// The pictures, in the order in which somebody sees the screens; the last is for whoever is signed in as somebody else.
const PICTURES: [&str; 6] = [
    "1-mail",
    "2-invitation",
    "3-accept",
    "4-joined",
    "5-trainings",
    "6-another-account",
];
/// As wide as a mail shows them, in pixels.
const WIDTH: u32 = 640;
/// The most bytes of one: all twelve are sent by mail.
const LARGEST: u64 = 100 * 1024;
/// Where people reach the suite in the pictures, in the place of this machine's address.
const PUBLIC: &str = "https://muster.example.org";

/// What is shown in a language, and what the screens say of it.
struct Screens {
    language: &'static str,
    names: Names<'static>,
    invitee: &'static str,
    somebody: &'static str,
    /// What each picture shows, in their order: the guide says the same beside it.
    says: [&'static str; 6],
    decline: &'static str,
    declined: &'static str,
}

const ENGLISH: Screens = Screens {
    language: "en",
    names: Names {
        organization: "Sunrise Kindergarten",
        group: "Teachers",
        training: "Keeping children safe",
    },
    invitee: "Paula Page",
    somebody: "Sam Page",
    says: [
        "See the invitation and decide",
        "Sunrise Kindergarten invites you",
        "You are signed in as Paula Page",
        "You have joined Sunrise Kindergarten",
        "Your trainings",
        "You are signed in as Sam Page",
    ],
    decline: "Decline the invitation from Sunrise Kindergarten?",
    declined: "This invitation was declined",
};

const SPANISH: Screens = Screens {
    language: "es",
    names: Names {
        organization: "Jardín Infantil Amanecer",
        group: "Docentes",
        training: "La seguridad de los niños",
    },
    invitee: "Paula Prado",
    somebody: "Samuel Prado",
    says: [
        "Ver la invitación y decidir",
        "Jardín Infantil Amanecer le invita",
        "Ha iniciado sesión como Paula Prado",
        "Se ha unido a Jardín Infantil Amanecer",
        "Sus formaciones",
        "Ha iniciado sesión como Samuel Prado",
    ],
    decline: "¿Rechazar la invitación de Jardín Infantil Amanecer?",
    declined: "Esta invitación fue rechazada",
};

/// Where the guide is.
fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/invitee")
}

/// The six of an invitee whose browser reads this language.
struct Walk<'s> {
    suite: &'s Suite,
    screens: &'static Screens,
    folder: PathBuf,
    browser: Browser,
}

impl Walk<'_> {
    /// The page says this in its language, and fits into a phone.
    async fn shows(&self, text: &str) {
        self.browser.shows(text).await;
        assert_eq!(self.browser.language().await, self.screens.language, "{text}");
        self.browser.narrow(320).await;
        assert_eq!(
            self.browser.overhang().await,
            0,
            "the page that says {text:?} is wider than a phone"
        );
        assert_eq!(self.browser.cut().await, Vec::<String>::new(), "{text}");
        self.browser.narrow(WIDTH).await;
    }

    /// The page shows the screen of this number, which is kept as its picture.
    async fn keeps(&self, number: usize) {
        self.shows(self.screens.says[number - 1]).await;
        let picture = PICTURES[number - 1];
        self.browser.picture_cut_in(&self.folder, picture).await;
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

    /// The mail, as a mail program shows it.
    async fn opens_mail(&self, address: &str) {
        let mail = message_for(self.suite, address).await;
        assert_eq!(mail.header("content-language"), self.screens.language);
        let html = mail.html().replace(&self.suite.address("gateway"), PUBLIC);
        assert!(html.contains(PUBLIC), "{html}");
        self.browser.open_html(&html).await;
    }

    /// Their own page, once it has the training.
    async fn opens_trainings(&self) {
        let page = format!("{}/trainings", self.suite.address("gateway"));
        eventually(async || {
            self.browser.go(&page).await;
            let body = self.browser.client.source().await.unwrap();
            body.contains(self.screens.names.training)
        })
        .await;
    }
}

async fn walk(screens: &'static Screens) {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::called(&suite, "owner", screens.names).await;
    let folder = if std::env::var_os("MUSTER_REGENERATE").is_some() {
        guide()
    } else {
        suite.dir().join("pictures/invitee")
    };
    let walk = Walk {
        suite: &suite,
        screens,
        folder: folder.join(screens.language),
        browser: Browser::reading(&suite, screens.language).await,
    };
    let unique = suite.unique();
    let address = format!("paula.{unique}@school.test");
    let link = walk.invited(&organization, &address).await;
    walk.opens_mail(&address).await;
    walk.keeps(1).await;
    walk.browser.go(&link).await;
    walk.keeps(2).await;
    walk.browser.click("#to-decline").await;
    walk.shows(screens.decline).await;
    walk.browser.click("#decline").await;
    walk.shows(screens.declined).await;
    walk.browser.click("#undo").await;
    walk.browser.click("#register").await;
    walk.browser
        .registers(&format!("sam.{unique}@school.test"), Some(screens.somebody))
        .await;
    walk.keeps(6).await;
    walk.browser.click("#switch").await;
    walk.browser.click("#register").await;
    walk.browser.registers(&address, Some(screens.invitee)).await;
    walk.keeps(3).await;
    walk.browser.click("#accept").await;
    walk.keeps(4).await;
    assert_eq!(organization.count(&suite, InvitationState::Active).await, 1);
    walk.opens_trainings().await;
    walk.keeps(5).await;
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

/// Needs no suite.
#[test]
fn the_guide_of_an_invitee_shows_every_picture_in_its_order() {
    let guide = guide();
    let mut page = fs::read_to_string(guide.join("README.md")).unwrap();
    for screens in [&ENGLISH, &SPANISH] {
        let folder = guide.join(screens.language);
        let entries = fs::read_dir(&folder).unwrap();
        let mut found: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(
            found,
            PICTURES.map(|name| format!("{name}.png")),
            "`cargo dev pictures` takes them"
        );
        for (picture, says) in PICTURES.iter().zip(screens.says) {
            let file = folder.join(format!("{picture}.png"));
            let bytes = fs::read(&file).unwrap();
            assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "{}", file.display());
            let width = bytes
                .get(16..20)
                .map(|width| u32::from_be_bytes(width.try_into().unwrap()));
            assert_eq!(width, Some(WIDTH), "{}", file.display());
            assert!(
                fs::metadata(&file).unwrap().len() <= LARGEST,
                "{}",
                file.display()
            );
            let shown = format!("![{says}]({}/{picture}.png)", screens.language);
            let (_, after) = page
                .split_once(&shown)
                .unwrap_or_else(|| panic!("{shown} is not in the guide, or not in its order"));
            page = after.to_owned();
        }
    }
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
