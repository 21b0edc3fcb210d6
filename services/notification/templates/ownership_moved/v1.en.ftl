replaces = This message replaces one that you may have received before: what it said has changed.
subject-owner = { $organization } is yours now
subject-former = { $organization } is no longer yours
lead-owner =
    Registry staff have made you the owner of { $organization }. They do
    so when an owner is gone or cannot sign in any more; why they did stands
    in the history of the organization.
lead-former =
    Registry staff have made somebody else the owner of { $organization }.
    They do so when an owner is gone or cannot sign in any more. You are an
    administrator of it, unless the new owner has decided otherwise.
next-owner =
    Sign in where organizations are administered: who else may administer it is
    for you to decide now, also whether who owned it before still may.
next-former =
    Why it was done is written down. If you can sign in and know nothing of it,
    tell the registry at once.
why = You receive this message once, because the ownership concerns you.
