//! Lists of states as statements have to spell them: the planner takes a partial index only for constants. Each stands here
//! once, and `store::tests::state_lists` compares them with the enums and with the indexes. Where a row is found by its key, the
//! words are parameters instead: as constants they would let the planner take the index of live addresses.

/// An invitation that can be accepted, as long as its time has not run out.
macro_rules! live {
    () => {
        "'PROSPECT', 'PENDING'"
    };
}

/// An invitation that keeps its address.
macro_rules! occupying {
    () => {
        "'PROSPECT', 'PENDING', 'ACTIVE'"
    };
}

/// The state that is shown: of `invitations i`, at the time of the given parameter.
macro_rules! effective_state {
    ($now:literal) => {
        concat!(
            "CASE WHEN i.state IN (",
            live!(),
            ") AND i.expire_time <= ",
            $now,
            " THEN 'EXPIRED' ELSE i.state END"
        )
    };
}

/// An import that nobody decided on yet.
macro_rules! undecided {
    () => {
        "'UPLOADED', 'READY'"
    };
}

/// An import that a worker has something to do with.
macro_rules! to_do {
    () => {
        "'UPLOADED', 'APPROVED', 'APPLYING'"
    };
}

/// What is shown of the latest mail of `invitations i`: a handover after the time of the given parameter may be under way.
macro_rules! effective_delivery {
    ($since:literal) => {
        concat!(
            "CASE WHEN i.handover_time > ",
            $since,
            " THEN 'SENDING' ELSE i.delivery_state END"
        )
    };
}

/// The mailbox of the address of the table of this name, as `domain::mailbox` has it: what is before the `@`, without dots and without
/// what follows a `+`. An index spells it.
macro_rules! mailbox {
    ($table:literal) => {
        concat!(
            "replace(split_part(split_part(",
            $table,
            ".address_canonical, '@', 1), '+', 1), '.', '') || '@' || split_part(",
            $table,
            ".address_canonical, '@', 2)"
        )
    };
}

pub(super) use {effective_delivery, effective_state, live, mailbox, occupying, to_do, undecided};
