//! Files as the contract has them.

use muster_language::Language;
use muster_proto::HttpBody;
use muster_proto::invitation::v1 as pb;

use crate::ops::import::template::FileFormat;

const CSV: &str = "text/csv; charset=utf-8";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A spreadsheet to fill in.
pub(super) fn template(
    format: FileFormat,
    language: Language,
    data: Vec<u8>,
) -> pb::DownloadImportTemplateResponse {
    let name = match language {
        Language::English => "invitations",
        Language::Spanish => "invitaciones",
    };
    let (kind, end) = match format {
        FileFormat::Csv => (CSV, "csv"),
        FileFormat::Xlsx => (XLSX, "xlsx"),
    };
    pb::DownloadImportTemplateResponse {
        file: Some(body(kind, data)),
        file_name: format!("{name}.{end}"),
    }
}

/// A piece of the file of refused rows.
pub(super) fn refused_rows(file_name: String, kind: &str, data: Vec<u8>) -> pb::DownloadRefusedRowsResponse {
    pb::DownloadRefusedRowsResponse {
        file: Some(body(kind, data)),
        file_name,
    }
}

fn body(kind: &str, data: Vec<u8>) -> HttpBody {
    HttpBody {
        content_type: kind.to_owned(),
        data,
        extensions: Vec::new(),
    }
}
