//! Files, as they are written: rows in, messages out.

pub(super) mod record;
pub(super) mod staff;

use std::sync::Arc;

use muster_proto::HttpBody;
use muster_proto::records::v1 as pb;
use muster_server::AnswerSink;
use muster_tables::{Cell, Format, Head, TableWriter};
use time::OffsetDateTime;
use tokio::sync::OwnedSemaphorePermit;
use tonic::Status;

use crate::context::Context;
use crate::domain::ExportFormat;
use crate::error::Error;

muster_proto::same_values! { ExportFormat = pb::ExportFormat { Csv, Xlsx, Pdf, Json } }

/// The most bytes of a file in one message.
const PIECE: usize = 64 * 1024;

/// A message that holds a piece of a file.
pub(super) trait FilePiece: Send + 'static {
    fn of(file: HttpBody, file_name: String, row_count: i64) -> Self;
}

macro_rules! file_pieces {
    ($($message:ident),+) => {$(
        impl FilePiece for pb::$message {
            fn of(file: HttpBody, file_name: String, row_count: i64) -> Self {
                Self {
                    file: Some(file),
                    file_name,
                    row_count,
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
}

impl File {
    /// A new one, called `name` and as of now.
    ///
    /// # Errors
    /// [`Error::TooManyFiles`], [`Error::File`].
    pub(super) fn begin(
        context: &Context,
        name: &str,
        format: ExportFormat,
        head: Head,
    ) -> Result<Self, Error> {
        let place = Arc::clone(&context.files)
            .try_acquire_owned()
            .map_err(|_| Error::TooManyFiles)?;
        let format = match format {
            ExportFormat::Csv => Format::Csv,
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
        self.sent.send(written, sink).await
    }

    /// Completes it.
    pub(super) async fn finish<M: FilePiece>(self, sink: &AnswerSink<M>) -> Result<(), Status> {
        let Self { writer, mut sent, .. } = self;
        let rest = writer.finish().map_err(Error::from)?;
        sent.send(rest, sink).await
    }
}

impl Sent {
    async fn send<M: FilePiece>(&mut self, written: Vec<u8>, sink: &AnswerSink<M>) -> Result<(), Status> {
        let mut rest = written.as_slice();
        loop {
            let (piece, later) = rest.split_at(rest.len().min(PIECE));
            rest = later;
            // Only the first piece says what the file is.
            let (content_type, name) = self.what.take().unwrap_or_default();
            let file = HttpBody {
                content_type,
                data: piece.to_vec(),
                extensions: Vec::new(),
            };
            sink.send(M::of(file, name, self.rows)).await?;
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
