replaces = This message replaces one that you may have received before: what it said has changed.
subject = { $organization } is suspended
subject-over = { $organization } is active again
lead =
    Registry staff have suspended { $organization }. Nobody can be invited and
    nobody can join while it is, and its other mail waits. Who learns there goes
    on learning.
lead-over =
    Registry staff have ended the suspension of { $organization }. People can be
    invited and can join again, and what waited and is still of use goes out.
next =
    Sign in where you administer the organization: why they did stands there. If
    you think that it is a mistake, tell the registry.
next-over =
    Requests to administer it that waited have ended with the suspension: whoever
    still wants to asks again.
why = You receive this message because the organization is yours.
