//! What a workbook says, read as its program shows it.

use super::*;

#[test]
fn cells_are_read_as_programs_show_them() {
    let cases = [
        (r#"<c r="B2"><v>5551234567</v></c>"#, "5551234567"),
        (r#"<c r="B2"><v>5.551234567E9</v></c>"#, "5551234567"),
        (r#"<c r="B2" s="1"><v>46024</v></c>"#, "2026-01-02"),
        (r#"<c r="B2" s="2"><v>123</v></c>"#, "00123"),
        (r#"<c r="B2" s="99"><v>1.50</v></c>"#, "1.5"),
        (r#"<c r="B2" t="d"><v>2026-01-02</v></c>"#, "2026-01-02"),
        (r#"<c r="B2" t="b"><v>1</v></c>"#, "TRUE"),
        (
            r#"<c r="B2" t="str"><f>A1&amp;"x"</f><v>emailx</v></c>"#,
            "emailx",
        ),
        (r#"<c r="B2"><f>1+1</f><v>2</v></c>"#, "2"),
        (r#"<c r="B2" t="s"><v>1</v></c>"#, "groups"),
        (
            r#"<c r="B2" t="inlineStr"><is><r><t>Nur</t></r><r><rPr><b/></rPr><t>ses</t></r><rPh><t>x</t></rPh></is></c>"#,
            "Nurses",
        ),
        (
            r#"<c r="B2" t="inlineStr"><is><t>A &amp;&#38;&lt;_x0041__x005F_x0041_ _x00_</t></is></c>"#,
            "A &&<A_x0041_ _x00_",
        ),
        (
            r#"<c r="B2" t="inlineStr"><is><t><![CDATA[<b>]]></t></is></c>"#,
            "<b>",
        ),
        (
            r#"<c r="B2" t="inlineStr"><is><t>one;two
three</t></is></c>"#,
            "one+two+three",
        ),
        (r#"<c r="B2" t="inlineStr"><is><t>'=1+1</t></is></c>"#, "=1+1"),
    ];
    for (cell, shown) in cases {
        let sheet = Parts::of(&format!(
            r#"{HEADER}<row r="2"><c r="A2" t="inlineStr"><is><t>a@b.org</t></is></c>{cell}</row>"#
        ));
        let rows = sheet.rows();
        assert_eq!(brief(&rows), [(2, "a@b.org", shown.to_owned())], "{cell}");
        assert_eq!(rows[0].faults, [], "{cell}");
    }
}

#[test]
fn what_a_cell_cannot_show_is_told_with_the_cell() {
    let email = || "email".to_owned();
    let cases = [
        (
            r#"<c r="A2" t="e"><v>#N/A</v></c>"#,
            Fault::CellError {
                column: email(),
                cell: "A2".to_owned(),
                error: "#N/A".to_owned(),
            },
        ),
        (
            r#"<c r="A2"><f>B2&amp;"@b.org"</f><v></v></c>"#,
            Fault::NotComputed {
                column: email(),
                cell: "A2".to_owned(),
            },
        ),
        (
            r#"<c r="A2" t="str"><f>B2</f></c>"#,
            Fault::NotComputed {
                column: email(),
                cell: "A2".to_owned(),
            },
        ),
        (
            r#"<c r="XFD2"><v>1</v></c>"#,
            Fault::BeyondColumns {
                cell: "XFD2".to_owned(),
                value: "1".to_owned(),
            },
        ),
        (
            r#"<c r="AA2" t="e"><v>#REF!</v></c><c r="AB2"><v>1</v></c>"#,
            Fault::BeyondColumns {
                cell: "AA2".to_owned(),
                value: "#REF!".to_owned(),
            },
        ),
    ];
    for (cell, fault) in cases {
        let rows = Parts::of(&format!(r#"{HEADER}<row r="2">{cell}</row>"#)).rows();
        assert_eq!(rows[0].faults, [fault], "{cell}");
    }
    // An empty text that a formula came to is an empty cell, and a row of them is none.
    let empty = r#"<c r="A2" t="str"><f>IF(1,"","")</f><v></v></c>"#;
    let sheet = Parts::of(&format!(r#"{HEADER}<row r="2">{empty}</row>"#));
    assert_eq!(sheet.problem(), SheetProblem::NoRows.of_sheet("List"));
}

#[test]
fn rows_have_the_numbers_that_programs_show_and_hidden_ones_say_so() {
    let rows = format!(
        r#"<row r="3" hidden="1">{}</row><row r="4">{}{}</row><row r="7">{}{}</row><row r="8" hidden="true">{}{}</row><row r="12"/>{}"#,
        text("technical"),
        text("Groups"),
        text("E-Mail*"),
        text("Nurses"),
        text("a@b.org"),
        text("Nurses"),
        text("b@b.org"),
        row(&["Aides", "c@b.org"]),
    );
    let rows = Parts::of(&rows).rows();
    let nurses = || "Nurses".to_owned();
    assert_eq!(
        brief(&rows),
        [
            (7, "a@b.org", nurses()),
            (8, "b@b.org", nurses()),
            (13, "c@b.org", "Aides".to_owned())
        ]
    );
    assert!(rows.iter().all(|row| row.number == row.line));
    assert_eq!(
        (&rows[0].faults[..], &rows[1].faults[..]),
        (&[][..], &[Fault::HiddenRow][..])
    );
}

#[test]
fn a_row_twice_or_backwards_and_cells_nowhere_are_no_sheet() {
    for rows in [
        r#"<row r="2"/><row r="2"/>"#,
        r#"<row r="2"/><row r="1"/>"#,
        r#"<row r="0"/>"#,
        r#"<row r="1048577"/>"#,
        r#"<row r="99999999999"/>"#,
        r#"<row r="x"/>"#,
        r#"<row><c r="XFE1"><v>1</v></c></row>"#,
        r#"<row><c r="ZZZZZZZZZZZZZZZZZZZZ1"><v>1</v></c></row>"#,
        r#"<row><c r="1"><v>1</v></c></row>"#,
        r#"<row><c t="s"><v>2</v></c></row>"#,
        r#"<row><c t="s"><v>-1</v></c></row>"#,
        r#"<row><c t="s"><v>99999999999999999999</v></c></row>"#,
        r#"<row><c>"#,
        r#"<row></c></row>"#,
        r#"<row><c t="inlineStr"><is><t>&unknown;</t></is></c></row>"#,
        r#"<row><c t="inlineStr"><is><t>&#xffffff;</t></is></c></row>"#,
    ] {
        let problem = Parts::of(rows).problem();
        assert!(
            matches!(problem, SheetProblem::Damaged | SheetProblem::OfSheet { .. }),
            "{rows}: {problem:?}"
        );
        assert!(problem.to_string().contains("damaged"), "{rows}: {problem}");
    }
}

#[test]
fn the_first_visible_sheet_is_read_and_the_others_are_named() {
    let people = format!("{HEADER}{}", row(&["a@b.org", "Nurses"]));
    let choices = row(&["groups", "locations"]);
    let sheet = Parts::sheets(&[
        ("Old", r#"state="hidden""#, &people),
        ("Older", r#"state="veryHidden""#, &people),
        ("P&amp;A\u{202e}", "", &people),
        ("Choices", "", &choices),
        ("Empty", "", ""),
    ])
    .read()
    .unwrap();
    assert_eq!(sheet.format.sheet, "P&A");
    assert_eq!(sheet.format.unread_sheets, ["Old", "Older", "Choices", "Empty"]);
    assert_eq!(sheet.count, 1);
}

#[test]
fn where_two_sheets_could_be_meant_or_another_than_the_first_the_file_is_refused() {
    let people = format!("{HEADER}{}", row(&["a@b.org", "Nurses"]));
    let both = Parts::sheets(&[("A", "", &people), ("B", "", &people)]).problem();
    let (first, other) = ("A".to_owned(), "B".to_owned());
    assert_eq!(
        both,
        SheetProblem::SeveralSheets {
            first: first.clone(),
            other: other.clone()
        }
    );
    let second = Parts::sheets(&[("A", "", &row(&["How to use this"])), ("B", "", &people)]).problem();
    assert_eq!(second, SheetProblem::NotTheFirstSheet { first, other });
    let hidden = Parts::sheets(&[("A", r#"state="hidden""#, &people)]).problem();
    assert_eq!(hidden, SheetProblem::NoVisibleSheet);
    let neither = Parts::sheets(&[("A", "", &row(&["name"])), ("B", "", "")]).problem();
    let told = neither.to_string();
    assert!(
        told.contains("\u{201c}A\u{201d}") && told.contains("no column named email"),
        "{told}"
    );
    assert_eq!(
        Parts::sheets(&[("A", "", "")]).problem(),
        SheetProblem::Empty.of_sheet("A")
    );
    assert_eq!(Parts::sheets(&[]).problem(), SheetProblem::NoVisibleSheet);
}

#[test]
fn a_link_behind_a_name_is_suggested_and_never_taken() {
    let list = format!(
        "{HEADER}{}{}{}",
        row(&["Ada Lovelace", "Nurses"]),
        row(&["b@b.org", "Nurses"]),
        row(&["The page", "Nurses"])
    );
    let links = r#"<hyperlinks><hyperlink ref="A2" r:id="l1"/><hyperlink ref="A3" r:id="l2"/><hyperlink ref="A4" r:id="l3"/><hyperlink ref="B2" r:id="l2"/><hyperlink ref="A2:B9" r:id="l2"/></hyperlinks>"#;
    let sheet = Parts::of("").with(
        "xl/worksheets/sheet1.xml",
        &format!(r#"<worksheet xmlns:r="{OFFICE}"><sheetData>{list}</sheetData>{links}</worksheet>"#),
    );
    let relation = |id: &str, target: &str| {
        format!(
            r#"<Relationship Id="{id}" Type="{OFFICE}/hyperlink" Target="{target}" TargetMode="External"/>"#
        )
    };
    let relations = [
        relation("l1", "MAILTO:ada@b.org?subject=x"),
        relation("l2", "mailto:other@b.org"),
        relation("l3", "https://b.org/"),
    ];
    let sheet = sheet.with(
        "xl/worksheets/_rels/sheet1.xml.rels",
        &format!("<Relationships>{}</Relationships>", relations.concat()),
    );
    let rows = sheet.rows();
    let linked = Fault::LinkedAddress {
        address: "ada@b.org".to_owned(),
    };
    assert_eq!(rows[0].faults, std::slice::from_ref(&linked));
    let told = linked.problem(&rows[0]);
    assert_eq!(
        (told.value.as_str(), told.suggestion.as_str()),
        ("Ada Lovelace", "ada@b.org")
    );
    assert_eq!(
        (rows[1].address.as_str(), &rows[1].faults[..]),
        ("b@b.org", &[][..])
    );
    assert_eq!(rows[2].faults, []);
}

#[test]
fn links_of_others_are_in_the_way_of_nobody() {
    let list = format!("{HEADER}{}", row(&["Ada Lovelace", "Nurses"]));
    let link = r#"<hyperlinks><hyperlink ref="A2" r:id="l19999"/></hyperlinks>"#;
    let relation = |number: usize| {
        format!(
            r#"<Relationship Id="l{number}" Type="{OFFICE}/hyperlink" Target="mailto:p{number}@b.org" TargetMode="External"/>"#
        )
    };
    let relations: String = (0..20_000).map(relation).collect();
    let sheet = Parts::of("")
        .with(
            SHEET,
            &format!(r#"<worksheet xmlns:r="{OFFICE}"><sheetData>{list}</sheetData>{link}</worksheet>"#),
        )
        .with(
            "xl/worksheets/_rels/sheet1.xml.rels",
            &format!("<Relationships>{relations}</Relationships>"),
        );
    let address = "p19999@b.org".to_owned();
    assert_eq!(sheet.rows()[0].faults, [Fault::LinkedAddress { address }]);
}

#[test]
fn files_of_other_programs_are_refused_by_name() {
    let of = |name: &str| Parts::default().with(name, "x").pack();
    let entry = |name: &str| {
        let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        file.resize(1024, 0);
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        file[640..640 + units.len()].copy_from_slice(&units);
        file[704] = u8::try_from(units.len() + 2).unwrap();
        file
    };
    for (file, problem) in [
        (of("content.xml"), SheetProblem::OpenDocument),
        (of("Index/Document.iwa"), SheetProblem::Numbers),
        (of("xl/workbook.bin"), SheetProblem::BinaryWorkbook),
        (of("list.csv"), SheetProblem::Archive),
        (
            b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
            SheetProblem::Archive,
        ),
        (entry("EncryptedPackage"), SheetProblem::Encrypted),
        (entry("Workbook"), SheetProblem::OldWorkbook),
        (entry("Book"), SheetProblem::OldWorkbook),
        (entry("WordDocument"), SheetProblem::OldDocument),
        (entry(""), SheetProblem::OldDocument),
    ] {
        assert_eq!(read(&file, 10).unwrap_err(), problem);
    }
    let document = format!(
        r#"<Relationships><Relationship Id="a" Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>"#
    );
    let document = Parts::default()
        .with("_rels/.rels", &document)
        .with("word/document.xml", "<document/>");
    assert_eq!(document.problem(), SheetProblem::Archive);
}

/// As Power BI, Dynamics, Numbers and others write it: the parts and their names differ, and not what is in the cells.
#[test]
fn one_list_saved_in_many_ways_is_one_list() {
    let cells = format!("{HEADER}{}", row(&["a@b.org", "Nurses"]));
    let shared = r#"<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="s"><v>3</v></c></row>"#;
    let strings = "<sst><si><t>email</t></si><si><t>groups</t></si><si><t>a@b.org</t></si><si><r><t>Nur</t></r><r><t>ses</t></r></si></sst>";
    let sheet = |dimension: &str| {
        format!(
            r#"<worksheet xmlns="{MAIN}"><dimension ref="{dimension}"/><sheetData>{cells}</sheetData></worksheet>"#
        )
    };
    let relations = |sheet: &str, strings: &str| {
        format!(
            r#"<Relationships><Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="{sheet}"/><Relationship Id="s" Type="{OFFICE}/sharedStrings" Target="{strings}"/></Relationships>"#
        )
    };
    let (parts, list) = (|| Parts::of(&cells), "xl/_rels/workbook.xml.rels");
    let ways = [
        ("cells by their order alone", parts()),
        (
            "texts that cells share",
            Parts::of(&format!("{HEADER}{shared}")).with("xl/sharedStrings.xml", strings),
        ),
        (
            "a range that begins nowhere",
            parts().with("xl/worksheets/sheet1.xml", &sheet("A0:B0")),
        ),
        (
            "a range that is too small",
            parts().with("xl/worksheets/sheet1.xml", &sheet("A1")),
        ),
        (
            "a sheet without a number",
            parts()
                .with("xl/worksheets/sheet.xml", &sheet("A1:B2"))
                .with(list, &relations("worksheets/sheet.xml", "sharedStrings.xml")),
        ),
        (
            "parts named from the root",
            parts().with(
                list,
                &relations("/xl/worksheets/sheet1.xml", "/xl/sharedStrings.xml"),
            ),
        ),
        (
            "parts named in another case",
            parts().with(list, &relations("Worksheets/Sheet1.xml", "SharedStrings.xml")),
        ),
    ];
    for (way, parts) in ways {
        let rows = parts.rows();
        assert_eq!(brief(&rows), [(2, "a@b.org", "Nurses".to_owned())], "{way}");
    }
}
