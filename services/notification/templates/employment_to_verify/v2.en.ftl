replaces = This message replaces one that you may have received before: what it said has changed.
subject = Somebody waits to be verified at { $organization }
waits =
    Somebody says that they work at { $organization }, and waits
    for an administrator to confirm it.
see = See who waits and decide
open = To see who waits and to decide, open this link or copy it into your browser:
or-copy = Or copy this link into your browser:
sign-in = To see who waits and to decide, sign in where you administer the organization.
why =
    You receive this message because you administer the organization. It comes at
    most once in eight hours, however many people wait.
