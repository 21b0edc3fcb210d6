//! Pages that say what has become of an invitation, and what somebody has to take: in either language, with scripts and without, with
//! names and addresses as long as they may be, on the smallest phones, in text twice as large, in dark colours.

use std::path::PathBuf;

use fantoccini::Locator;
use futures::future::join_all;
use muster_client::Client;
use muster_client::acts::{employment, invitation, organization as profile, record, training};
use muster_proto::invitation::v1::Invitation;
use muster_proto::records::v1::Assignment;
use muster_testkit::{eventually, eventually_some};

use crate::support::{
    Browser, Colours, Database, LocalhostGateway, Names, Organization, Snapshot, Suite, link_for,
    messages_for, with_others,
};

/// As long as a name of an organization may be, without a place to break it.
const ORGANIZATION: &str = "Kinderbetreuungseinrichtungsträgergesellschaftsverwaltungsrat-Donaudampfschifffahrtselektrizitätenhauptbetriebswerk-eV";
/// The same of a group.
const GROUP: &str = "ПреподавателиДополнительногоОбразованияИВоспитателиГруппыПродлённогоДняМладшая";
const TRAINING: &str = "Wiederbelebungsmaßnahmenauffrischungslehrgangsteilnahmebescheinigung";
/// The same of a person, and of an issuer, whose name stands on a button.
const PERSON: &str = "Wilhelmina-Friederike-Charlotte-Kunigunde-von-und-zu-Donaudampfschifffahrtselektrizitätenhauptbetriebswerk";
const ISSUER: &str = "Kirchenkreisverwaltungsanmeldungsdienst";
/// Why staff move progress; with an address to which it does not matter where a line ends.
const REASON: &str =
    "Asked by telephone; see https://tickets.school.test/2026/wiederbelebungsmassnahmenauffrischungslehrgang";

/// What the pages say in a language.
struct Words {
    language: &'static str,
    expired: &'static str,
    cancelled: &'static str,
    replaced: &'static str,
    closed: &'static str,
    broken: &'static str,
    no_page: &'static str,
    declined: &'static str,
    invites: &'static str,
    signed_in: &'static str,
    not_active: &'static str,
    own: &'static str,
    own_expired: &'static str,
    own_declined: &'static str,
    unwanted: &'static str,
    none: &'static str,
    trainings: &'static str,
    completed: &'static str,
    begun: &'static str,
    moves: &'static str,
    ended: &'static str,
    again: &'static str,
    completed_meanwhile: &'static str,
    moved: &'static str,
    moved_by_staff: &'static str,
    join: &'static str,
    missing: &'static str,
    error: &'static str,
    sent: &'static str,
    confirm: &'static str,
    confirmed: &'static str,
    join_closed: &'static str,
    somebody_else: &'static str,
    where_account: &'static str,
    no_address: &'static str,
    away: &'static str,
    too_many: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    expired: "This invitation has expired",
    cancelled: "This invitation was taken back",
    replaced: "There is a newer link",
    closed: "This invitation is no longer open",
    broken: "This link does not work",
    no_page: "There is no such page",
    declined: "This invitation was declined",
    invites: "invites you",
    signed_in: "You are signed in as",
    not_active: "The organization is not active",
    own: "Your invitations",
    own_expired: "It has expired.",
    own_declined: "You have declined.",
    unwanted: "You said so on",
    none: "No invitation to your confirmed addresses waits for an answer.",
    trainings: "Your trainings",
    completed: "Completed (100 %)",
    begun: "Begun (30 %)",
    moves: "Go on for my organization",
    ended: "Your sign-in had ended before you pressed the button.",
    again: "press the button once more",
    completed_meanwhile: "One of the two is completed by now",
    moved: "you go on for your organization.",
    moved_by_staff: "Registry staff moved it:",
    join: "Choose where you work and what you learn",
    missing: "Something is missing",
    error: "Error:",
    sent: "Look into your mailbox",
    confirm: "Confirm your address",
    confirmed: "Your address is confirmed",
    join_closed: "This page is not there",
    somebody_else: "whose verified address is not the one that was invited",
    where_account: "Where do you have an account?",
    no_address: "tells us no confirmed e-mail address of yours",
    away: "Something on our side is away.",
    too_many: "Too many at once",
};

