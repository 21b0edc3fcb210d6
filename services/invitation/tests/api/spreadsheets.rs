//! Files as people really have them, and files that are none.

use muster_proto::error::v1::ErrorReason as R;

use crate::fixture::{Fixture, reason};
use crate::upload::{approve, previewed_again, rows, upload};

#[tokio::test(flavor = "multi_thread")]
async fn one_sheet_saved_in_many_ways_is_the_same_sheet() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    fixture.aides = fixture.group("B\u{fc}ro").await;
    let expected = [
        (2, "ZO\u{cb}@Example.org".to_owned()),
        (5, "bob@example.org".to_owned()),
    ];
    let text = |delimiter: &str, end: &str| {
        format!(
            "E-Mail{delimiter}\"Group\"{delimiter}Remarks{end}ZO\u{cb}@Example.org{delimiter}\"B\u{fc}ro;Nurses\"\
             {delimiter}\"said \"\"yes\"\"\"{end}{end}{delimiter}{delimiter}{end}bob@example.org{delimiter}Nurses{end}"
        )
    };
    let semicolons = text(";", "\r\n");
    let utf16 = |text: &str| -> Vec<u8> {
        std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    let files = [
        semicolons.clone().into_bytes(),
        format!("\u{feff}{semicolons}").into_bytes(),
        text(",", "\n").into_bytes(),
        text("\t", "\r\n").into_bytes(),
        text(";", "\r").into_bytes(),
        utf16(&text("\t", "\r\n")),
        semicolons.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        semicolons
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect(),
    ];
    for (number, file) in files.into_iter().enumerate() {
        let import = upload(&fixture, &file).await.unwrap();
        assert_eq!((import.row_count, import.error_count), (2, 0), "file {number}");
        let read: Vec<(i32, String)> = rows(&fixture, &import)
            .await
            .into_iter()
            .map(|row| (row.line, row.address))
            .collect();
        assert_eq!(read, expected, "file {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_spreadsheet_is_refused_with_what_to_do_and_nothing_is_stored() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let doubtful = b"email,groups\nj\xc3\xbcrgen@example.org,Nurses\nzo\xeb@example.org,Nurses\n";
    let files: [&[u8]; 7] = [
        b"",
        b"\xef\xbb\xbf",
        b"PK\x03\x04 a workbook",
        b"email,groups\na@example.org\0,Nurses\n",
        b"name,phone\nAda,1\n",
        b"email,group,groups\na@example.org,Nurses,Aides\n",
        doubtful,
    ];
    for (number, file) in files.into_iter().enumerate() {
        let status = upload(&fixture, file).await.unwrap_err();
        assert!(status.message().len() > 30, "{number}: {}", status.message());
        assert_eq!(reason(Err::<(), _>(status)), R::ImportUnreadable, "file {number}");
    }
    assert_eq!(fixture.database.count("SELECT count(*) FROM imports").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_of_ten_megabytes_is_counted_and_refused() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let bomb = format!("email,groups\n{}", "a@b.c,\n".repeat(1_300_000));
    let status = upload(&fixture, bomb.as_bytes()).await.unwrap_err();
    assert_eq!(muster_refusal::quota_of(&status), Some((1_300_000, 500)));
    assert_eq!(reason(Err::<(), _>(status)), R::ImportTooLarge);
    let commas = format!("email,groups\n{}", ",".repeat(10_000_000));
    assert_eq!(
        reason(upload(&fixture, commas.as_bytes()).await),
        R::ImportUnreadable
    );
    let large = vec![b'x'; 32 * 1024 * 1024 + 1];
    assert_eq!(reason(upload(&fixture, &large).await), R::ImportTooLarge);
    assert_eq!(fixture.database.count("SELECT count(*) FROM imports").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ragged_rows_lose_nothing_without_a_word() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let file = b"email;groups\na@example.org\nb@example.org;Nurses;;\nc@example.org;Nurses;Aides\n";
    let import = upload(&fixture, file).await.unwrap();
    assert_eq!(
        (import.row_count, import.valid_count, import.error_count),
        (3, 1, 2)
    );
    let rows = rows(&fixture, &import).await;
    assert!(
        rows[2]
            .problems
            .iter()
            .any(|problem| problem.description.contains("more cells"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quotation_mark_that_is_not_closed_costs_one_row_and_is_told_where_it_began() {
    let fixture = Fixture::new().await;
    fixture.subscribe(600, 10_000).await;
    let others: String = (0..500).map(|n| format!("b{n}@example.org,Nurses\n")).collect();
    let file = format!("email,groups\n\"a@example.org,Nurses\n{others}");
    let import = upload(&fixture, file.as_bytes()).await.unwrap();
    assert_eq!(
        (import.row_count, import.valid_count, import.error_count),
        (501, 500, 1)
    );
    let first = rows(&fixture, &import).await.remove(0);
    assert_eq!((first.line, first.address.as_str()), (2, "a@example.org"));
    assert!(
        first
            .problems
            .iter()
            .any(|problem| problem.description.contains("line 2 is never closed"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_a_row_stays_when_the_preview_is_made_again() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(
        &fixture,
        b"email;groups\n\"a\"@example.org;Nurses\nb@example.org;Cooks\n",
    )
    .await
    .unwrap();
    assert_eq!((import.valid_count, import.error_count), (0, 2));
    assert_eq!(
        (import.encoding.as_str(), import.separator.as_str()),
        ("UTF-8", ";")
    );
    fixture.group("Cooks").await;
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportPreviewStale);
    let again = previewed_again(&fixture, &import).await;
    assert_eq!((again.valid_count, again.error_count), (1, 1));
    assert_eq!(
        (again.encoding.as_str(), again.separator.as_str()),
        ("UTF-8", ";")
    );
    let problems = rows(&fixture, &again).await.remove(0).problems;
    assert!(
        problems
            .iter()
            .any(|problem| problem.description.contains("quotation mark"))
    );
}
