//! Services that ask their callers for a certificate.

use std::path::Path;
use std::sync::{Arc, Mutex};

use muster_clock::Clock;
use muster_testkit::{Certified, Mounted, eventually};
use muster_tls::{Files, H2, ServerTls, TlsProblem, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Where a connection arrives.
#[derive(Clone, Copy)]
enum Listener {
    ForServices,
    ForEverybody,
}

fn files(mounted: &Mounted) -> Files {
    Files::new(&mounted.file("tls.crt"), &mounted.file("tls.key"))
}

/// A service that shows what is mounted there, and asks for a certificate of one of these authorities.
fn asking(mounted: &Mounted, callers: &Path) -> Arc<ServerTls> {
    Arc::new(ServerTls::open(files(mounted).asking(callers), &[H2], Clock::system()).unwrap())
}

/// A caller who believes the service, and shows nothing.
fn nobody(service: &Mounted) -> Trust {
    Trust::open(Some(&service.file("tls.crt"))).unwrap()
}

/// A caller who believes the service, and shows what is mounted there.
fn caller(service: &Mounted, own: &Mounted) -> Trust {
    nobody(service).showing(files(own)).unwrap()
}

/// What the service was shown, if a byte of it reached the caller.
async fn served(tls: &ServerTls, caller: &Trust, at: Listener) -> Option<Vec<Vec<u8>>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answering = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = match at {
            Listener::ForServices => tls.accept_service(stream).await?,
            Listener::ForEverybody => tls.accept(stream).await?,
        };
        stream.write_all(b"!").await.unwrap();
        stream.flush().await.unwrap();
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let shown: Vec<_> = shown.iter().map(|certificate| certificate.to_vec()).collect();
        Some(shown)
    };
    let calling = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let mut stream = caller.connect("localhost", stream).await.ok()?;
        let mut byte = [0];
        stream.read_exact(&mut byte).await.ok()
    };
    let (shown, heard) = tokio::join!(answering, calling);
    assert_eq!(shown.is_some(), heard.is_some());
    shown
}

async fn is_served(tls: &ServerTls, caller: &Trust) -> bool {
    served(tls, caller, Listener::ForServices).await.is_some()
}

#[tokio::test]
async fn who_shows_no_certificate_of_their_authority_is_not_served() {
    let service = Mounted::with(&Certified::of("localhost"));
    let known = Certified::of("caller");
    let (own, other) = (Mounted::with(&known), Mounted::with(&Certified::of("caller")));
    let tls = asking(&service, &own.file("tls.crt"));
    assert!(!is_served(&tls, &nobody(&service)).await, "shows nothing");
    assert!(!is_served(&tls, &caller(&service, &other)).await, "of another");
    let shown = served(&tls, &caller(&service, &own), Listener::ForServices).await;
    assert_eq!(shown, Some(vec![known.der]));
}

#[tokio::test]
async fn a_certificate_for_servers_only_opens_nothing() {
    let service = Mounted::with(&Certified::of("localhost"));
    let own = Mounted::with(&Certified::for_servers("caller"));
    let tls = asking(&service, &own.file("tls.crt"));
    assert!(!is_served(&tls, &caller(&service, &own)).await);
}

#[tokio::test]
async fn nobody_is_asked_where_everybody_may_come() {
    let service = Mounted::with(&Certified::of("localhost"));
    let own = Mounted::with(&Certified::of("caller"));
    let tls = asking(&service, &own.file("tls.crt"));
    for caller in [nobody(&service), caller(&service, &own)] {
        let shown = served(&tls, &caller, Listener::ForEverybody).await;
        assert_eq!(shown, Some(Vec::new()));
    }
    let open = ServerTls::open(files(&service), &[H2], Clock::system()).unwrap();
    assert!(is_served(&open, &nobody(&service)).await);
}