const SPANISH: Words = Words {
    language: "es",
    expired: "Esta invitación ha caducado",
    cancelled: "Esta invitación fue retirada",
    replaced: "Hay un enlace más nuevo",
    closed: "Esta invitación ya no está abierta",
    broken: "Este enlace no funciona",
    no_page: "No existe esa página",
    declined: "Esta invitación fue rechazada",
    invites: "le invita",
    signed_in: "Ha iniciado sesión como",
    not_active: "La organización no está activa",
    own: "Sus invitaciones",
    own_expired: "Ha caducado.",
    own_declined: "La ha rechazado.",
    unwanted: "Lo dijo el",
    none: "Ninguna invitación a sus direcciones confirmadas espera respuesta.",
    trainings: "Sus formaciones",
    completed: "Completada (100 %)",
    begun: "Empezada (30 %)",
    moves: "Continuar para mi organización",
    ended: "Su sesión había terminado antes de que pulsara el botón.",
    again: "pulse el botón otra vez",
    completed_meanwhile: "Una de las dos ya está completada",
    moved: "continúa para su organización.",
    moved_by_staff: "Lo trasladó el personal del registro:",
    join: "Elija dónde trabaja y qué aprende",
    missing: "Falta algo",
    error: "Error:",
    sent: "Mire en su buzón",
    confirm: "Confirme su dirección",
    confirmed: "Su dirección está confirmada",
    join_closed: "Esta página no está",
    somebody_else: "cuya dirección verificada no es la que fue invitada",
    where_account: "¿Dónde tiene una cuenta?",
    no_address: "no nos indica ninguna dirección de correo confirmada",
    away: "Algo de nuestro lado no responde.",
    too_many: "Demasiado a la vez",
};

/// An address as long as one may be, of somebody of their own.
fn long_address(suite: &Suite) -> String {
    let local = format!("paula-{}-{}", suite.unique(), "p".repeat(45));
    let host = format!("{}.{}.{}.test", "b".repeat(63), "c".repeat(63), "d".repeat(56));
    let address = format!("{local}@{host}");
    assert_eq!(address.len(), 254);
    address
}

/// Somebody before their pages.
struct Walk<'s> {
    suite: &'s Suite,
    words: &'static Words,
    browser: Browser,
    organization: Organization,
    /// Where the pages are.
    edge: String,
    pictures: PathBuf,
}

impl<'s> Walk<'s> {
    async fn begin(suite: &'s Suite, words: &'static Words, browser: Browser) -> Self {
        let names = Names {
            organization: ORGANIZATION,
            group: GROUP,
            training: TRAINING,
        };
        let scripts = if browser.runs_scripts() {
            "scripts"
        } else {
            "plain"
        };
        let kept = format!("{}-{scripts}", words.language);
        Self {
            suite,
            words,
            organization: Organization::called(suite, "owner", names).await,
            edge: suite.address("gateway"),
            pictures: suite.dir().join("pictures/outcomes").join(kept),
            browser,
        }
    }

    /// The page says this in its language, shows all of it however small the window and however large the text, and is kept as
    /// pictures.
    async fn shows(&self, text: &str, picture: &str) {
        self.browser.shows(text).await;
        assert_eq!(self.browser.language().await, self.words.language, "{picture}");
        let keep = async |look: &str| {
            assert_eq!(self.browser.overhang().await, 0, "{picture} is too wide: {look}");
            assert_eq!(
                self.browser.cut().await,
                Vec::<String>::new(),
                "{picture}: {look}"
            );
            let name = format!("{picture}-{look}");
            self.browser.picture_whole_in(&self.pictures, &name).await;
        };
        self.browser.narrow(320).await;
        keep("small").await;
        // Larger text lasts until the window becomes another, as it does for a picture of what is below it.
        self.browser.tall(320).await;
        self.browser.writes(200).await;
        assert!(
            self.browser.is_large().await,
            "{picture}: the text is as small as before"
        );
        assert_eq!(self.browser.overhang().await, 0, "{picture} is too wide: large");
        assert_eq!(self.browser.cut().await, Vec::<String>::new(), "{picture}: large");
        let large = format!("{picture}-large");
        self.browser.picture_in(&self.pictures, &large).await;
        self.browser.writes(100).await;
        self.browser.narrow(390).await;
        self.browser.prefers(Colours::Dark).await;
        keep("dark").await;
        self.browser.prefers(Colours::Light).await;
    }

