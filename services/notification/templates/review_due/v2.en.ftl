replaces = This message replaces one that you may have received before: what it said has changed.
subject-overdue = The review of { $organization } is overdue
subject = The review of { $organization } is due
lead-overdue =
    What { $organization } says of itself is to be looked at again,
    and has been for a while: name and license, who may administer
    it, who works there, and what waits for an answer.
lead =
    What { $organization } says of itself is to be looked at again:
    name and license, who may administer it, who works there, and
    what waits for an answer.
sign-in =
    Sign in where you administer the organization: everything to check stands in
    one place, and you confirm it there. An administrator may do so, too.
why =
    Nothing stops meanwhile. You receive this message because the organization is
    yours.
