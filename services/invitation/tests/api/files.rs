//! Files that are downloaded: what is to be filled in, and what is to be mended; and the history of what was uploaded.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    DownloadImportTemplateRequest, DownloadImportTemplateResponse, DownloadRefusedRowsRequest, Import,
    ImportFileFormat, ImportRow, ImportRowState, ImportState, ListImportRowsRequest, ListImportsRequest,
};
use muster_tables::{Cell, Column, Format, Head, TableWriter};
use muster_testkit::{SavedWorkbook, eventually};
use rust_xlsxwriter::Workbook;
use tonic::Status;

use crate::fixture::{Fixture, reason};
use crate::upload::{applied, approve, disapprove, good, previewed_again, rows, upload};

async fn template(
    fixture: &Fixture,
    format: ImportFileFormat,
) -> Result<DownloadImportTemplateResponse, Status> {
    let request = DownloadImportTemplateRequest {
        parent: fixture.parent(),
        format: format.into(),
        ..Default::default()
    };
    Ok(fixture
        .imports()
        .download_import_template(request)
        .await?
        .into_inner())
}

/// The name and the text of the file of refused rows.
async fn refused(fixture: &Fixture, import: &Import) -> Result<(String, String), Status> {
    let (name, kind, bytes) = refused_file(fixture, import).await?;
    assert_eq!(kind, "text/csv; charset=utf-8");
    Ok((name, String::from_utf8(bytes).unwrap()))
}

/// The name, the type and the bytes of it.
async fn refused_file(fixture: &Fixture, import: &Import) -> Result<(String, String, Vec<u8>), Status> {
    refused_file_in(fixture, import, "").await
}

/// The same, in this language.
async fn refused_file_in(
    fixture: &Fixture,
    import: &Import,
    language: &str,
) -> Result<(String, String, Vec<u8>), Status> {
    let request = DownloadRefusedRowsRequest {
        name: import.name.clone(),
        language: language.to_owned(),
    };
    let mut pieces = fixture
        .imports()
        .download_refused_rows(request)
        .await?
        .into_inner();
    let (mut name, mut kind, mut bytes) = (String::new(), String::new(), Vec::new());
    while let Some(piece) = pieces.message().await? {
        let file = piece.file.unwrap();
        assert!(
            kind.is_empty() || kind == file.content_type,
            "{}",
            file.content_type
        );
        kind = file.content_type;
        name.push_str(&piece.file_name);
        bytes.extend(file.data);
    }
    Ok((name, kind, bytes))
}