    async fn open(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.edge)).await;
    }

    /// Goes on at another gateway.
    fn turns_to(&mut self, edge: &str) {
        self.browser.looks_at(edge);
        edge.clone_into(&mut self.edge);
    }

    /// Somebody new, who was invited, and the link of the mail.
    async fn invited(&self, who: &str) -> (Invitation, String) {
        let address = format!("{who}-{}@school.test", self.suite.unique());
        self.invited_at(&self.organization, &address).await
    }

    async fn invited_at(&self, organization: &Organization, address: &str) -> (Invitation, String) {
        let wanted = organization.inviting(address).invitation.unwrap();
        let wanted = Invitation {
            language: self.words.language.to_owned(),
            ..wanted
        };
        let earlier = messages_for(self.suite, address, 0).await.len();
        let owner = self.suite.client("owner");
        let made = invitation::create(&owner, &organization.name, wanted)
            .await
            .unwrap();
        let newest = messages_for(self.suite, address, earlier + 1).await;
        let links = newest.first().unwrap().links();
        let link = links.into_iter().find(|link| link.contains("/i/")).unwrap();
        (made, link)
    }

    async fn cancel(&self, invitation: &Invitation) {
        let owner = self.suite.client("owner");
        let names = vec![invitation.name.clone()];
        let done = invitation::batch_cancel(&owner, &self.organization.name, names).await;
        assert_eq!(done.unwrap().len(), 1);
    }

    /// What only time brings about.
    async fn becomes(&self, invitation: &Invitation, what: &str) {
        let id = invitation.name.rsplit('/').next().unwrap();
        let database = Database::of(self.suite, "invitation").await;
        let change = format!("UPDATE invitations SET {what} WHERE invitation_id = '{id}'");
        database.change(&change).await;
    }
}

/// What the link shows, whoever has it, once it leads to no invitation that could be accepted. None of it changes anything.
async fn links(walk: &Walk<'_>) {
    let suite = walk.suite;
    let owner = suite.client("owner");
    let (_, pending) = walk.invited_at(&walk.organization, &long_address(suite)).await;
    let (invitation, expired) = walk.invited("expired").await;
    walk.becomes(&invitation, "expire_time = create_time").await;
    let (invitation, cancelled) = walk.invited("cancelled").await;
    walk.cancel(&invitation).await;
    let (invitation, replaced) = walk.invited("replaced").await;
    invitation::resend(&owner, &invitation.name, true).await.unwrap();
    let (invitation, accepted) = walk.invited("accepted").await;
    walk.organization
        .join(suite, &accepted, &invitation.address)
        .await;
    let declining = "state = 'DECLINED', state_before_decline = 'PENDING', decline_time = now()";
    let (invitation, declined) = walk.invited("declined").await;
    walk.becomes(&invitation, declining).await;
    let (invitation, refused) = walk.invited("refused").await;
    walk.becomes(&invitation, &format!("{declining} - interval '25 hours'"))
        .await;

    let words = walk.words;
    let before = Snapshot::settled(suite, &walk.organization).await;
    for (link, text, picture) in [
        (&pending, words.invites, "01-pending"),
        (&expired, words.expired, "02-expired"),
        (&cancelled, words.cancelled, "03-cancelled"),
        (&replaced, words.replaced, "04-replaced"),
        (&accepted, words.closed, "05-accepted"),
        (&declined, words.declined, "06-declined"),
        (&refused, words.closed, "07-refused"),
    ] {
        suite.http.head(link.as_str()).send().await.unwrap();
        walk.browser.go(link).await;
        walk.shows(text, picture).await;
    }
    walk.browser.go(&pending).await;
    walk.browser.click("#to-decline").await;
    walk.shows("***@", "08-decline").await;
    walk.open("/i/AAAA").await;
    walk.shows(words.broken, "09-broken").await;
    walk.open("/no/such/page").await;
    walk.shows(words.no_page, "10-no-page").await;
    let why = "a look has changed something";
    before.still_stands(suite, &walk.organization, why).await;
}

