//! Files as the contract has them.

use muster_proto::HttpBody;
use muster_proto::invitation::v1 as pb;

use crate::ops::import::template::FileFormat;

const CSV: &str = "text/csv; charset=utf-8";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A spreadsheet to fill in.
pub(super) fn template(format: FileFormat, data: Vec<u8>) -> pb::DownloadImportTemplateResponse {
    let (kind, file_name) = match format {
        FileFormat::Csv => (CSV, "invitations.csv"),
        FileFormat::Xlsx => (XLSX, "invitations.xlsx"),
    };
    pb::DownloadImportTemplateResponse {
        file: Some(body(kind, data)),
        file_name: file_name.to_owned(),
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
