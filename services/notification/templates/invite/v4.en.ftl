replaces = This message replaces one that you may have received before: what it said has changed.
subject = { $organization } invites you
lead-alone = { $organization } invites you to join.
lead = { $organization } invites you to join:
see = See the invitation and decide
open = To see the invitation and decide, open this link or copy it into your browser:
or-copy = Or copy this link into your browser:
until = The link works until { $time }.
then =
    Opening the link changes nothing: you decide after you have signed in with this
    email address. If you did not expect this message, ignore it.
