//! The logo of a join page: drawn anew, shown to anybody while the page is there.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::join_page_service_client::JoinPageServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;
use tonic::{Response, Status};

use crate::fixture::{Fixture, name, owner};
use crate::history::history;
use crate::join_pages::{get, opened, update};
use crate::refused::{fields, refused};

fn set(id: OrganizationId, picture: &[u8]) -> pb::SetJoinPageLogoRequest {
    pb::SetJoinPageLogoRequest {
        name: format!("{}/joinPage", name(id)),
        picture: picture.to_vec(),
        request_id: String::new(),
    }
}

async fn sets(
    fixture: &Fixture,
    id: OrganizationId,
    picture: &[u8],
) -> Result<Response<pb::SetJoinPageLogoResponse>, Status> {
    let mut pages = JoinPageServiceClient::new(fixture.service.calls_of(owner(id)));
    pages.set_join_page_logo(set(id, picture)).await
}

async fn removes(fixture: &Fixture, id: OrganizationId) -> Result<(), Status> {
    let request = pb::RemoveJoinPageLogoRequest {
        name: format!("{}/joinPage", name(id)),
        request_id: String::new(),
    };
    let mut pages = JoinPageServiceClient::new(fixture.service.calls_of(owner(id)));
    pages.remove_join_page_logo(request).await.map(drop)
}

/// What anybody is answered.
async fn looked_up(fixture: &Fixture, slug: &str) -> Result<pb::LookupJoinPageLogoResponse, Status> {
    let request = pb::LookupJoinPageLogoRequest {
        slug: slug.to_owned(),
    };
    let mut pages = JoinPageServiceClient::new(fixture.service.calls_of(TestCaller::Anonymous));
    Ok(pages.lookup_join_page_logo(request).await?.into_inner())
}

/// A picture of this size in this colour.
fn png(width: u32, height: u32, colour: [u8; 4]) -> Vec<u8> {
    let picture = image::RgbaImage::from_pixel(width, height, image::Rgba(colour));
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logo_is_shown_while_the_page_is_there_until_it_is_replaced_or_removed() {
    let fixture = Fixture::new().await;
    let (id, slug) = opened(&fixture).await;
    assert_eq!(get(&fixture, id).await.logo, None);
    refused(looked_up(&fixture, &slug).await, R::NotFound);

    let first = sets(&fixture, id, &png(400, 100, [9, 9, 9, 255])).await.unwrap();
    let first = first.into_inner().logo.unwrap();
    assert_eq!((first.width, first.height), (320, 80));
    assert_eq!(get(&fixture, id).await.logo.as_ref(), Some(&first));
    let found = looked_up(&fixture, &slug).await.unwrap();
    let file = found.file.unwrap();
    assert_eq!(
        (found.etag, file.content_type.as_str()),
        (first.etag.clone(), "image/png")
    );
    let shown = image::load_from_memory(&file.data).unwrap().into_rgba8();
    assert_eq!(
        (shown.dimensions(), shown.get_pixel(5, 5).0),
        ((320, 80), [9, 9, 9, 255])
    );

    // The same again is no change.
    let again = sets(&fixture, id, &png(400, 100, [9, 9, 9, 255])).await.unwrap();
    assert_eq!(again.into_inner().logo.as_ref(), Some(&first));
    let second = sets(&fixture, id, &png(10, 10, [200, 0, 0, 128])).await.unwrap();
    let second = second.into_inner().logo.unwrap();
    assert_ne!(second.etag, first.etag);
    assert_eq!(looked_up(&fixture, &slug).await.unwrap().etag, second.etag);

    let off = pb::JoinPage {
        enabled: false,
        ..Default::default()
    };
    update(&fixture, id, off, &["enabled"]).await.unwrap();
    refused(looked_up(&fixture, &slug).await, R::NotFound);
    assert_eq!(get(&fixture, id).await.logo, Some(second), "it is kept");
    let on = pb::JoinPage {
        enabled: true,
        ..Default::default()
    };
    update(&fixture, id, on, &["enabled"]).await.unwrap();
    assert!(looked_up(&fixture, &slug).await.is_ok());

    removes(&fixture, id).await.unwrap();
    removes(&fixture, id).await.unwrap();
    refused(looked_up(&fixture, &slug).await, R::NotFound);
    assert_eq!(get(&fixture, id).await.logo, None);
    let entries = history(&fixture, id).await;
    let subject = format!("{}/joinPage/logo", name(id));
    let acts = entries.iter().filter(|entry| entry.subject == subject);
    assert_eq!(acts.count(), 3, "set, replaced, removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_logo_can_be_made_of_is_refused_and_the_one_before_stays() {
    let fixture = Fixture::new().await;
    let (id, slug) = opened(&fixture).await;
    sets(&fixture, id, &png(8, 8, [1, 2, 3, 255])).await.unwrap();
    let etag = looked_up(&fixture, &slug).await.unwrap().etag;
    let whole = png(300, 300, [7, 7, 7, 7]);
    // It claims to be 30,000 pixels wide.
    let mut bomb = whole.clone();
    bomb[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
    for picture in [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>".as_slice(),
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"BM",
        b"hello",
        b"\x89PNG\r\n\x1a\n",
        &bomb,
        &whole[..whole.len() / 2],
        &[0; 163_841],
        &[],
    ] {
        let refused = sets(&fixture, id, picture).await;
        assert_eq!(fields(refused, R::InvalidRequest), ["picture"]);
    }
    assert_eq!(looked_up(&fixture, &slug).await.unwrap().etag, etag);
}
