replaces = This message replaces one that you may have received before: what it said has changed.
subject = Somebody cannot join { $organization }
lead =
    Somebody wanted to accept their invitation to { $organization }, and could not:
    none of its groups takes learners any more. These are:
next =
    Their invitation is as it was. They can accept it as soon as one of its groups is
    active again, or when you invite them to another group as well. Who it is, you see
    among your invitations, by these groups, where you sign in.
why =
    You receive this message because you invited them, or because the organization is
    yours. It comes at most once a day, however many people try.