/// What a row says and what is wrong with it, without where it stood.
fn said(row: &ImportRow) -> (String, Vec<String>, String, Vec<(String, String)>) {
    let problem = |problem: &muster_proto::invitation::v1::ImportProblem| {
        (problem.column.clone(), problem.description.clone())
    };
    (
        row.address.clone(),
        row.groups.clone(),
        row.location.clone(),
        row.problems.iter().map(problem).collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_come_back_as_a_file_that_uploads_again_and_are_mended_in_it() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    fixture.group("=1+1").await;
    let file = "email;groups;location\r\n\
                good@example.org;Nurses;\r\n\
                nobody at example;Nurses;Main street\r\n\
                =cmd@example.org;=1+2;\r\n\
                \"'=x@example.org\";\"=1+1;Cooks\";@home\r\n\
                \"a \"\"b\"\", c\";;\"two\nlines\"\r\n\
                mend@example.org;nurses;\r\n";
    let first = upload(&fixture, file.as_bytes()).await.unwrap();
    assert_eq!((first.valid_count, first.error_count), (1, 5));
    let (name, again) = refused(&fixture, &first).await.unwrap();
    assert_eq!(name, "refused learners.csv");
    assert!(
        again.starts_with("\u{feff}\"email\";\"groups\";\"location\";\"problem\"\r\n"),
        "{again}"
    );
    // As programs show it: two lines stand in one cell above it.
    assert!(again.contains("row 7 (line 8 of the file): groups: "), "{again}");
    assert!(again.contains("row 3: email: "), "{again}");
    assert!(again.contains("(probably meant: Nurses)"), "{again}");
    for line in again.trim_start_matches('\u{feff}').lines() {
        for cell in line.split("\";\"") {
            let cell = cell.trim_start_matches('"');
            assert!(!cell.starts_with(['=', '+', '-', '@']), "a formula: {cell}");
        }
    }

    let second = upload(&fixture, again.as_bytes()).await.unwrap();
    let of_first = rows(&fixture, &first).await;
    let wrong: Vec<_> = of_first
        .iter()
        .filter(|row| row.state() == ImportRowState::Invalid)
        .map(said)
        .collect();
    let same: Vec<_> = rows(&fixture, &second).await.iter().map(said).collect();
    assert_eq!(same, wrong, "unchanged it says the same");

    let mended = again.replace("\"nurses\"", "\"Nurses\"");
    let third = upload(&fixture, mended.as_bytes()).await.unwrap();
    assert_eq!((third.valid_count, third.error_count), (1, 4));
    approve(&fixture, &third).await.unwrap();
    approve(&fixture, &first).await.unwrap();
    for import in [&third, &first] {
        applied(&fixture, import).await;
    }
    let invited = fixture.database.count("SELECT count(*) FROM invitations").await;
    assert_eq!(invited, 2, "nothing is doubled");
    let (_, after) = refused(&fixture, &first).await.unwrap();
    assert_eq!(after, again, "what was applied is not in it");
}

/// R30: whatever our files say in a cell, our import reads it, from either kind of CSV.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_of_ours_says_is_taken_back_byte_for_byte() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let texts = [
        "Main street",
        "=1+1",
        "+1 (555) 0100",
        "-",
        "@home",
        " =1",
        "＝1",
        "'=1",
        "''=1",
        "'",
        "'quoted'",
        "\"",
        "a \"b\", c; d\te",
        "two\nlines",
        "two\r\nlines",
        "Zoë e\u{301} Ångström",
        "محمد بن عبد الله",
        "李 \u{20bb7}",
    ];
    for format in [Format::Csv, Format::CsvExcel, Format::CsvExcelSemicolon] {
        let columns = ["email", "groups", "location"].map(|name| Column::new(name, name, 1.0));
        let head = Head {
            title: String::new(),
            notes: Vec::new(),
            columns: columns.to_vec(),
        };
        let mut file = TableWriter::new(format, head).unwrap();
        for (number, text) in texts.into_iter().enumerate() {
            let address = format!("learner-{number}@example.org");
            let cells = [Cell::text(address), Cell::text("Nurses"), Cell::text(text)];
            file.row(&cells).unwrap();
        }
        let import = upload(&fixture, &file.finish().unwrap()).await.unwrap();
        let read = rows(&fixture, &import).await.into_iter().map(|row| row.location);
        assert_eq!(read.collect::<Vec<_>>(), texts, "{format:?}");
    }
}

