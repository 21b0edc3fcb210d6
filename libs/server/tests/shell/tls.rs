//! Calls between services by TLS, and where they may do without it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use muster_clock::Clock;
use muster_identity::WorkloadTokens;
use muster_proto::organization::v1::roles_internal_service_client::RolesInternalServiceClient;
use muster_server::settings::{CommonSettings, ConfigErrors, Plaintext, TransportSettings};
use muster_server::{Peer, check, start};
use muster_testkit::{Certified, Mounted, eventually};
use muster_tls::Trust;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tonic::{Code, Status};

use crate::small::{Fixture, Seen, Small, get_role, operators};

/// A service that shows what is mounted there.
async fn showing(mounted: &Mounted) -> Fixture {
    Fixture::told(|common| shown(common, mounted)).await
}

fn shown(common: &mut CommonSettings, mounted: &Mounted) {
    common.certificate.tls_certificate = Some(mounted.file("tls.crt"));
    common.certificate.tls_key = Some(mounted.file("tls.key"));
}

/// What a service hears that calls by this name, and believes the certificates in this file.
async fn called(fixture: &Fixture, url: &str, trust: &Arc<Trust>) -> Result<(), Status> {
    let tokens = Arc::new(WorkloadTokens::new(&fixture.common.workload.workload_tokens));
    let port = fixture.running.grpc_address().port();
    let url = format!("{url}:{port}").parse().unwrap();
    let peer = Peer::new("organization", &url, tokens, trust);
    let mut organization = RolesInternalServiceClient::new(peer);
    organization.get_role(get_role("persons/1")).await.map(drop)
}

