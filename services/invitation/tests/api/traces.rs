//! One trace a row, linked to the approval; the accepting click links to it.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use muster_proto::invitation::v1::{AcceptInvitationRequest, ApproveImportRequest};
use muster_testkit::{TestCaller, eventually};
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use tonic::Request;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::fixture::Fixture;
use crate::upload::{applied, rows, upload};

const APPROVAL: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Ended spans that link to other traces.
static LINKED: Mutex<Vec<SpanData>> = Mutex::new(Vec::new());
static TRACING: LazyLock<()> = LazyLock::new(|| {
    let provider = SdkTracerProvider::builder().with_span_processor(Linked).build();
    let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let filter = std::env::var("MUSTER_TEST_LOG").unwrap_or_else(|_| "off".to_owned());
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = tracing_subscriber::Layer::with_filter(lines, tracing_subscriber::EnvFilter::new(filter));
    drop(tracing_subscriber::registry().with(traces).with(lines).try_init());
});

/// Records traces of this test process, and log lines when `MUSTER_TEST_LOG` names a filter.
pub(crate) fn record() {
    LazyLock::force(&TRACING);
}

#[derive(Debug)]
struct Linked;

impl SpanProcessor for Linked {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.links.is_empty() {
            LINKED.lock().unwrap().push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_has_a_trace_of_its_own_that_the_click_links_to() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(
        &fixture,
        b"email,groups\nada@example.com,Nurses\neve@example.com,Nurses\n",
    )
    .await
    .unwrap();
    let mut request = Request::new(ApproveImportRequest {
        name: import.name.clone(),
        etag: import.etag.clone(),
        request_id: String::new(),
        send_time: None,
    });
    let traceparent = format!("00-{APPROVAL}-00f067aa0ba902b7-01");
    request
        .metadata_mut()
        .insert("traceparent", traceparent.parse().unwrap());
    fixture.imports().approve_import(request).await.unwrap();
    applied(&fixture, &import).await;

    let rows = rows(&fixture, &import).await;
    let traces: HashSet<String> = rows.iter().map(|row| row.trace_id.clone()).collect();
    assert_eq!(traces.len(), 2);
    assert!(!traces.contains(APPROVAL));
    eventually(async || {
        let spans = LINKED.lock().unwrap();
        let of_rows: HashSet<String> = spans
            .iter()
            .filter(|span| span.name == "import row" && span.parent_span_id == SpanId::INVALID)
            .filter(|span| {
                span.links
                    .iter()
                    .any(|link| link.span_context.trace_id().to_string() == APPROVAL)
            })
            .map(|span| span.span_context.trace_id().to_string())
            .collect();
        of_rows == traces
    })
    .await;
    for row in &rows {
        let invitation = fixture.get(&row.invitation).await.unwrap();
        assert_eq!(invitation.trace_id, row.trace_id);
        let mut connection = fixture.database.connection().await;
        let sent: String = sqlx::query_scalar("SELECT traceparent FROM outbox WHERE aggregate_id = $1")
            .bind(uuid::Uuid::parse_str(row.invitation.rsplit('/').next().unwrap()).unwrap())
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert!(
            sent.contains(&row.trace_id),
            "the event goes on in the row's trace"
        );
    }

    let token = fixture.token(&rows[0].invitation).await;
    let request = AcceptInvitationRequest {
        token,
        request_id: String::new(),
    };
    fixture
        .redemption(TestCaller::person("ada"))
        .accept_invitation(request)
        .await
        .unwrap();
    eventually(async || {
        let spans = LINKED.lock().unwrap();
        spans.iter().any(|span| {
            span.name.contains("AcceptInvitation")
                && span
                    .links
                    .iter()
                    .any(|link| link.span_context.trace_id().to_string() == rows[0].trace_id)
        })
    })
    .await;
}
