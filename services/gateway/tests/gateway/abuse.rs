//! Frames that no decent client sends: whoever sends them is cut off, and nobody else notices.

use std::iter::once;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::Code;

use crate::support::{Fixture, PATIENCE};
use crate::wire::Call;

const OWN: &str = "records.v1.PersonRecordService/ListRecordAccesses";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ENHANCE_YOUR_CALM: u32 = 11;

/// POST, http, `/` and an authority: a head that can be answered.
const HEAD: &[u8] = &[0x83, 0x86, 0x84, 0x01, 1, b'x'];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A text in HPACK: its length with a prefix of seven bits, and itself.
fn text(value: &str) -> Vec<u8> {
    let mut length = value.len();
    let mut bytes = vec![u8::try_from(length.min(127)).unwrap()];
    if length >= 127 {
        length -= 127;
        while length >= 128 {
            bytes.push(u8::try_from(length % 128).unwrap() | 128);
            length /= 128;
        }
        bytes.push(u8::try_from(length).unwrap());
    }
    bytes.extend(value.as_bytes());
    bytes
}

/// The head of a call of [`OWN`].
fn call(token: &str) -> Vec<u8> {
    let header = |name: &str, value: &str| [vec![0], text(name), text(value)].concat();
    [
        vec![0x83, 0x86, 0x04],
        text(&format!("/muster.{OWN}")),
        header("content-type", "application/grpc"),
        header("te", "trailers"),
        header("authorization", &format!("Bearer {token}")),
    ]
    .concat()
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Sends the frames as often as they are taken, and tells with which code the connection ends.
async fn cut_with(fixture: &Fixture, frames: impl Fn(u32) -> Vec<u8>) -> u32 {
    let (mut reader, mut writer) = TcpStream::connect(fixture.address).await.unwrap().into_split();
    let greeting = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    writer.write_all(&greeting).await.unwrap();
    let flood = async {
        for n in 0.. {
            if writer.write_all(&frames(n)).await.is_err() {
                break;
            }
        }
    };
    let listen = async {
        loop {
            let mut head = [0; 9];
            reader.read_exact(&mut head).await.unwrap();
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            reader.read_exact(&mut payload).await.unwrap();
            if head[3] == GOAWAY {
                return u32::from_be_bytes(payload[4..8].try_into().unwrap());
            }
        }
    };
    let both = async { tokio::join!(flood, listen).1 };
    timeout(PATIENCE, both).await.unwrap()
}

async fn honest_call(fixture: &Fixture) -> Code {
    let call = Call::to(OWN).token(&fixture.issuer.token("eve"));
    call.send(&fixture.edge, b"").await.code()
}

/// Somebody else's calls are answered before, meanwhile, and afterwards.
async fn while_others_call(fixture: &Fixture, frames: impl Fn(u32) -> Vec<u8>) -> u32 {
    assert_eq!(honest_call(fixture).await, Code::Ok);
    let (code, meanwhile) = tokio::join!(cut_with(fixture, frames), honest_call(fixture));
    assert_eq!((meanwhile, honest_call(fixture).await), (Code::Ok, Code::Ok));
    code
}

#[tokio::test]
async fn rapid_resets_are_cut_off() {
    const STREAMS: u32 = 100;
    let fixture = Fixture::new().await;
    let resets = |n: u32| {
        let streams = (0..STREAMS).map(|stream| 1 + 2 * (n * STREAMS + stream));
        let calls = streams.flat_map(|stream| {
            [
                frame(HEADERS, END_HEADERS, stream, HEAD),
                frame(RST_STREAM, 0, stream, &8u32.to_be_bytes()),
            ]
        });
        calls.flatten().collect()
    };
    assert_eq!(while_others_call(&fixture, resets).await, ENHANCE_YOUR_CALM);
}

#[tokio::test]
async fn calls_that_are_taken_back_on_their_way_to_a_service_are_not_felt_by_others() {
    const ROUNDS: u32 = 20;
    /// Fewer than are cut off before anybody looks at them.
    const STREAMS: u32 = 15;
    let fixture = Fixture::new().await;
    assert_eq!(honest_call(&fixture).await, Code::Ok);
    let block = call(&fixture.issuer.token("ada"));
    let connected = async || {
        let mut attacker = TcpStream::connect(fixture.address).await.unwrap();
        attacker.write_all(PREFACE).await.unwrap();
        attacker.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        attacker
    };
    let mut attacker = connected().await;
    for round in 0..ROUNDS {
        let streams = (0..STREAMS).map(|n| 1 + 2 * (round * STREAMS + n));
        let calls = streams.clone().flat_map(|stream| {
            let head = frame(HEADERS, END_HEADERS, stream, &block);
            once(head).chain(once(frame(DATA, END_STREAM, stream, &[0; 5])))
        });
        let calls: Vec<_> = calls.flatten().collect();
        // Read more slowly after a while, what it takes back comes all at once, and it is cut off.
        if attacker.write_all(&calls).await.is_err() {
            attacker = connected().await;
        }
        let honest = honest_call(&fixture);
        let resets = streams.flat_map(|stream| frame(RST_STREAM, 0, stream, &8u32.to_be_bytes()));
        let resets: Vec<_> = resets.collect();
        let (honest, _) = tokio::join!(honest, attacker.write_all(&resets));
        assert_eq!((honest, honest_call(&fixture).await), (Code::Ok, Code::Ok));
    }
}

/// What the gateway says of a call that ends with this header block instead of DATA.
async fn code_of_trailers(fixture: &Fixture, trailers: &[u8]) -> Option<String> {
    let mut stream = TcpStream::connect(fixture.address).await.unwrap();
    let head = frame(HEADERS, END_HEADERS, 1, &call(&fixture.issuer.token("ada")));
    let end = frame(HEADERS, END_HEADERS | END_STREAM, 1, trailers);
    let greeting = [
        PREFACE,
        &frame(SETTINGS, 0, 0, &[]),
        &head,
        &frame(DATA, 0, 1, &[0; 5]),
        &end,
    ]
    .concat();
    stream.write_all(&greeting).await.unwrap();
    let answered = async {
        loop {
            let mut head = [0; 9];
            // The connection may be cut as well.
            stream.read_exact(&mut head).await.ok()?;
            let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
            stream.read_exact(&mut payload).await.unwrap();
            match head[3] {
                RST_STREAM => return None,
                // Plain text in the answer's header block.
                HEADERS => return Some(String::from_utf8_lossy(&payload).into_owned()),
                _ => {}
            }
        }
    };
    timeout(PATIENCE, answered).await.unwrap()
}

#[tokio::test]
async fn a_request_with_trailers_is_malformed_whatever_they_say() {
    let fixture = Fixture::new().await;
    let named = |name: &str| [vec![0], text(name), text("x")].concat();
    for (what, trailers) in [
        (":method", vec![0x83]),
        (":path", named(":path")),
        (":status", named(":status")),
        (":path and a field", [named(":path"), named("x")].concat()),
        ("a field", named("x")),
        ("nothing", vec![]),
    ] {
        code_of_trailers(&fixture, &trailers).await;
        assert!(fixture.backend.seen().is_empty(), "{what}");
        assert_eq!(honest_call(&fixture).await, Code::Ok, "{what}");
        fixture.backend.forget();
    }
}

#[tokio::test]
async fn headers_without_an_end_are_cut_off() {
    let fixture = Fixture::new().await;
    let headers = |n: u32| match n {
        0 => frame(HEADERS, 0, 1, HEAD),
        _ => frame(CONTINUATION, 0, 1, &[0, 1, b'x', 1, b'y']),
    };
    assert_eq!(while_others_call(&fixture, headers).await, ENHANCE_YOUR_CALM);
}

#[tokio::test]
async fn headers_that_unpack_to_megabytes_are_cut_off() {
    const NEWEST: u8 = 0x80 | 62;
    let fixture = Fixture::new().await;
    let bomb = |n: u32| {
        let stream = 1 + 2 * n;
        // Remembered: x, with a value of 120 bytes. Then 10,000 times the same.
        let entry = [&[0x40, 1, b'x', 120][..], &[b'y'; 120]].concat();
        let block = [HEAD, &entry, &[NEWEST; 10_000]].concat();
        frame(HEADERS, END_HEADERS | END_STREAM, stream, &block)
    };
    assert_eq!(while_others_call(&fixture, bomb).await, ENHANCE_YOUR_CALM);
}