/// A workbook with these rows on its only sheet.
fn workbook(rows: &[[&str; 3]]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("People").unwrap();
    for (line, row) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            sheet.write_string(line, column, *cell).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_of_a_workbook_come_back_as_one_that_says_the_same() {
    let fixture = Fixture::new().await;
    fixture.subscribe(5_000, 10_000).await;
    let mut rows_of_file = vec![
        ["Email", "Groups", "Location"],
        ["good@example.org", "Nurses", ""],
        ["nobody at example", "Nurses", "Main street"],
        ["=cmd@example.org", "=1+2", ""],
        ["'=x@example.org", "Nurses;Cooks", "@home"],
        ["a \"b\", c_x0041_", "", "two\r\nlines"],
    ];
    rows_of_file.extend([["x@example.org", "nurses", ""]; 2_000]);
    let file = workbook(&rows_of_file);
    let first = upload(&fixture, &file).await.unwrap();
    assert_eq!((first.sheet.as_str(), first.encoding.as_str()), ("People", ""));
    assert_eq!((first.valid_count, first.error_count), (1, 2_004));
    let (name, kind, again) = refused_file(&fixture, &first).await.unwrap();
    assert_eq!(name, "refused learners.xlsx");
    assert!(kind.ends_with("spreadsheetml.sheet"), "{kind}");
    let second = upload(&fixture, &again).await.unwrap();
    let of_first = rows(&fixture, &first).await;
    let wrong: Vec<_> = of_first
        .iter()
        .filter(|row| row.state() == ImportRowState::Invalid)
        .map(said)
        .collect();
    let same: Vec<_> = rows(&fixture, &second).await.iter().map(said).collect();
    assert_eq!(same, wrong, "unchanged it says the same");
    let (_, _, third) = refused_file(&fixture, &second).await.unwrap();
    let third = upload(&fixture, &third).await.unwrap();
    let same: Vec<_> = rows(&fixture, &third).await.iter().map(said).collect();
    assert_eq!(same, wrong, "and again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_invites_whom_it_shows() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let mut workbook = Workbook::new();
    let notes = workbook.add_worksheet().set_name("Old").unwrap();
    notes.write_string(0, 0, "email").unwrap();
    notes.set_hidden(true);
    let sheet = workbook.add_worksheet().set_name("People").unwrap();
    sheet.set_active(true);
    for (line, [address, groups]) in (0..).zip([
        ["email", "groups"],
        ["a@example.org", "Nurses"],
        ["hidden@example.org", "Nurses"],
        ["A@EXAMPLE.ORG", "Nurses;Aides"],
    ]) {
        sheet.write_string(line, 0, address).unwrap();
        sheet.write_string(line, 1, groups).unwrap();
    }
    sheet.set_row_hidden(2).unwrap();
    workbook.add_worksheet().set_name("Notes").unwrap();
    let import = upload(&fixture, &workbook.save_to_buffer().unwrap())
        .await
        .unwrap();
    assert_eq!(
        (import.sheet.as_str(), &import.unread_sheets[..]),
        ("People", &["Old".to_owned(), "Notes".to_owned()][..])
    );
    let counts = (
        import.row_count,
        import.valid_count,
        import.warning_count,
        import.error_count,
    );
    assert_eq!(counts.0, 3);
    assert_eq!((counts.1, counts.3), (1, 0));
    let states: Vec<_> = rows(&fixture, &import)
        .await
        .iter()
        .map(|row| (row.line, row.state()))
        .collect();
    use ImportRowState as S;
    assert_eq!(states, [(2, S::Valid), (3, S::Skipped), (4, S::Merged)]);
    // Made again, the preview passes over the same row.
    fixture.group("Cooks").await;
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportPreviewStale);
    let again = previewed_again(&fixture, &import).await;
    approve(&fixture, &again).await.unwrap();
    let done = applied(&fixture, &again).await;
    assert_eq!((done.state(), done.applied_count), (ImportState::Applied, 1));
    let invited = fixture.database.count("SELECT count(*) FROM invitations").await;
    assert_eq!(invited, 1);
    let skipped = ListImportRowsRequest {
        parent: import.name.clone(),
        states: vec![S::Skipped.into()],
        ..Default::default()
    };
    let listed = fixture
        .imports()
        .list_import_rows(skipped)
        .await
        .unwrap()
        .into_inner()
        .rows;
    assert!(
        listed.len() == 1 && listed[0].problems[0].description.contains("hidden"),
        "{listed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_told_by_the_number_that_its_program_shows() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let file = b"sep=;\r\nemail;groups\r\n\"ada@example.org\r\n\";Nurses\r\nADA@example.org;Aides\r\n\r\nbob@example.org;nurses\r\n";
    let import = upload(&fixture, file).await.unwrap();
    let listed = rows(&fixture, &import).await;
    let places: Vec<_> = listed.iter().map(|row| (row.line, row.row)).collect();
    assert_eq!(places, [(3, 2), (5, 3), (7, 5)]);
    let merged = &listed[1].problems[0];
    assert_eq!((merged.earlier_line, merged.earlier_row), (3, 2));
    assert!(
        merged.description.contains("in row 2 (line 3 of the file)"),
        "{merged:?}"
    );
    let alone = &listed[2].problems[0];
    assert_eq!((alone.earlier_line, alone.earlier_row), (0, 0));
    let (_, text) = refused(&fixture, &import).await.unwrap();
    assert!(text.contains("row 5 (line 7 of the file): groups: "), "{text}");
    // What is mended is another file, with numbers of its own.
    let again = upload(&fixture, text.as_bytes()).await.unwrap();
    let again = rows(&fixture, &again).await;
    assert_eq!((again.len(), again[0].line, again[0].row), (1, 2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_many_refused_rows_has_each_once() {
    let fixture = Fixture::new().await;
    fixture.subscribe(5_000, 10_000).await;
    let file = String::from_utf8(good(2_500)).unwrap().replace("Nurses", "Cooks");
    let import = upload(&fixture, file.as_bytes()).await.unwrap();
    let (_, text) = refused(&fixture, &import).await.unwrap();
    assert_eq!(text.matches("\r\n").count(), 2_501);
    for number in 0..2_500 {
        assert!(
            text.contains(&format!("\"learner{number}@example.org\"")),
            "{number}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_and_what_is_not_there_is_said_instead_of_an_empty_file() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let mut import = upload(&fixture, &good(2)).await.unwrap();
    disapprove(&fixture, &import).await.unwrap();
    let due = "UPDATE imports SET purge_time = create_time";
    fixture.database.execute(due).await;
    let deleted = "SELECT count(*) FROM imports WHERE purge_time IS NULL";
    eventually(async || fixture.database.count(deleted).await == 1).await;
    assert_eq!(reason(refused(&fixture, &import).await), R::ImportRowsDeleted);
    import.name.replace_range(import.name.len() - 4.., "0000");
    assert_eq!(reason(refused(&fixture, &import).await), R::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_was_filled_in_is_read() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let answer = template(&fixture, ImportFileFormat::Csv).await.unwrap();
    assert_eq!(answer.file_name, "invitations.csv");
    let mut file = answer.file.unwrap().data;
    file.extend(b"l@example.org,Nurses,Main street\r\n");
    let import = upload(&fixture, &file).await.unwrap();
    assert_eq!((import.valid_count, import.error_count), (1, 0));
    assert_eq!(
        reason(template(&fixture, ImportFileFormat::Unspecified).await),
        R::InvalidRequest
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_offers_the_active_groups_and_locations() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let evil = format!("'[A/B]: \"Ünter\" *?=1+1 {}", "ж".repeat(40));
    fixture.group(&evil).await;
    fixture.group("Gone").await;
    fixture
        .profile_sql("UPDATE groups SET state = 'INACTIVE' WHERE display_name = 'Gone'")
        .await;
    fixture.location("Second street").await;
    fixture.location("Third street").await;
    fixture
        .profile_sql("UPDATE locations SET state = 'INACTIVE' WHERE display_name = 'Third street'")
        .await;
    let answer = template(&fixture, ImportFileFormat::Xlsx).await.unwrap();
    assert_eq!(answer.file_name, "invitations.xlsx");
    let file = answer.file.unwrap();
    assert!(file.content_type.ends_with("spreadsheetml.sheet"));
    let workbook = SavedWorkbook(file.data);
    let filled = workbook.with_row(&["l@example.org", &evil, "Second street"]);
    let import = upload(&fixture, &filled.0).await.unwrap();
    assert_eq!(
        (import.sheet.as_str(), &import.unread_sheets[..]),
        ("Invitations", &["Choices".to_owned()][..])
    );
    assert_eq!(
        (import.valid_count, import.error_count),
        (1, 0),
        "filled in, it is uploaded as it is"
    );
    let list = workbook.part("xl/worksheets/sheet1.xml");
    for rule in [("B2:B", "Choices!$A$2:$A$4"), ("C2:C", "Choices!$B$2:$B$3")] {
        assert!(list.contains(rule.0) && list.contains(rule.1), "{list}");
    }
    let choices = workbook.part("xl/worksheets/sheet2.xml");
    assert!(!choices.contains("<f>"), "a formula: {choices}");
    let texts = workbook.part("xl/sharedStrings.xml");
    for text in ["Aides", "Nurses", "Main street", "Second street", "*?=1+1 жж"] {
        assert!(texts.contains(text), "{text}: {texts}");
    }
    assert!(!texts.contains("Gone"), "{texts}");
}

/// A list of choices within a rule has 255 characters at the most: programs "repair" a file in which it has more, and throw the rules away.
#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_offers_hundreds_of_long_names_by_where_they_stand() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let name = |number: usize| format!("{number:03}{}", "ж".repeat(77));
    for number in 0..300 {
        fixture.group(&name(number)).await;
    }
    let file = template(&fixture, ImportFileFormat::Xlsx).await.unwrap();
    let workbook = SavedWorkbook(file.file.unwrap().data);
    let filled = workbook.with_row(&["l@example.org", &name(299), ""]);
    let import = upload(&fixture, &filled.0).await.unwrap();
    assert_eq!((import.valid_count, import.error_count), (1, 0));
    let list = workbook.part("xl/worksheets/sheet1.xml");
    // With the two that were there.
    assert!(list.contains("Choices!$A$2:$A$303"), "{list}");
    let rules = list.split("<formula1>").skip(1);
    let rules: Vec<&str> = rules.filter_map(|rule| rule.split('<').next()).collect();
    assert!(
        !rules.is_empty() && rules.iter().all(|rule| rule.len() <= 255),
        "{rules:?}"
    );
    let choices = workbook.part("xl/worksheets/sheet2.xml");
    assert!(choices.contains("r=\"A303\"") && !choices.contains("r=\"A304\""));
    let texts = workbook.part("xl/sharedStrings.xml");
    assert!((0..300).all(|number| texts.contains(&name(number))));
    let sheets = workbook.part("xl/workbook.xml");
    for sheet in ["name=\"Invitations\"", "name=\"Choices\""] {
        assert!(sheets.contains(sheet), "{sheets}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_has_every_import_newest_first_with_who_and_when() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let mut made = Vec::new();
    for count in 1..=4 {
        made.push(upload(&fixture, &good(count)).await.unwrap());
    }
    disapprove(&fixture, &made[0]).await.unwrap();
    approve(&fixture, &made[1]).await.unwrap();
    applied(&fixture, &made[1]).await;
    fixture
        .database
        .execute("UPDATE imports SET expire_time = create_time WHERE row_count = 3")
        .await;
    let list = async |states: &[ImportState], page_size, page_token| {
        let request = ListImportsRequest {
            parent: fixture.parent(),
            page_size,
            page_token,
            states: states.iter().map(|state| (*state).into()).collect(),
        };
        fixture
            .imports()
            .list_imports(request)
            .await
            .unwrap()
            .into_inner()
    };
    let (mut listed, mut token) = (Vec::new(), String::new());
    loop {
        let page = list(&[], 3, token).await;
        listed.extend(page.imports);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let told: Vec<_> = listed
        .iter()
        .map(|import| (import.row_count, import.state()))
        .collect();
    assert_eq!(
        told,
        [
            (4, ImportState::Ready),
            (3, ImportState::Expired),
            (2, ImportState::Applied),
            (1, ImportState::Disapproved)
        ]
    );
    let (applied, dropped) = (&listed[2], &listed[3]);
    assert_eq!(applied.approver, applied.uploader);
    assert!(applied.decide_time.is_some() && applied.finish_time.is_some());
    assert!(dropped.approver.is_empty() && dropped.decide_time.is_some());
    for (states, rows) in [
        (&[ImportState::Ready][..], vec![4]),
        (&[ImportState::Expired, ImportState::Disapproved], vec![3, 1]),
    ] {
        let page = list(states, 0, String::new()).await;
        let counts: Vec<_> = page.imports.iter().map(|import| import.row_count).collect();
        assert_eq!(counts, rows);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_speaks_as_is_asked_or_as_the_organization_does_and_uploads_either_way() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let wanted = async |format: ImportFileFormat, language: &str| {
        let request = DownloadImportTemplateRequest {
            parent: fixture.parent(),
            format: format.into(),
            language: language.to_owned(),
        };
        let answer = fixture.imports().download_import_template(request).await.unwrap();
        answer.into_inner()
    };
    let csv = wanted(ImportFileFormat::Csv, "es").await;
    assert_eq!(csv.file_name, "invitaciones.csv");
    let head = String::from_utf8(csv.file.unwrap().data).unwrap();
    assert_eq!(head, "\u{feff}correo,grupos,lugar\r\n");
    let filled = format!("{head}ada@example.com,Nurses,\r\n");
    let import = upload(&fixture, filled.as_bytes()).await.unwrap();
    assert_eq!((import.valid_count, import.error_count), (1, 0));
    let workbook = wanted(ImportFileFormat::Xlsx, "es").await;
    assert_eq!(workbook.file_name, "invitaciones.xlsx");
    let sheets = SavedWorkbook(workbook.file.unwrap().data).part("xl/workbook.xml");
    assert!(
        sheets.contains("Invitaciones") && sheets.contains("Opciones"),
        "{sheets}"
    );
    fixture
        .profile_sql("UPDATE organizations SET language = 'es'")
        .await;
    assert_eq!(
        wanted(ImportFileFormat::Csv, "").await.file_name,
        "invitaciones.csv"
    );
    assert_eq!(
        wanted(ImportFileFormat::Csv, "en").await.file_name,
        "invitations.csv"
    );
}

/// The problems of the rows, in the order of the file.
async fn descriptions(fixture: &Fixture, import: &Import) -> Vec<String> {
    let rows = rows(fixture, import).await.into_iter();
    let problems = rows.flat_map(|row| row.problems);
    problems.map(|problem| problem.description).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_are_told_as_is_asked_or_as_the_organization_speaks_and_upload_either_way() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let file = "email;groups;location\r\n\
                nobody at example;Nurses;\r\n\
                \"ada@example.org\r\n\";Cooks;\r\n\
                mend@example.org;nurses;main street\r\n";
    let import = upload(&fixture, file.as_bytes()).await.unwrap();
    let english = refused_file(&fixture, &import).await.unwrap();
    let asked = refused_file_in(&fixture, &import, "es").await.unwrap();
    fixture
        .profile_sql("UPDATE organizations SET language = 'es'")
        .await;
    let spanish = refused_file(&fixture, &import).await.unwrap();
    assert_eq!(spanish, asked);
    assert_eq!(refused_file_in(&fixture, &import, "en").await.unwrap(), english);
    assert_eq!(
        (english.0.as_str(), spanish.0.as_str()),
        ("refused learners.csv", "rechazadas learners.csv")
    );
    let text = String::from_utf8(spanish.2).unwrap();
    for said in [
        "\u{feff}\"correo\";\"grupos\";\"lugar\";\"problema\"\r\n",
        "\"fila 2: correo: la dirección debe tener la forma nombre@dominio",
        "\"fila 3: grupos: no hay ningún grupo «Cooks»; cuentan las mayúsculas, las minúsculas y los espacios\"",
        "\"fila 4 (línea 5 del archivo): grupos: no hay ningún grupo «nurses»; ",
        " (probablemente: Nurses); lugar: no hay ningún lugar «main street»; ",
        " (probablemente: Main street)\"",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for english in ["row ", " the ", "there is", "probably"] {
        assert!(!text.contains(english), "{english}: {text}");
    }
    // What programs are told is in English, whoever the organization speaks to.
    let told = descriptions(&fixture, &import).await;
    assert!(told[1].starts_with("there is no group"), "{told:?}");
    let again = upload(&fixture, text.as_bytes()).await.unwrap();
    assert_eq!(
        descriptions(&fixture, &again).await,
        told,
        "unchanged it says the same"
    );
    let mended = text
        .replace("\"nurses\"", "\"Nurses\"")
        .replace("\"main street\"", "\"Main street\"");
    let mended = upload(&fixture, mended.as_bytes()).await.unwrap();
    assert_eq!((mended.valid_count, mended.error_count), (1, 2));

    let file = workbook(&[["Correo", "Grupos", "Lugar"], ["mend@example.org", "nurses", ""]]);
    let import = upload(&fixture, &file).await.unwrap();
    let (name, _, bytes) = refused_file(&fixture, &import).await.unwrap();
    assert_eq!(name, "rechazadas learners.xlsx");
    let again = upload(&fixture, &bytes).await.unwrap();
    let told = descriptions(&fixture, &import).await;
    assert_eq!((told.len(), again.error_count), (1, 1));
    assert_eq!(descriptions(&fixture, &again).await, told);
    let refused = refused_file_in(&fixture, &import, "fr").await;
    assert_eq!(reason(refused), R::InvalidRequest);
}
