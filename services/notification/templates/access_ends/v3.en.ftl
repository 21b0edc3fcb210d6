replaces = This message replaces one that you may have received before: what it said has changed.
subject-own = Your access to { $organization } ends
subject = Somebody's access to { $organization } ends
lead-own =
    Your access to { $organization } ends
    on { $time }.
lead =
    The access that you gave somebody to { $organization } ends
    on { $time }.
lead-own-open = Your access to { $organization } ends.
lead-open = The access that you gave somebody to { $organization } ends.
extend-own = If you still need it then, ask the owner of the organization to extend it.
extend =
    If they still need it then, sign in where you administer the organization and
    extend it. They have been told, too.
else = If it is to end, nothing needs to be done.
