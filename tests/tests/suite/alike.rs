//! The join page tells nobody who has an address: whoever it belongs to, the answers have the same bytes, and take as long.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use muster_client::acts::redemption;
use muster_proto::invitation::v1::InvitationState;
use muster_testkit::effort::JOINS;
use muster_testkit::{eventually, take_alike};
use reqwest::redirect::Policy;

use crate::support::{Organization, Suite, link_for, token_of, with_others};

/// So many of each kind ask at one organization, which takes no more than 1,000 requests a day.
const PEOPLE: usize = 60;
/// What no two answers have in common.
const OF_EACH: [&str; 2] = ["date", "traceresponse"];

/// Whose addresses they are.
const KINDS: [&str; 4] = ["unknown", "invited", "active", "blocked"];

/// An answer, as far as whoever asks can see it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, Vec<u8>>,
    body: Vec<u8>,
}

impl Answer {
    async fn of(response: reqwest::Response) -> Self {
        let headers = response.headers().iter();
        let headers = headers.filter(|(name, _)| !OF_EACH.contains(&name.as_str()));
        Self {
            status: response.status().as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                .collect(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }
}

/// The page, with what is chosen there.
struct Page {
    url: String,
    sent: String,
    group: String,
    location: String,
}

/// Asks as somebody whose network nobody else asks from; how long the answer took.
async fn ask(suite: &Suite, page: &Page, address: &str) -> ([Answer; 2], Duration) {
    let visitor = suite.visitor().redirect(Policy::none());
    let visitor = visitor.build().unwrap();
    let shown = visitor.get(&page.url).send().await.unwrap();
    let shown = shown.text().await.unwrap();
    let token = shown.split("name=\"form_token\" value=\"").nth(1).unwrap();
    let form = [
        ("form_token", token.split('"').next().unwrap()),
        ("group", page.group.as_str()),
        ("location", page.location.as_str()),
        ("address", address),
    ];
    let begun = Instant::now();
    let answered = visitor.post(&page.url).form(&form).send().await.unwrap();
    let answered = Answer::of(answered).await;
    let took = begun.elapsed();
    let told = visitor.get(&page.sent).send().await.unwrap();
    ([answered, Answer::of(told).await], took)
}

/// The addresses of a kind.
async fn people(suite: &Suite, organization: &Organization, kind: &str, count: usize) -> Vec<String> {
    let mut people = Vec::new();
    for _ in 0..count {
        let address = format!("{kind}-{}@school.test", suite.unique());
        if kind != "unknown" {
            organization.invite(suite, &address).await;
        }
        if kind == "active" || kind == "blocked" {
            let link = link_for(suite, &address).await;
            if kind == "active" {
                organization.join(suite, &link, &address).await;
            } else {
                let token = token_of(&link);
                redemption::decline(&suite.client("outsider"), &token, true)
                    .await
                    .unwrap();
            }
        }
        people.push(address);
    }
    people
}

/// What is chosen on a page: the first of each.
fn first_choice(page: &str, select: &str) -> String {
    let choices = page.split(&format!("id=\"{select}\"")).nth(1).unwrap();
    let choice = choices.split("<option value=\"").nth(2).unwrap();
    choice.split('"').next().unwrap().to_owned()
}

/// Asks so often as each kind at an organization of its own, and notes how long each answer took. All answers are as `expected`.
async fn rounds(
    suite: &Suite,
    count: usize,
    expected: &mut Option<[Answer; 2]>,
    times: &mut [Vec<Duration>; KINDS.len()],
) {
    let organization = Organization::create(suite).await;
    let slug = organization.open_join_page(suite).await;
    let edge = suite.address("gateway");
    let url = format!("{edge}/join/{slug}");
    let shown = suite.http.get(&url).send().await.unwrap().text().await.unwrap();
    let page = Page {
        group: first_choice(&shown, "group"),
        location: first_choice(&shown, "location"),
        sent: format!("{edge}/join-sent"),
        url,
    };
    let mut asking = Vec::new();
    for kind in KINDS {
        asking.push(people(suite, &organization, kind, count).await);
    }
    let active = i64::try_from(count).unwrap();
    eventually(async || organization.count(suite, InvitationState::Active).await == active).await;
    // Each kind comes first, second, third and last in turn.
    let in_turn = |round| (0..KINDS.len()).map(move |turn| (round, (round + turn) % KINDS.len()));
    for (round, kind) in (0..count).flat_map(in_turn) {
        let (answers, took) = ask(suite, &page, &asking[kind][round]).await;
        assert_eq!(answers[0].status, 303, "{}: {answers:?}", KINDS[kind]);
        let expected = expected.get_or_insert_with(|| answers.clone());
        assert_eq!(&answers, expected, "{}, round {round}", KINDS[kind]);
        times[kind].push(took);
    }
}

#[tokio::test]
async fn whoever_has_an_address_the_join_page_answers_alike() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let (mut times, mut expected) = (KINDS.map(|_| Vec::new()), None);
    // How often each kind asks, each time with an address of its own.
    let mut left: usize = JOINS.or(10);
    while left > 0 {
        let count = left.min(PEOPLE);
        rounds(&suite, count, &mut expected, &mut times).await;
        left -= count;
    }
    take_alike(&KINDS, &times);
}
