//! Files, as they are written: rows in, messages out.

pub(super) mod certificate;
pub(super) mod record;
pub(super) mod staff;

use std::sync::Arc;

use muster_clock::Zone;
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
    /// In which it says times where only people read them; `None`: in UTC, as programs read them.
    printed: Option<Zone>,
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
    /// A new one, called `name` and as of now, of days in this zone. `expected`: how many rows there are to be, as far as it is known.
    ///
    /// # Errors
    /// [`Error::TooManyFiles`], [`Error::File`].
    pub(super) fn begin(
        context: &Context,
        name: &str,
        format: ExportFormat,
        head: Head,
        zone: &Zone,
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
        let today = zone.day(context.clock.now());
        Ok(Self {
            writer: TableWriter::new(format, head)?,
            printed: (format == Format::Pdf).then(|| zone.clone()),
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
        for mut row in rows {
            if let Some(zone) = &self.printed {
                row.iter_mut().for_each(|cell| print(cell, zone));
            }
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

/// Writes a time as people read it, where clocks are those of the zone that the file names.
fn print(cell: &mut Cell, zone: &Zone) {
    if let Cell::Time(time) = cell {
        let local = zone.local(*time);
        let (date, hour, minute) = (local.time.date(), local.time.hour(), local.time.minute());
        *cell = Cell::text(format!("{date} {hour:02}:{minute:02} {}", local.clocks));
    }
}

/// The line that says as of when a file is, and for whom it was made.
fn made(now: OffsetDateTime, zone: &Zone, reader: &str) -> String {
    let local = zone.local(now);
    let (date, hour, minute) = (local.time.date(), local.time.hour(), local.time.minute());
    let by = if reader.is_empty() {
        String::new()
    } else {
        format!(", by {reader}")
    };
    format!("Made on {date} at {hour:02}:{minute:02} {}{by}", local.zone())
}

/// The line that says by which clocks the file goes.
fn clocks(format: ExportFormat, zone: &Zone) -> String {
    let name = zone.name();
    match format {
        ExportFormat::Pdf => format!("Times and days are those of {name}."),
        ExportFormat::Csv
        | ExportFormat::CsvExcel
        | ExportFormat::CsvExcelSemicolon
        | ExportFormat::Xlsx
        | ExportFormat::Json => format!("Times are in UTC, days are those of {name}."),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_file_says_as_of_when_it_is_and_by_which_clocks_it_goes() {
        let detroit = Zone::named("America/Detroit");
        let evening = datetime!(2026-03-01 02:30 UTC);
        assert_eq!(
            made(evening, &detroit, "Ada"),
            "Made on 2026-02-28 at 21:30 EST (UTC-5), by Ada"
        );
        assert_eq!(made(evening, &Zone::UTC, ""), "Made on 2026-03-01 at 02:30 UTC");
        assert_eq!(
            clocks(ExportFormat::Pdf, &detroit),
            "Times and days are those of America/Detroit."
        );
        assert_eq!(
            clocks(ExportFormat::Xlsx, &detroit),
            "Times are in UTC, days are those of America/Detroit."
        );
    }

    #[test]
    fn on_paper_the_hour_that_comes_twice_is_told_apart() {
        let detroit = Zone::named("America/Detroit");
        let printed = |mut cell: Cell| {
            print(&mut cell, &detroit);
            cell
        };
        for (time, expected) in [
            (datetime!(2026-11-01 05:30 UTC), "2026-11-01 01:30 EDT"),
            (datetime!(2026-11-01 06:30 UTC), "2026-11-01 01:30 EST"),
            (datetime!(2026-03-08 07:00 UTC), "2026-03-08 03:00 EDT"),
        ] {
            assert_eq!(printed(Cell::Time(time)), Cell::text(expected));
        }
        for other in [Cell::Empty, Cell::Count(3), Cell::text("2026-11-01T05:30:00Z")] {
            assert_eq!(printed(other.clone()), other);
        }
    }
}
