//! A spreadsheet to fill in.

use muster_language::Language;
use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, Format, Formula, Workbook,
    Worksheet, XlsxError,
};
use time::OffsetDateTime;

use super::refused::BYTE_ORDER_MARK;
use crate::domain::inviting::InvitingContext;

/// What a template says, in one language.
struct Words {
    columns: [&'static str; 3],
    /// What is wrong: a column of files of refused rows, which is not read.
    problem: &'static str,
    /// The sheets. Their names are words of ours: those of organizations hold what a sheet's name may not.
    list: &'static str,
    choices: &'static str,
    /// Above what is beside the choices.
    head: &'static str,
    how: [&'static str; 5],
    /// What a program says of a text that is no choice.
    no_choice: &'static str,
    ask: &'static str,
}

const ENGLISH: Words = Words {
    columns: ["email", "groups", "location"],
    problem: "problem",
    list: "Invitations",
    choices: "Choices",
    head: "how to fill in the list",
    how: [
        "One person a line: the address, the group or groups, and the location if you have locations.",
        "Several groups in one cell: write a semicolon between their names.",
        "Names of groups and locations must be exactly those of the first two columns here.",
        "When the list is filled in, save the workbook and upload it as it is. Rows that are hidden are passed over.",
        "Nobody is invited before you have seen a preview and approved it.",
    ],
    no_choice: "Not in the list",
    ask: "Names must be exactly those of the sheet Choices. Several groups: a semicolon between them.",
};

const SPANISH: Words = Words {
    columns: ["correo", "grupos", "lugar"],
    problem: "problema",
    list: "Invitaciones",
    choices: "Opciones",
    head: "cómo rellenar la lista",
    how: [
        "Una persona por línea: la dirección, el grupo o los grupos, y el lugar si tiene lugares.",
        "Varios grupos en una celda: escriba un punto y coma entre sus nombres.",
        "Los nombres de grupos y lugares deben ser exactamente los de las dos primeras columnas de aquí.",
        "Cuando la lista esté rellena, guarde el libro y súbalo tal como está. Las filas ocultas se pasan por alto.",
        "No se invita a nadie antes de que usted haya visto una vista previa y la haya aprobado.",
    ],
    no_choice: "No está en la lista",
    ask: "Los nombres deben ser exactamente los de la hoja Opciones. Varios grupos: un punto y coma entre ellos.",
};

fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Spanish => &SPANISH,
    }
}

/// The columns that are filled in, and the one that says what is wrong with a row.
pub(super) fn columns(language: Language) -> [&'static str; 4] {
    let words = words(language);
    let [email, groups, location] = words.columns;
    [email, groups, location, words.problem]
}

/// For so many rows choices are offered at least, also where the plan has no spreadsheets yet.
const FEWEST_ROWS: u32 = 500;
/// The most rows below the first that a sheet can have.
const MAX_ROWS: u32 = 1_048_575;

/// As text: programs that open it see the columns.
pub(crate) fn csv(language: Language) -> Vec<u8> {
    format!("{BYTE_ORDER_MARK}{}\r\n", words(language).columns.join(",")).into_bytes()
}

/// As a workbook, with the active groups and locations of this moment to choose from. They stand on a sheet of their
/// own: a list of choices within a rule may have no more than 255 characters in all.
///
/// # Errors
/// The workbook cannot be written, which no name of a group or location leads to.
pub(crate) fn xlsx(
    inviting: &InvitingContext,
    language: Language,
    now: OffsetDateTime,
) -> Result<Vec<u8>, XlsxError> {
    let words = words(language);
    let (groups, locations) = choices(inviting);
    let rows = u32::try_from(inviting.limits.import_rows).unwrap_or(MAX_ROWS);
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_timestamp(now.unix_timestamp())?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let list = workbook.add_worksheet().set_name(words.list)?;
    heads(list, &words.columns)?;
    // Text: an address with a sign before it, or a group called 1-2, stays what was typed.
    let text = Format::new().set_num_format("@");
    for column in 0..3 {
        list.set_column_format(column, &text)?;
    }
    let last = rows.clamp(FEWEST_ROWS, MAX_ROWS);
    offer(list, words, (1, last), groups.len(), "A")?;
    offer(list, words, (2, last), locations.len(), "B")?;
    let sheet = workbook.add_worksheet().set_name(words.choices)?;
    let [_, group, location] = words.columns;
    heads(sheet, &[group, location, words.head])?;
    for (column, texts) in [(0, groups), (1, locations), (2, words.how.to_vec())] {
        for (row, text) in (1..).zip(texts) {
            sheet.write_string(row, column, text)?;
        }
    }
    workbook.save_to_buffer()
}

fn choices(inviting: &InvitingContext) -> (Vec<&str>, Vec<&str>) {
    let active = inviting.groups.values().filter(|group| group.is_active);
    let mut groups: Vec<&str> = active.map(|group| group.display_name.as_str()).collect();
    let active = inviting.locations.values().filter(|location| location.is_active);
    let mut locations: Vec<&str> = active.map(|location| location.display_name.as_str()).collect();
    groups.sort_unstable();
    locations.sort_unstable();
    (groups, locations)
}

fn heads(sheet: &mut Worksheet, names: &[&str]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (column, name) in (0..).zip(names) {
        sheet.write_string_with_format(0, column, *name, &bold)?;
        sheet.set_column_width(column, 36)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// Offers the first `count` choices of a column of the second sheet. Another text is asked about and not forbidden: a cell
/// may name several groups.
fn offer(
    list: &mut Worksheet,
    words: &Words,
    (column, last): (u16, u32),
    count: usize,
    choices: &str,
) -> Result<(), XlsxError> {
    if count == 0 {
        return Ok(());
    }
    let range = format!("={}!${choices}$2:${choices}${}", words.choices, count + 1);
    let rule = DataValidation::new()
        .allow_list_formula(Formula::new(range))
        .set_error_style(DataValidationErrorStyle::Warning)
        .set_error_title(words.no_choice)?
        .set_error_message(words.ask)?;
    list.add_data_validation(1, column, last, column, &rule)?;
    Ok(())
}
