//! Files, as they are written: rows in, messages out.

pub(super) mod certificate;
pub(super) mod record;
pub(super) mod staff;

use std::sync::Arc;

use muster_proto::HttpBody;
use muster_proto::records::v1 as pb;
use muster_server::AnswerSink;
use muster_tables::{Cell, Format, Head, TableWriter};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::sync::OwnedSemaphorePermit;
use tonic::Status;

use crate::context::Context;
use crate::domain::ExportFormat;
use crate::error::Error;

muster_proto::same_values! { ExportFormat = pb::ExportFormat { Csv, CsvExcel, CsvExcelSemicolon, Xlsx, Pdf, Json } }

/// The most bytes of a file in one message.
const PIECE: usize = 64 * 1024;

/// A piece of a file, and what is said with it.
pub(super) struct Piece {
    file: HttpBody,
    file_name: String,
    row_count: i64,
    expected_row_count: i64,
    sha256: Vec<u8>,
}

/// A message that holds a piece of a file.
pub(super) trait FilePiece: Send + 'static {
    fn of(piece: Piece) -> Self;
}

macro_rules! file_pieces {
    ($($message:ident),+) => {$(
        impl FilePiece for pb::$message {
            fn of(piece: Piece) -> Self {
                let Piece {
                    file,
                    file_name,
                    row_count,
                    expected_row_count,
                    sha256,
                } = piece;
                Self {
                    file: Some(file),
                    file_name,
                    row_count,
                    expected_row_count,
                    sha256,
                }
            }
        }
    )+};
}

file_pieces! { ExportStaffReportResponse, ExportLearningRecordResponse, ExportPersonLearningRecordResponse }

/// A file that is being written, and sent while it is.
pub(super) struct File {
    writer: TableWriter,
    sent: Sent,
    _place: OwnedSemaphorePermit,
}

/// What was sent of a file.
struct Sent {
    /// Its media type and its name; taken by the first piece.
    what: Option<(String, String)>,
    rows: i64,
    /// How many rows there are to be, as far as that was known before the first one.
    expected: i64,
    /// Of everything that was sent.
    digest: Sha256,
}

impl File {
    /// A new one, called `name` and as of now. `expected`: how many rows there are to be, as far as it is known.
    ///
    /// # Errors
    /// [`Error::TooManyFiles`], [`Error::File`].
    pub(super) fn begin(
        context: &Context,
        name: &str,
        format: ExportFormat,
        head: Head,
        expected: i64,
    ) -> Result<Self, Error> {
        let place = Arc::clone(&context.files)
            .try_acquire_owned()
            .map_err(|_| Error::TooManyFiles)?;
        let format = match format {
            ExportFormat::Csv => Format::Csv,
            ExportFormat::CsvExcel => Format::CsvExcel,
            ExportFormat::CsvExcelSemicolon => Format::CsvExcelSemicolon,
            ExportFormat::Xlsx => Format::Xlsx,
            ExportFormat::Pdf => Format::Pdf,
            ExportFormat::Json => Format::Json,
        };
        let today = context.clock.now().date();
        Ok(Self {
            writer: TableWriter::new(format, head)?,
            sent: Sent {
                what: Some((
                    format.media_type().to_owned(),
                    format!("{name}-{today}.{}", format.extension()),
                )),
                rows: 0,
                expected,
                digest: Sha256::new(),
            },
            _place: place,
        })
    }

    /// Writes rows, and sends what is complete by them: also nothing, so that whoever waits sees that it goes on.
    pub(super) async fn rows<M: FilePiece>(
        &mut self,
        rows: Vec<Vec<Cell>>,
        sink: &AnswerSink<M>,
    ) -> Result<(), Status> {
        for row in rows {
            self.writer.row(&row).map_err(Error::from)?;
            self.sent.rows += 1;
        }
        let written = self.writer.take();
        self.sent.send(&written, false, sink).await
    }

    /// Completes it.
    pub(super) async fn finish<M: FilePiece>(self, sink: &AnswerSink<M>) -> Result<(), Status> {
        let Self { writer, mut sent, .. } = self;
        let rest = writer.finish().map_err(Error::from)?;
        sent.send(&rest, true, sink).await
    }
}

impl Sent {
    /// `completes`: nothing comes after it.
    async fn send<M: FilePiece>(
        &mut self,
        written: &[u8],
        completes: bool,
        sink: &AnswerSink<M>,
    ) -> Result<(), Status> {
        self.digest.update(written);
        let mut rest = written;
        loop {
            let (data, later) = rest.split_at(rest.len().min(PIECE));
            rest = later;
            let is_last = completes && rest.is_empty();
            let sha256 = is_last.then(|| self.digest.clone().finalize().to_vec());
            // Only the first piece says what the file is.
            let (content_type, file_name) = self.what.take().unwrap_or_default();
            let file = HttpBody {
                content_type,
                data: data.to_vec(),
                extensions: Vec::new(),
            };
            let piece = Piece {
                file,
                file_name,
                row_count: self.rows,
                expected_row_count: self.expected,
                sha256: sha256.unwrap_or_default(),
            };
            sink.send(M::of(piece)).await?;
            if rest.is_empty() {
                return Ok(());
            }
        }
    }
}

/// The line that says as of when a file is, and for whom it was made.
fn made(now: OffsetDateTime, reader: &str) -> String {
    let (date, hour, minute) = (now.date(), now.hour(), now.minute());
    let by = if reader.is_empty() {
        String::new()
    } else {
        format!(", by {reader}")
    };
    format!("Made on {date} at {hour:02}:{minute:02} UTC{by}")
}
