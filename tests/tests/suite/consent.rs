//! Who may read a learning record: somebody decides it on a page, and sees who read.

use fantoccini::Locator;
use muster_client::acts::{employment, record};
use muster_client::{CallError, Client};
use muster_proto::employment::v1::EmploymentClaim;
use muster_proto::records::v1::GrantState;
use muster_refusal::ErrorReason;
use muster_testkit::{eventually, eventually_some};

use crate::support::{Browser, Colours, Employee, Organization, Suite, with_others};

/// What the pages say in a language.
struct Words {
    language: &'static str,
    title: &'static str,
    asked: &'static str,
    asleep: &'static str,
    not: &'static str,
    allowed: &'static str,
    allowed_until: &'static str,
    denied: &'static str,
    revoked: &'static str,
    record: &'static str,
    before: &'static str,
    wrong: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    title: "Who may read your learning record",
    asked: "to read your learning record.",
    asleep: "Nobody can read it yet",
    not: "Not allowed: it cannot read it",
    allowed: "You have allowed it.",
    allowed_until: "until 1 April 2031, 00:00 EDT (UTC-4)",
    denied: "You have not allowed it.",
    revoked: "You have taken it back.",
    record: "Your whole learning record",
    before: "when you took it back",
    wrong: "Choose a day from today on",
};

const SPANISH: Words = Words {
    language: "es",
    title: "Quién puede leer su registro de formación",
    asked: "leer su registro de formación.",
    asleep: "Todavía no puede leerlo nadie",
    not: "Sin permiso: no puede leerlo",
    allowed: "Lo ha permitido.",
    allowed_until: "hasta el 1 de abril de 2031, 00:00 EDT (UTC-4)",
    denied: "No lo ha permitido.",
    revoked: "Ha retirado el permiso.",
    record: "Todo su registro de formación",
    before: "cuando lo retiró",
    wrong: "Elija un día a partir de hoy",
};

/// Somebody who works at an organization, before their pages.
struct Walk<'s> {
    suite: &'s Suite,
    words: &'static Words,
    browser: Browser,
    organization: Organization,
    employee: Employee,
}

impl<'s> Walk<'s> {
    async fn begin(suite: &'s Suite, words: &'static Words, browser: Browser) -> Self {
        let organization = Organization::create(suite).await;
        let employee = organization.employee(suite).await;
        Self {
            suite,
            words,
            browser,
            organization,
            employee,
        }
    }

    fn learner(&self) -> String {
        self.employee
            .person
            .replace("persons/", &format!("{}/learners/", self.organization.name))
    }

    fn owner(&self) -> Client {
        self.suite.client("owner")
    }

    fn person(&self) -> Client {
        self.suite.client(&self.employee.address)
    }

    async fn asks(&self, message: &str) {
        // The records may hear of the employment only now.
        let asked = async || {
            record::request_grant(&self.owner(), &self.learner(), message)
                .await
                .ok()
        };
        eventually_some(asked).await;
    }

    async fn open(&self, path: &str) {
        let edge = self.suite.address("gateway");
        self.browser.go(&format!("{edge}{path}")).await;
    }

    async fn sign_in(&self) {
        self.open("/consent").await;
        self.browser.shows(self.words.title).await;
        self.goes_to_the_issuer().await;
    }

    async fn goes_to_the_issuer(&self) {
        self.browser.click("#sign-in").await;
        self.browser.registers(&self.employee.address, None).await;
    }

    /// The page says this, fits into a phone, and is kept as pictures: on a phone, twice as large, dark.
    async fn shows(&self, text: &str, picture: &str) {
        self.browser.shows(text).await;
        assert_eq!(self.browser.language().await, self.words.language, "{picture}");
        let folder = self
            .suite
            .dir()
            .join("pictures/consent")
            .join(self.words.language);
        let keep = async |look: &str| {
            assert_eq!(self.browser.overhang().await, 0, "{picture} is too wide: {look}");
            let name = format!("{picture}-{look}");
            self.browser.picture_whole_in(&folder, &name).await;
        };
        self.browser.as_large(320, 1).await;
        keep("phone").await;
        self.browser.as_large(640, 2).await;
        keep("200").await;
        self.browser.prefers(Colours::Dark).await;
        keep("dark").await;
        self.browser.prefers(Colours::Light).await;
    }

    /// What the owner is answered who reads the record.
    async fn reads(&self) -> Result<(), CallError> {
        record::get(&self.owner(), &self.learner()).await.map(drop)
    }

    async fn is_refused(&self) {
        let refused = self.reads().await.unwrap_err();
        assert_eq!(refused.reason(), Some(ErrorReason::GrantRequired), "{refused:?}");
    }

    async fn chooses(&self, day: &str) {
        self.browser.types(".site input[type=date]", day).await;
    }
}

