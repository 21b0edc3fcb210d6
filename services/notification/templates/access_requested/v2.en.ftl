replaces = This message replaces one that you may have received before: what it said has changed.
subject = Somebody asks for access to { $organization }
asks =
    Somebody asks to look at { $organization } or to
    administer it, and waits for you to decide.
sign-in =
    To see who asks and what for, sign in where you administer the organization.
    Nobody is let in unless you say so; a request that you do not answer ends by
    itself after 30 days.
why =
    You receive this message because the organization is yours. It comes at most
    once in eight hours, however many people ask.