/// Organizations that are suspended or closed.
async fn organizations(walk: &Walk<'_>) {
    let (suite, words) = (walk.suite, walk.words);
    let other = Organization::create(suite).await;
    let slug = other.open_join_page(suite).await;
    let address = format!("closing-{}@school.test", suite.unique());
    let (_, link) = walk.invited_at(&other, &address).await;
    walk.browser.go(&link).await;
    walk.browser.click("#register").await;
    walk.browser.registers(&address, None).await;
    walk.browser.shows(words.signed_in).await;
    let staff = suite.client("staff");
    profile::suspend(&staff, &other.name, "a test").await.unwrap();
    walk.browser.click("#accept").await;
    walk.shows(words.not_active, "11-suspended").await;
    profile::reinstate(&staff, &other.name, "a test").await.unwrap();
    profile::close(&suite.client("owner"), &other.name, "a test")
        .await
        .unwrap();
    eventually(async || {
        walk.browser.go(&link).await;
        let page = walk.browser.client.source().await.unwrap();
        page.contains(words.cancelled)
    })
    .await;
    walk.shows(words.cancelled, "12-closed").await;
    walk.open(&format!("/join/{slug}")).await;
    walk.shows(words.join_closed, "13-join-closed").await;
    walk.browser.click("#sign-out").await;
}

/// What somebody finds in their account.
async fn account(walk: &Walk<'_>) {
    let (suite, words) = (walk.suite, walk.words);
    let address = long_address(suite);
    let (first, link) = walk.invited_at(&walk.organization, &address).await;
    walk.browser.go(&link).await;
    walk.browser.click("#register").await;
    walk.browser.registers(&address, None).await;
    walk.shows(words.signed_in, "14-accept").await;
    // While the page stood open.
    walk.cancel(&first).await;
    walk.browser.click("#accept").await;
    walk.shows(words.cancelled, "15-cancelled-meanwhile").await;
    walk.open("/invitations").await;
    walk.shows(words.none, "16-none").await;

    walk.invited_at(&walk.organization, &address).await;
    for (organization, what) in [
        (Organization::create(suite).await, "expire_time = create_time"),
        (
            Organization::create(suite).await,
            "state = 'DECLINED', state_before_decline = 'PENDING', decline_time = now()",
        ),
    ] {
        let (invitation, _) = walk.invited_at(&organization, &address).await;
        walk.becomes(&invitation, what).await;
    }
    walk.open("/invitations").await;
    walk.browser.shows(words.own_expired).await;
    walk.browser.shows(words.own_declined).await;
    walk.shows(words.own, "17-own").await;
    // Of the one that has expired.
    for css in ["summary", "input[name=do_not_invite_again]", ".decline"] {
        walk.browser
            .click(&format!("section:has(.decline):not(:has(.accept)) {css}"))
            .await;
    }
    walk.shows(words.unwanted, "17-unwanted").await;
    walk.browser.click(".lift").await;
    eventually(async || {
        let page = walk.browser.client.source().await.unwrap();
        !page.contains(words.unwanted)
    })
    .await;
    walk.browser.shows(words.own).await;
    walk.browser.click(".accept").await;
    trainings(walk, &address).await;
}

/// What they have to take, have begun by themself, and have completed.
async fn trainings(walk: &Walk<'_>, address: &str) {
    let (suite, words) = (walk.suite, walk.words);
    let person = suite.client(address);
    let assigned = eventually_some(async || {
        let own = record::list_own_assignments(&person).await.unwrap();
        own.into_iter()
            .find(|one| one.organization == walk.organization.name)
    })
    .await;
    let learner = assigned.name.split("/assignments/").next().unwrap();
    let learner = learner.replace("persons/", &format!("{}/learners/", walk.organization.name));
    let further = walk.organization.training(suite).await;
    let owner = suite.client("owner");
    record::assign_training(&owner, &learner, &further, "2100-12-31")
        .await
        .unwrap();
    let all = record::list_own_assignments(&person).await.unwrap();
    let by_hand = all.iter().find(|one| one.training == further).unwrap();
    let own = record::take_training(&person, &assigned.training).await.unwrap();
    let learning_system = suite.client("learning-system");
    for (name, percent) in [(&own.name, 30), (&by_hand.name, 100)] {
        training::report_progress(&learning_system, name, percent)
            .await
            .unwrap();
    }
    walk.open("/trainings").await;
    walk.browser.shows(words.completed).await;
    walk.browser.shows(words.moves).await;
    walk.browser.shows(TRAINING).await;
    walk.shows(words.trainings, "18-trainings").await;
    let certificates = record::list_own_certificates(&person).await.unwrap();
    walk.browser
        .shows(&certificates.first().unwrap().certificate_number)
        .await;

    walk.browser.client.delete_cookie("muster-session").await.unwrap();
    walk.browser.click(".transfer").await;
    walk.browser.shows(words.ended).await;
    walk.browser.click("#sign-in").await;
    walk.browser.registers(address, None).await;
    walk.shows(words.again, "18-trainings-again").await;
    // While the page stood open.
    training::report_progress(&learning_system, &own.name, 100)
        .await
        .unwrap();
    walk.browser.click(".transfer").await;
    walk.shows(words.completed_meanwhile, "18-trainings-completed-meanwhile")
        .await;
    moves(walk, &person, &assigned).await;
    let employed = employment::list_own(&person).await.unwrap();
    assert_eq!(employed.len(), 1);
}