async fn walk(words: &'static Words, browser: Browser, suite: &Suite) {
    let walk = Walk::begin(suite, words, browser).await;
    walk.is_refused().await;
    walk.asks("For the inspection in March.\nThank you!").await;
    walk.sign_in().await;
    walk.shows(walk.words.asked, "1-asked").await;
    assert_eq!(record::list_own_accesses(&walk.person()).await.unwrap(), []);
    walk.is_refused().await;

    walk.browser.click(".allow").await;
    walk.shows(words.allowed, "2-allowed").await;
    walk.reads().await.unwrap();
    walk.open("/consent/readings").await;
    walk.shows(words.record, "3-readings").await;

    walk.open("/consent").await;
    walk.browser.click(".revoke").await;
    walk.shows(words.revoked, "4-revoked").await;
    walk.is_refused().await;

    walk.chooses("03312031").await;
    walk.browser.click(".allow").await;
    walk.shows(words.allowed_until, "5-until").await;
    walk.reads().await.unwrap();
    walk.browser.click(".revoke").await;
    walk.browser.shows(words.revoked).await;

    walk.asks("").await;
    walk.open("/consent").await;
    walk.browser.shows(words.asked).await;
    walk.browser.click(".deny").await;
    walk.shows(words.denied, "6-denied").await;
    walk.browser.click("#past summary").await;
    walk.shows(words.before, "7-past").await;
    let states = async || -> Vec<GrantState> {
        let own = record::list_own_grants(&walk.person()).await.unwrap();
        own.iter().map(|grant| grant.state()).collect()
    };
    use GrantState as S;
    assert_eq!(states().await, [S::Denied, S::Revoked, S::Revoked]);

    let other = Organization::create(suite).await;
    let claim = EmploymentClaim {
        organization: other.name.clone(),
        ..Default::default()
    };
    employment::claim_granting(&walk.person(), vec![claim])
        .await
        .unwrap();
    eventually(async || states().await.first() == Some(&S::Active)).await;
    walk.open("/consent").await;
    walk.shows(words.asleep, "8-asleep").await;
    walk.browser.shows(words.not).await;
    walk.browser.close().await;
}

#[tokio::test]
async fn a_person_decides_who_reads_their_record_and_sees_who_did() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let browser = Browser::open(&suite).await;
    walk(&ENGLISH, browser, &suite).await;
}

#[tokio::test]
async fn a_person_decides_it_in_spanish_and_without_any_script() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let browser = Browser::reading(&suite, "es").await.without_scripts().await;
    walk(&SPANISH, browser, &suite).await;
}

/// A browser that knows no dates lets people type anything.
#[tokio::test]
async fn a_day_that_is_none_is_told_and_everything_works_by_keys() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let walk = Walk::begin(&suite, &ENGLISH, Browser::open(&suite).await).await;
    walk.sign_in().await;
    walk.browser.shows(ENGLISH.not).await;
    let script = "document.querySelector('.site input[type=date]').type = 'text';";
    walk.browser.client.execute(script, Vec::new()).await.unwrap();
    let css = ".site input[name=until]";
    let field = walk.browser.client.find(Locator::Css(css)).await.unwrap();
    field.send_keys("soon\u{e007}").await.unwrap();
    walk.shows(ENGLISH.wrong, "9-wrong").await;
    // From the field by keys: to the button, which the return key presses.
    let field = walk.browser.client.find(Locator::Css(css)).await.unwrap();
    field.click().await.unwrap();
    let focus =
        "const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')];
                 return all.every(one => { one.focus(); return document.activeElement === one; });";
    let reached = walk.browser.client.execute(focus, Vec::new()).await.unwrap();
    assert_eq!(reached, true, "something cannot be reached by keys");
    let button = walk.browser.client.find(Locator::Css(".allow")).await.unwrap();
    button.send_keys("\u{e007}").await.unwrap();
    walk.browser.shows(ENGLISH.allowed).await;
    walk.reads().await.unwrap();
    walk.browser.close().await;
}

/// As after half an hour without a page, when browsers have forgotten who is signed in.
#[tokio::test]
async fn a_day_that_was_typed_is_still_there_after_the_sign_in_had_ended() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let walk = Walk::begin(&suite, &ENGLISH, Browser::open(&suite).await).await;
    walk.sign_in().await;
    walk.browser.shows(ENGLISH.not).await;
    walk.chooses("03312031").await;
    walk.browser.client.delete_cookie("muster-session").await.unwrap();
    walk.browser.click(".allow").await;
    walk.shows("what you chose and typed is kept for 15 minutes", "10-ended")
        .await;
    walk.goes_to_the_issuer().await;
    walk.shows("press the button once more", "11-again").await;
    walk.is_refused().await;
    walk.browser.click("#ended a").await;
    let css = ".site input[name=until]";
    let field = walk.browser.client.find(Locator::Css(css)).await.unwrap();
    assert_eq!(field.prop("value").await.unwrap().as_deref(), Some("2031-03-31"));
    walk.browser.click(".allow").await;
    walk.browser.shows(ENGLISH.allowed_until).await;
    walk.reads().await.unwrap();
    walk.browser.close().await;
}
