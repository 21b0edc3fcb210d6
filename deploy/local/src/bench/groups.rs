//! What can be measured.

use clap::ValueEnum;

/// One group of figures. What limits each follows from how the services are built, and is said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Bench {
    /// From the start of one process more of each service until its `/readyz` answers 200, while engines and the other services are
    /// there, beside the bare tonic echo until it has answered a call. Five runs, of which the medians count and the spread is told.
    /// To be reached are 2 s: what scales out waits for it, and so does what has died. Limited by round trips, one after the other:
    /// of a service a connection to RabbitMQ, over which exchange, queues and bindings are declared, then one to PostgreSQL; of the
    /// gateway by policies and the description of the API, which are read, and by the first answer of each service. The programs are
    /// in the machine's memory already: no disk is measured
    Start,
    /// Authenticated GetOrganization, by h2load with 100 in flight, beside a bare tonic echo and `pgbench -S`. Limited by
    /// CPU: at the service an Ed25519 verification and two round trips to PostgreSQL a call; through the gateway also a
    /// second verification, a Cedar decision, a signature and another HTTP/2 hop. Only roles and keys are remembered
    Reads,
    /// ListAssignments at an echo: straight, behind nginx and haproxy, which neither authorize nor log, and behind the
    /// gateway, which does all it does: token, rule, role, policies, caller token, access log, traces at 1 %. By h2load
    /// with 100 in flight; limited by CPU, which load generator, proxy and echo share
    Edge,
    /// Honest calls through the gateway, 1,000 a second, alone, beside a neighbour who takes a quarter of a core and sends
    /// nothing, and beside each of eleven abuses (rapid reset, floods, slow loris, closed windows, bombs) that may take as
    /// much: their times, how many failed, the memory that the abuse took, and what the abuser was told. A gateway that
    /// defends itself keeps the slow ones below twice what they are beside that neighbour, fails none, and grows by less
    /// than 100 MB
    Abuse,
    /// Resident memory of the gateway while it does everything it does, 1,000 times a second, for `--minutes`: calls over
    /// connections that stay and over new ones, JSON, refusals, pages. At the start, after a fifth of the time, at the end,
    /// at its peak, and by how much it grows in a minute. Only when it is asked for by name
    Soak,
    /// CreateInvitation through the gateway with 16 in flight, beside `pgbench -N`; once more with the mail service
    /// suspended. Limited by CPU shared with relay, broker and mail worker: calls of one moment are one transaction, so that
    /// what a call costs beside it counts
    Creates,
    /// From an invitation to the mail server's 250, and mails a second for 2,000 that wait (of the first 95 in a hundred: the
    /// last ones were on their way when the server was stopped for it, and wait for their next attempt), beside `smtp-source`
    /// on the same `smtp-sink`. One mail is limited by the hops (relay, broker, worker) and a commit at each; many by CPU, and
    /// by how many are on their way at once (32): what is written down of these is written together
    Mail,
    /// Rows a second of a spreadsheet of 20,000 that are previewed, from its upload on, and that become invitations, from the
    /// approval on, with no mail going out, beside PostgreSQL inserting as many rows by one statement. Limited by what a row
    /// is besides: an event with a trace of its own, its group, its place in the import
    Imports,
    /// What a registry asks. 100,000 programmes loaded by staff, beside `COPY` into the same table; searches among these and 10,000
    /// profiles, one after the other, by words that are right, wrong or unfinished and by numbers, beside one query of `pg_trgm`
    /// (99 of 100 within 50 ms); a role at the edge that it knows, beside the echo, and one that it has to ask for; the report on
    /// 10,000 employees with five years of certificates each, as files, beside `COPY`, with the peak memory of records and gateway
    /// beside that for 1,000 employees (at most 32 MiB more), and its first page (within 2 s); first and hundredth page of the
    /// employees list, beside the bare query; 1,000 employments verified at once, beside one UPDATE of as many. Three runs, of
    /// which the medians count and the spread is told. Limited by PostgreSQL, which does the same beside; what is on top is the
    /// edge, the log of who read what, events and history. Only when it is asked for by name: it fills the databases
    Registry,
    /// What a training provider asks. Workbooks and texts of 100,000 rows: previewed, beside calamine alone and beside `COPY` into the
    /// same table, and applied with no mail going out, beside PostgreSQL inserting as many rows by one statement, with the peak
    /// memory of invitation and gateway beside that for a hundredth of the rows (at most 32 MiB more); a page and the counts of an
    /// organization with a million invitations, beside the bare queries and beside one with 1,000; of 100,000 learners the first page,
    /// which tells how many show each word, those counts alone (within 100 ms) and the hundredth page, beside the bare queries; 20,000
    /// acceptances, each by somebody else, beside `pgbench -N`; the join page, beside nginx with the same page as a file; how soon the mail of an
    /// invitation by hand is with the mail server while 100,000 rows are applied and mailed (99 of 100 within 2 s); and what
    /// `creates` measures. Limited by PostgreSQL, and by relay, broker and mail worker, who go on with what was done meanwhile. Only
    /// when it is asked for by name: it fills the databases
    Invitations,
    /// What a thing costs among a thousand of its kind in one organization, and among ten times as many, up to a million (events: up
    /// to 100,000). Of invitations, deliveries that wait for their day, employments and assignments the first and the hundredth page
    /// of ten, and of invitations and assignments the counts, beside the bare queries; one more invitation, acceptance, claim of an
    /// employment and assignment, with 16 in flight, and mails that are due, until they are asked for and, claimed by the mail worker,
    /// written down as wanted no more, beside `pgbench -N`; events that wait in an outbox, until they are published, and in a queue,
    /// until they are consumed, beside writing them down. Three runs, of which the medians count; behind them the largest size beside
    /// the smallest: up to 1.5 times as much is flat, and what grows says so, and why it may. Only when it is asked for by name: it
    /// fills the databases
    Growth,
    /// Resident memory of each service, idle and after the above, beside the bare tonic echo. Limited by buffers
    /// of connections, and by what the allocator keeps after a burst
    Memory,
}

impl Bench {
    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Reads => "reads",
            Self::Edge => "edge",
            Self::Abuse => "abuse",
            Self::Soak => "soak",
            Self::Creates => "creates",
            Self::Mail => "mail",
            Self::Imports => "imports",
            Self::Registry => "registry",
            Self::Invitations => "invitations",
            Self::Growth => "growth",
            Self::Memory => "memory",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        for bench in Bench::value_variants() {
            let typed = bench.to_possible_value().unwrap();
            assert_eq!(typed.get_name(), bench.name());
        }
    }
}
