//! A learning record as a file.

use muster_clock::Zone;
use muster_ids::{AssignmentId, OrganizationId, PersonId};
use muster_server::AnswerSink;
use muster_tables::{Cell, Column, Head};
use tonic::Status;

use super::{File, FilePiece, clocks, made};
use crate::context::Context;
use crate::domain::{AssignmentStateName, ExportFormat, OrganizationNames, RecordLine};
use crate::error::Error;
use crate::ops::learning_record::export;
use crate::ops::learning_record::read::Reader;
use crate::store::learning_record;

const COLUMNS: [Column; 8] = [
    Column::new("training", "Training", 3.4),
    Column::new("organization", "Organization", 2.6),
    Column::new("state", "State", 1.2),
    Column::new("progressPercent", "Percent", 0.9),
    Column::new("assignTime", "Assigned", 1.6),
    Column::new("startTime", "Begun", 1.6),
    Column::new("completeTime", "Completed", 1.6),
    Column::new("certificateNumber", "Certificate", 2.4),
];

/// Whose record is written, and who reads it.
#[derive(Debug, Clone)]
pub(in crate::rpc) struct Source {
    pub(in crate::rpc) person: PersonId,
    /// Who reads it with consent; `None`: the person themself.
    pub(in crate::rpc) reader: Option<Reader>,
    pub(in crate::rpc) format: ExportFormat,
}

/// A record that is being written.
pub(in crate::rpc) struct Writing {
    file: File,
    source: Source,
    organizations: OrganizationNames,
    /// What was read, and is not written.
    lines: Vec<RecordLine>,
}

impl Writing {
    /// Reads the beginning: whoever may not, is told before there is a file.
    ///
    /// # Errors
    /// As [`export::apply`]; [`Error::TooManyFiles`]; of a peer.
    pub(in crate::rpc) async fn begin(context: &Context, source: Source, name: &str) -> Result<Self, Error> {
        let lines = read(context, &source, None).await?;
        let count = async |db: &mut _| learning_record::count(db, source.person).await;
        let expected = context.database.read(count).await?;
        // Of no organization where it is the person's own.
        let (reader, zone) = source.reader.as_ref().map_or(("", Zone::UTC), |reader| {
            (reader.caller.display_name.as_str(), reader.zone.clone())
        });
        let head = Head {
            title: format!("Learning record: {name}"),
            notes: vec![
                made(context.clock.now(), &zone, reader),
                clocks(source.format, &zone),
            ],
            columns: COLUMNS.to_vec(),
        };
        Ok(Self {
            file: File::begin(context, "learning-record", source.format, head, &zone, expected)?,
            source,
            organizations: OrganizationNames::new(),
            lines,
        })
    }

    /// Writes what was read, and the rest.
    pub(in crate::rpc) async fn write<M: FilePiece>(
        mut self,
        context: Context,
        sink: AnswerSink<M>,
    ) -> Result<(), Status> {
        loop {
            let lines = std::mem::take(&mut self.lines);
            let Some(last) = lines.last().map(|line| line.assignment.id) else {
                return self.file.finish(&sink).await;
            };
            let rows = self.rows(&context, lines).await?;
            self.file.rows(rows, &sink).await?;
            self.lines = read(&context, &self.source, Some(last)).await?;
        }
    }

    async fn rows(&mut self, context: &Context, lines: Vec<RecordLine>) -> Result<Vec<Vec<Cell>>, Error> {
        let mut rows = Vec::with_capacity(lines.len());
        for line in lines {
            let name = match line.assignment.organization {
                Some(organization) => self.name_of(context, organization).await?,
                None => String::new(),
            };
            rows.push(row(line, name));
        }
        Ok(rows)
    }

    /// What people call the organization; each is asked for once.
    async fn name_of(&mut self, context: &Context, organization: OrganizationId) -> Result<String, Error> {
        if let Some(known) = self.organizations.get(&organization) {
            return Ok(known.clone());
        }
        let told = context.peers.organization(organization).await?;
        let name = told.unwrap_or_default().display_name;
        self.organizations.insert(organization, name.clone());
        Ok(name)
    }
}

async fn read(
    context: &Context,
    source: &Source,
    before: Option<AssignmentId>,
) -> Result<Vec<RecordLine>, Error> {
    let Source {
        person,
        reader,
        format,
    } = source;
    let Some(reader) = reader else {
        let list = async |db: &mut _| learning_record::list(db, *person, before, export::PIECE).await;
        return Ok(context.database.read(list).await?);
    };
    let work = async |tx: &mut _| export::apply(tx, context, reader, *person, *format, before).await;
    context.database.write(work).await
}

fn row(line: RecordLine, organization: String) -> Vec<Cell> {
    let RecordLine {
        assignment,
        certificate_number,
    } = line;
    let state = match assignment.state.name() {
        AssignmentStateName::Assigned => "assigned",
        AssignmentStateName::InProgress => "in progress",
        AssignmentStateName::Completed => "completed",
        AssignmentStateName::Cancelled => "cancelled",
    };
    let (complete_time, _) = assignment.state.completion().unzip();
    vec![
        Cell::text(assignment.training_display_name),
        Cell::text(organization),
        Cell::text(state),
        Cell::Count(assignment.state.percent().get().into()),
        Cell::Time(assignment.assign_time),
        Cell::maybe(assignment.state.start_time(), Cell::Time),
        Cell::maybe(complete_time, Cell::Time),
        Cell::maybe(certificate_number, Cell::Text),
    ]
}