/// Progress that they move to what an organization has assigned, and what registry staff move there from another sign-in.
async fn moves(walk: &Walk<'_>, person: &Client, assigned: &Assignment) {
    let (suite, words) = (walk.suite, walk.words);
    let learning_system = suite.client("learning-system");
    let begin = async |who: &Client, percent| {
        let own = record::take_training(who, &assigned.training).await.unwrap();
        training::report_progress(&learning_system, &own.name, percent)
            .await
            .unwrap();
        own.name
    };
    let further = async || {
        let all = record::list_own_assignments(person).await.unwrap();
        let own = all.into_iter().find(|one| one.name == assigned.name);
        own.unwrap().progress_percent
    };
    begin(person, 30).await;
    walk.open("/trainings").await;
    walk.browser.click(".transfer").await;
    walk.browser.shows(words.moved).await;
    walk.browser.shows(words.begun).await;
    assert_eq!(further().await, 30);

    let other = suite.client(&format!("other-{}@school.test", suite.unique()));
    let begun = begin(&other, 60).await;
    record::move_progress(&suite.client("staff"), &begun, &assigned.name, REASON)
        .await
        .unwrap();
    assert_eq!(further().await, 60);
    walk.open("/trainings").await;
    walk.browser.shows(REASON).await;
    walk.shows(words.moved_by_staff, "18-trainings-moved").await;
}

/// By the page, with what people leave out.
async fn joins(walk: &Walk<'_>) {
    let (suite, words) = (walk.suite, walk.words);
    let slug = walk.organization.open_join_page(suite).await;
    let address = long_address(suite);
    walk.open(&format!("/join/{slug}")).await;
    walk.shows(words.join, "19-join").await;
    let field = walk.browser.client.find(Locator::Css("#address")).await.unwrap();
    field.send_keys(&address).await.unwrap();
    // A browser asks for what is missing by itself.
    let late = "document.querySelector('form').noValidate = true";
    walk.browser.client.execute(late, Vec::new()).await.unwrap();
    walk.browser.click("#join").await;
    walk.shows(words.missing, "20-join-missing").await;
    let title = walk.browser.client.title().await.unwrap();
    assert!(title.starts_with(words.error), "{title}");
    let field = walk.browser.client.find(Locator::Css("#address")).await.unwrap();
    assert_eq!(field.prop("value").await.unwrap(), Some(address.clone()));
    walk.browser.click("#problems a[href='#group']").await;
    let described = "#group[aria-invalid=true][aria-describedby=problems]";
    walk.browser.client.find(Locator::Css(described)).await.unwrap();
    for choice in ["#location option:nth-child(2)", "#group option:nth-child(2)"] {
        walk.browser.click(choice).await;
    }
    walk.browser.click("#join").await;
    walk.shows(words.sent, "21-sent").await;
    let link = link_for(suite, &address).await;
    walk.browser.go(&link).await;
    walk.shows(words.confirm, "22-confirm").await;
    walk.browser.click("#confirm").await;
    walk.shows(words.confirmed, "23-confirmed").await;
    // Once more: by the same link, from the same mail.
    walk.browser.go(&link).await;
    walk.browser.click("#confirm").await;
    walk.browser.shows(words.confirmed).await;
    walk.open("/j/AAAA").await;
    walk.browser.click("#confirm").await;
    walk.browser.shows(words.broken).await;
}

/// As many ask at once who ask too much: fewer than may be answered at the same time.
const FLOOD: usize = 32;