#[tokio::test]
async fn a_session_that_began_where_nobody_was_asked_opens_nothing_else() {
    let service = Mounted::with(&Certified::of("localhost"));
    let own = Mounted::with(&Certified::of("caller"));
    let tls = asking(&service, &own.file("tls.crt"));
    let nobody = nobody(&service);
    // With this the caller has tickets.
    assert!(served(&tls, &nobody, Listener::ForEverybody).await.is_some());
    assert!(!is_served(&tls, &nobody).await);
}

#[tokio::test]
async fn certificates_of_callers_and_their_authorities_are_exchanged_while_both_run() {
    let service = Mounted::with(&Certified::of("localhost"));
    let (old, new) = (Certified::of("caller"), Certified::of("caller"));
    let own = Mounted::with(&old);
    let callers = service.file("callers.pem");
    let believe = |authorities: &[&str]| std::fs::write(&callers, authorities.concat()).unwrap();
    believe(&[&old.certificate]);
    let tls = asking(&service, &callers);
    let stop = CancellationToken::new();
    let told = Arc::new(Mutex::new(None));
    let telling = Arc::clone(&told);
    let report = move |problem| *telling.lock().unwrap() = problem;
    let watching = tokio::spawn(Arc::clone(&tls).watch(report, stop.clone()));
    let before = caller(&service, &own);
    assert!(is_served(&tls, &before).await);

    // What holds no certificate changes nothing, and is told.
    believe(&["nothing"]);
    let tells = |word: &str| {
        let told = told.lock().unwrap();
        told.as_ref().is_some_and(|told: &String| told.contains(word))
    };
    eventually(async || tells("callers.pem cannot be used for TLS")).await;
    assert!(is_served(&tls, &before).await);

    // Only the new one is believed: whoever shows the old one is refused, also with a session of before.
    believe(&[&new.certificate]);
    eventually(async || !is_served(&tls, &before).await).await;
    own.change(&new.certificate, &new.key);
    assert!(
        is_served(&tls, &before).await,
        "it is read at the next connection"
    );
    // A certificate without its key is not taken over.
    own.change(&old.certificate, &new.key);
    assert!(is_served(&tls, &before).await);
    stop.cancel();
    watching.await.unwrap();
}

#[tokio::test]
async fn what_others_would_not_take_is_told_by_name() {
    let service = Mounted::with(&Certified::of("localhost"));
    let own = Mounted::with(&Certified::of("caller"));
    let now = Clock::system().now();
    let told = |mounted: &Mounted, callers: Option<&Path>| caller(&service, mounted).shows(callers, now);
    assert_eq!(nobody(&service).shows(None, now), Ok(None));
    let file = own.file("tls.crt");
    let (shown, _) = told(&own, Some(&file)).unwrap().unwrap();
    assert_eq!(shown, file.display().to_string());

    let authorities = service.file("tls.crt");
    let strange = TlsProblem::Strange {
        file: file.clone(),
        authorities: authorities.clone(),
    };
    assert_eq!(told(&own, Some(&authorities)), Err(strange));

    let for_servers = Mounted::with(&Certified::for_servers("caller"));
    let file = for_servers.file("tls.crt");
    for callers in [None, Some(file.as_path())] {
        let problem = told(&for_servers, callers).unwrap_err();
        assert_eq!(problem, TlsProblem::NotForClients { file: file.clone() });
        assert!(problem.to_string().contains("clientAuth"), "{problem}");
    }
}

#[tokio::test]
async fn authorities_that_cannot_be_used_are_told_at_the_start() {
    let service = Mounted::with(&Certified::of("localhost"));
    let wrong = |callers: &Path| {
        let opened = ServerTls::open(files(&service).asking(callers), &[H2], Clock::system());
        opened.unwrap_err()
    };
    let key = service.file("tls.key");
    let problems = wrong(&key);
    let [TlsProblem::Unusable { file, why }] = &problems[..] else {
        panic!("something else is wrong")
    };
    assert_eq!((file, why.as_str()), (&key, "no certificate is in it, as PEM"));
    let nowhere = service.file("nowhere.crt");
    assert!(matches!(&wrong(&nowhere)[..], [TlsProblem::Unreadable { file, .. }] if *file == nowhere));
}
