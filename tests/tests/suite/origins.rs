//! Scripts of pages of other origins, in a real browser: it asks first, and keeps answers from those who are not named.

use muster_proto::organization::v1::GetOrganizationRequest;
use prost::Message;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Browser, Organization, Suite, with_others};

/// Each call, and what the script could read of it.
const CALLS: &str = r#"
const [edge, token, organization, message, done] = arguments;
const path = `${edge}/v1/${organization}`;
const headers = { authorization: `Bearer ${token}` };
const inJson = async () => (await (await fetch(path, { headers })).json()).organization.name;
const inGrpcWeb = async () => {
  const answer = await fetch(`${edge}/muster.organization.v1.OrganizationService/GetOrganization`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1', 'grpc-timeout': '4S' },
    body: new Uint8Array(message),
  });
  return new TextDecoder().decode(await answer.arrayBuffer());
};
const refused = async () => {
  const answer = await fetch(path);
  return `${answer.status} ${answer.headers.get('www-authenticate')} ${(await answer.json()).details[0].reason}`;
};
const withCookies = async () => (await fetch(path, { headers, credentials: 'include' })).status;
const ofPages = async () => (await fetch(`${edge}/invitation`)).status;
const theDocument = async () => (await (await fetch(`${edge}/openapi.json`)).json()).openapi;
const told = (call) => call().catch((error) => error.name);
Promise.all([inJson, inGrpcWeb, refused, withCookies, ofPages, theDocument].map(told)).then(done);
"#;

/// What a script hears of an answer that the browser keeps.
const KEPT: &str = "TypeError";

/// Answers with an empty page for as long as the test runs.
async fn serve(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(empty_page(stream));
    }
}

async fn empty_page(mut stream: TcpStream) -> std::io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let page = "<!doctype html><title>A page</title>";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close";
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{page}", page.len());
    writer.write_all(answer.as_bytes()).await
}

/// What scripts of a page at `origin` could read.
async fn heard(suite: &Suite, browser: &Browser, organization: &str, origin: &str) -> Vec<Value> {
    let name = organization.to_owned();
    let message = GetOrganizationRequest { name }.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let framed = [&[0][..], &length, &message].concat();
    browser.go(origin).await;
    let arguments = vec![
        json!(suite.address("gateway")),
        json!(suite.token("owner")),
        json!(organization),
        json!(framed),
    ];
    let heard = browser.client.execute_async(CALLS, arguments).await.unwrap();
    heard.as_array().unwrap().clone()
}

#[tokio::test]
async fn scripts_of_named_origins_read_answers_and_others_do_not() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let named = suite.address("app");
    let listener = TcpListener::bind(named.trim_start_matches("http://"))
        .await
        .unwrap();
    tokio::spawn(serve(listener));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener));
    let browser = Browser::open(&suite).await;

    let heard_there = heard(&suite, &browser, &organization.name, &named).await;
    let [in_json, in_grpc_web, refused, with_cookies, of_pages, document] = &heard_there[..] else {
        panic!("{heard_there:?}")
    };
    assert_eq!(in_json, &json!(organization.name));
    let in_grpc_web = in_grpc_web.as_str().unwrap();
    assert!(
        in_grpc_web.contains(&organization.name) && in_grpc_web.contains("grpc-status:0"),
        "{in_grpc_web}"
    );
    assert_eq!(refused, r#"401 Bearer realm="muster" TOKEN_MISSING"#);
    assert_eq!((with_cookies, of_pages), (&json!(KEPT), &json!(KEPT)));
    assert_eq!(document, "3.0.3");

    let heard_elsewhere = heard(&suite, &browser, &organization.name, &other).await;
    assert_eq!(
        heard_elsewhere,
        [KEPT, KEPT, KEPT, KEPT, KEPT, "3.0.3"].map(Value::from)
    );
    browser.close().await;
}