/// Where people choose an issuer, none of which is believed about addresses, and nobody can be asked about learning records.
async fn elsewhere(suite: &Suite) -> LocalhostGateway {
    let issuers = std::fs::read_to_string(suite.dir().join("keys/issuers.toml")).unwrap();
    let believed = "trust_email = true";
    assert!(issuers.contains(believed), "{issuers}");
    let issuers = issuers.replace(believed, "trust_email = false");
    let nowhere = "http://127.0.0.1:1";
    let other = format!(
        "[[issuer]]\nurl = \"{nowhere}\"\naudience = \"other\"\nclient_id = \"pages\"\nname = \"{ISSUER}\"\n"
    );
    let file = suite.dir().join(format!("issuers-{}.toml", suite.unique()));
    std::fs::write(&file, issuers + &other).unwrap();
    let path = file.display().to_string();
    let settings = [("MUSTER_ISSUERS", path.as_str()), ("MUSTER_RECORDS_URL", nowhere)];
    let gateway = LocalhostGateway::told(suite, &settings).await;
    std::fs::remove_file(file).unwrap();
    gateway
}

/// Asks again and again, from where browsers do.
async fn floods(url: &str) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    loop {
        join_all((0..FLOOD).map(|_| http.get(url).send())).await;
    }
}

/// By which account somebody is known, where there are several, where none of them tells an address, and what is said where nobody can be
/// asked or too much is.
async fn accounts(walk: &mut Walk<'_>) {
    let (suite, words) = (walk.suite, walk.words);
    let address = format!("accounts-{}@school.test", suite.unique());
    let (_, link) = walk.invited_at(&walk.organization, &address).await;
    // Whoever was signed in before.
    walk.browser.client.delete_all_cookies().await.unwrap();
    walk.browser.go(&link).await;
    walk.browser.click("#sign-in").await;
    let other = format!("else-{}@school.test", suite.unique());
    walk.browser.registers(&other, Some(PERSON)).await;
    walk.shows(words.somebody_else, "24-somebody-else").await;
    walk.browser.click("#switch").await;
    walk.browser.shows(words.invites).await;

    let gateway = elsewhere(suite).await;
    walk.turns_to(&gateway.url);
    walk.browser.go(&gateway.link(suite, &link)).await;
    walk.browser.click("#register summary").await;
    walk.shows(words.where_account, "25-choices").await;
    walk.browser.click(".choices a").await;
    walk.browser.registers(&address, None).await;
    walk.shows(words.no_address, "26-no-address").await;
    walk.open("/sign-in").await;
    walk.shows(words.where_account, "27-choose").await;
    walk.open("/trainings").await;
    walk.shows(words.away, "28-away").await;

    // From where the browser asks, too: what is allowed at once is soon used up.
    let flooded = gateway.url.replace("localhost", "127.0.0.1") + "/sign-in?issuer=unknown";
    eventually(async || {
        tokio::select! {
            () = floods(&flooded) => {}
            () = walk.open("/sign-in") => {}
        }
        let page = walk.browser.client.source().await.unwrap();
        page.contains(words.too_many)
    })
    .await;
    walk.shows(words.too_many, "29-too-many").await;
}

async fn walk(words: &'static Words, browser: Browser, suite: &Suite) {
    let mut walk = Walk::begin(suite, words, browser).await;
    links(&walk).await;
    organizations(&walk).await;
    account(&walk).await;
    joins(&walk).await;
    if !walk.browser.runs_scripts() {
        accounts(&mut walk).await;
    }
    walk.browser.close().await;
}

#[tokio::test]
async fn whatever_becomes_of_an_invitation_is_told_in_english() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    walk(&ENGLISH, Browser::reading(&suite, "en").await, &suite).await;
}

#[tokio::test]
async fn whatever_becomes_of_an_invitation_is_told_in_english_without_any_script() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let browser = Browser::reading(&suite, "en").await.without_scripts().await;
    walk(&ENGLISH, browser, &suite).await;
}

#[tokio::test]
async fn whatever_becomes_of_an_invitation_is_told_in_spanish() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    walk(&SPANISH, Browser::reading(&suite, "es").await, &suite).await;
}

#[tokio::test]
async fn whatever_becomes_of_an_invitation_is_told_in_spanish_without_any_script() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let browser = Browser::reading(&suite, "es").await.without_scripts().await;
    walk(&SPANISH, browser, &suite).await;
}