fn trusting(file: PathBuf) -> Arc<Trust> {
    Arc::new(Trust::open(Some(&file)).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_called_by_tls_and_only_by_its_name() {
    let own = Certified::of("localhost");
    let mounted = Mounted::with(&own);
    let fixture = showing(&mounted).await;
    let believed = trusting(mounted.file("tls.crt"));
    called(&fixture, "https://localhost", &believed).await.unwrap();

    let refused = async |url, trust: &Arc<Trust>| {
        let status = called(&fixture, url, trust).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{url}");
    };
    // The address is not in the certificate.
    refused("https://127.0.0.1", &believed).await;
    // Others vouch for nobody here.
    let other = Mounted::with(&Certified::of("localhost"));
    refused("https://localhost", &trusting(other.file("tls.crt"))).await;
    refused("https://localhost", &Arc::new(Trust::open(None).unwrap())).await;
    // Who speaks in the clear is not answered.
    refused("http://localhost", &believed).await;
    called(&fixture, "https://localhost", &believed).await.unwrap();
    // Of several URLs, each by the name in it.
    let several = format!(
        "https://127.0.0.1:{},https://localhost",
        fixture.running.grpc_address().port()
    );
    called(&fixture, &several, &believed).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_in_the_handshake_holds_nobody_up() {
    let own = Certified::of("localhost");
    let mounted = Mounted::with(&own);
    let fixture = showing(&mounted).await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(fixture.running.grpc_address()).await.unwrap();
        stream.write_all(&[0x16, 3, 1, 2]).await.unwrap();
        slow.push(stream);
    }
    let trust = trusting(mounted.file("tls.crt"));
    let answered = called(&fixture, "https://localhost", &trust);
    tokio::time::timeout(Duration::from_secs(4), answered)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_and_authorities_are_exchanged_while_both_sides_run() {
    let (old, new) = (Certified::of("localhost"), Certified::of("localhost"));
    let mounted = Mounted::with(&old);
    let fixture = showing(&mounted).await;
    let file = mounted.file("authorities.pem");
    let believe = |authorities: &[&str]| std::fs::write(&file, authorities.concat()).unwrap();
    believe(&[&old.certificate]);
    let trust = trusting(file.clone());
    called(&fixture, "https://localhost", &trust).await.unwrap();

    // What holds no certificate changes nothing.
    believe(&["nothing"]);
    called(&fixture, "https://localhost", &trust).await.unwrap();
    // Both are believed, then the new one is shown, then only that is believed.
    believe(&[&old.certificate, &new.certificate]);
    called(&fixture, "https://localhost", &trust).await.unwrap();
    mounted.change(&new.certificate, &new.key);
    let only_new = Mounted::with(&new);
    let strict = trusting(only_new.file("tls.crt"));
    eventually(async || called(&fixture, "https://localhost", &strict).await.is_ok()).await;
    believe(&[&new.certificate]);
    called(&fixture, "https://localhost", &trust).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    called(&fixture, "https://localhost", &trust).await.unwrap();
}

/// A caller who believes what is mounted at the service, and shows what is mounted there.
fn calling_as(service: &Mounted, own: &Mounted) -> Arc<Trust> {
    let settings = TransportSettings {
        services_ca: Some(service.file("tls.crt")),
        services_certificate: Some(own.file("tls.crt")),
        services_key: Some(own.file("tls.key")),
        ..TransportSettings::default()
    };
    Arc::new(settings.trust(None).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_asks_is_called_with_a_certificate_of_its_authority_only() {
    let mounted = Mounted::with(&Certified::of("localhost"));
    let (old, new) = (Certified::of("caller"), Certified::of("caller"));
    let own = Mounted::with(&old);
    let callers = mounted.file("callers.pem");
    std::fs::write(&callers, &old.certificate).unwrap();
    let fixture = Fixture::told(|common| {
        shown(common, &mounted);
        common.trust.tls_client_ca = Some(callers.clone());
    })
    .await;
    let url = "https://localhost";
    let known = calling_as(&mounted, &own);
    called(&fixture, url, &known).await.unwrap();
    let other = Mounted::with(&Certified::of("caller"));
    for stranger in [
        trusting(mounted.file("tls.crt")),
        calling_as(&mounted, &other),
        calling_as(&mounted, &Mounted::with(&Certified::for_servers("caller"))),
    ] {
        let status = called(&fixture, url, &stranger).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    }
    // Those who probe it show nothing, and are answered elsewhere.
    let ready = operators(&fixture.running, "/readyz").await;
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");

    std::fs::write(&callers, &new.certificate).unwrap();
    eventually(async || called(&fixture, url, &known).await.is_err()).await;
    own.change(&new.certificate, &new.key);
    called(&fixture, url, &known).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_shows_others_what_it_serves_with() {
    let own = Certified::of("localhost");
    let mounted = Mounted::with(&own);
    let fixture = Fixture::told(|common| {
        shown(common, &mounted);
        common.transport.services_ca = Some(mounted.file("tls.crt"));
        common.trust.tls_client_ca = Some(mounted.file("tls.crt"));
    })
    .await;
    let served = fixture.common.served().unwrap();
    let trust = Arc::new(fixture.common.transport.trust(served).unwrap());
    called(&fixture, "https://localhost", &trust).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_tells_what_is_wrong_with_certificates_of_callers_by_name() {
    let fixture = Fixture::new().await;
    let mounted = Mounted::with(&Certified::of("localhost"));
    let other = Mounted::with(&Certified::of("caller"));
    let for_servers = Mounted::with(&Certified::for_servers("caller"));
    let checked = async |change: &dyn Fn(&mut CommonSettings)| {
        let mut common = fixture.common.clone();
        shown(&mut common, &mounted);
        change(&mut common);
        let (seen, clock) = (Seen::default(), Clock::system());
        let findings = check::findings::<Small>(&common, &seen, &clock).await.unwrap();
        let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    let told = checked(&|common| common.trust.tls_client_ca = Some(mounted.file("tls.crt"))).await;
    for word in [
        "and callers have to show theirs",
        "fine   certificate for services: ",
        "is for clients, and valid until",
    ] {
        assert!(told.contains(word), "{word} is missing in {told}");
    }
    let told = checked(&|common| common.trust.tls_client_ca = Some(other.file("tls.crt"))).await;
    let strange = format!(
        "odd    certificate for services: no authority in {} vouches for the certificate in {}",
        other.file("tls.crt").display(),
        mounted.file("tls.crt").display()
    );
    assert!(told.contains(&strange), "{told}");
    let unfit = |common: &mut CommonSettings| {
        common.transport.services_certificate = Some(for_servers.file("tls.crt"));
        common.transport.services_key = Some(for_servers.file("tls.key"));
    };
    let told = checked(&unfit).await;
    let unfit = format!(
        "WRONG  certificate for services: the certificate in {} is not for clients",
        for_servers.file("tls.crt").display()
    );
    assert!(told.contains(&unfit) && told.contains("clientAuth"), "{told}");
    let told = checked(&|common| common.trust.tls_client_ca = Some(mounted.file("tls.key"))).await;
    assert!(told.contains("WRONG  certificate: "), "{told}");
    // Who asks nobody need show nothing.
    let told = checked(&|_| ()).await;
    assert!(!told.contains("certificate for services"), "{told}");
}

/// Everything that is wrong with these settings.
async fn wrong(change: impl FnOnce(&mut CommonSettings)) -> String {
    let fixture = Fixture::new().await;
    let mut common = fixture.common.clone();
    change(&mut common);
    let error = start::<Small>(&common, Seen::default(), Clock::system(), None)
        .await
        .unwrap_err();
    let Some(ConfigErrors::Wrong(wrong)) = error.downcast_ref::<ConfigErrors>() else {
        panic!("{error:#}")
    };
    wrong.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_text_is_refused_where_others_could_read_it() {
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let told = wrong(|common| common.listen.listen = everywhere).await;
    for word in ["--listen", "0.0.0.0:0", "--tls-certificate", "--plaintext mesh"] {
        assert!(told.contains(word), "{word} is missing in {told}");
    }
    let meshed = Fixture::told(|common| {
        common.listen.listen = everywhere;
        common.transport.plaintext = Plaintext::Mesh;
    })
    .await;
    let trust = Arc::new(Trust::open(None).unwrap());
    called(&meshed, "http://127.0.0.1", &trust).await.unwrap();

    let mounted = Mounted::with(&Certified::of("localhost"));
    let secured = Fixture::told(|common| {
        common.listen.listen = everywhere;
        shown(common, &mounted);
    })
    .await;
    let trust = trusting(mounted.file("tls.crt"));
    called(&secured, "https://localhost", &trust).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_wrong_with_certificates_is_told_at_the_start() {
    let told = wrong(|common| {
        common.certificate.tls_key = Some("/nowhere/tls.key".into());
        common.transport.services_ca = Some("/nowhere/ca.crt".into());
    });
    let told = told.await;
    for word in [
        "MUSTER_TLS_CERTIFICATE (--tls-certificate) is not set",
        "--services-ca (MUSTER_SERVICES_CA): cannot read /nowhere/ca.crt",
    ] {
        assert!(told.contains(word), "{word} is missing in {told}");
    }
    let mounted = Mounted::with(&Certified::of("localhost"));
    mounted.change(&Certified::now().certificate, &Certified::now().key);
    let told = wrong(|common| {
        shown(common, &mounted);
        common.transport.services_ca = Some(mounted.file("tls.key"));
    });
    let told = told.await;
    for word in ["is not that of the certificate", "no certificate is in it"] {
        assert!(told.contains(word), "{word} is missing in {told}");
    }
    let told = wrong(|common| {
        common.trust.tls_client_ca = Some(mounted.file("tls.crt"));
        common.transport.services_key = Some(mounted.file("tls.key"));
    });
    let told = told.await;
    for word in [
        "MUSTER_TLS_CLIENT_CA (--tls-client-ca) is set without MUSTER_TLS_CERTIFICATE",
        "MUSTER_SERVICES_CERTIFICATE (--services-certificate) is not set",
    ] {
        assert!(told.contains(word), "{word} is missing in {told}");
    }
}
