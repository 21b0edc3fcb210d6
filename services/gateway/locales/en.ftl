# What the pages say, in English. Each message is in every language, with the same values: a test says so.
# No markup here: pages add it, and escape the values.

# Around every page.
languages = Language
brand-lead = Organizations, their people and their learning records.
sign-out = Sign out
questions = Questions? { $support }
error = Error
no-name = somebody without a name

# The front page.
home-invited = Have you been invited? Open the link in the mail that you received; it leads you to your invitation.
your-trainings = Your trainings
sign-in-trainings = Sign in to see what you have to take, and what you have taken.
no-trainings = You have no training to take.
training-late = This training is late: the day on which it was due is over.
training-state = State
training-assigned = Not begun ({ $percent } %)
training-begun = Begun ({ $percent } %)
training-completed = Completed ({ $percent } %)
training-cancelled = Not to be taken any more (you had come to { $percent } %)
training-whose = For
training-own = Yourself
training-organization = Your organization
training-due = Due
training-due-on = { $date }, until the end of the day ({ $zone })
training-done = Completed on
certificate = Certificate
training-move-lead = Your organization has assigned this training to you, too. You can go on there with what you have done: the further progress stays, and your organization sees it.
training-move = Go on for my organization
your-invitations = Your invitations

# Where to sign in.
sign-in = Sign in
sign-in-with = Sign in with { $name }
register-with = Register with { $name }
where-register = Where to register
no-account = I have no account yet
where-account = Where do you have an account?
other-account = Use another account
not-you = Not you? Use another account

# The page of an invitation.
invitation-title = Invitation from { $organization }
invites-you = { $organization } invites you
to-join = To join
sent-to = Sent to
joined = You have joined { $organization }
joined-then = Your trainings are being assigned to you now. You can close this page.
declined = This invitation was declined
declined-undo = You have not joined { $organization }. If this is a mistake, you can undo it until { $time }.
undo-here = Undo: I want to see the invitation again
closed = This invitation is no longer open
closed-ask = It was answered already. If it was not you, ask { $organization } to send you a new invitation.
cancelled = This invitation was taken back
cancelled-ask = { $organization } cancelled it. If that is a mistake, ask them to send you a new one.
expired = This invitation has expired
expired-ask = It was not accepted in time. Ask { $organization } to send it again.
expired-unwanted = If you do not want it to be sent again, you can decline it:
decline-it = decline it
another-meant = Nothing was accepted: since that page was opened, another invitation was opened here, or somebody else signed in. This is what is open now: look whether it is the one you mean, and whether it is you.
accept-as = You are signed in as { $name }. When you accept, the organization sees your name, and the trainings of the group are assigned to you.
accept-as-at = You are signed in as { $name } with { $issuer }. When you accept, the organization sees your name, and the trainings of the group are assigned to you.
accept = Accept the invitation
somebody-else = You are signed in as { $name }, whose verified address is not the one that was invited. The invitation is untouched.
somebody-else-at = You are signed in as { $name } with { $issuer }, whose verified address is not the one that was invited. The invitation is untouched.
no-address = You are signed in as { $name }, but the sign-in service tells us no confirmed e-mail address of yours, so we cannot see whether this invitation is for you. It is untouched.
no-address-at = You are signed in as { $name } with { $issuer }, but the sign-in service tells us no confirmed e-mail address of yours, so we cannot see whether this invitation is for you. It is untouched.
no-address-then = If you have not confirmed your address there yet, do that and open this page again after a minute. If you have, the people who run this site must change how sign-in is set up: tell them what this page says.
sign-in-first = Sign in with the address that was invited, and you can accept. You may also simply leave this page: nothing happens until you accept.
not-join = I do not want to join

# The page that asks whether they mean to decline.
decline-title = Decline the invitation from { $organization }?
decline-then = It was sent to { $address }. When you decline, you do not join, and { $organization } sees that the invitation was declined. You can undo this for 24 hours.
not-again = Do not invite me again: { $organization } sends no further invitation to this address
decline = Decline the invitation
back = Back

# The page of everything that was sent to whoever is signed in.
joined-own = You have joined. Your trainings are being assigned to you now.
sign-in-own = Sign in with the address that was invited, and you see every invitation that waits for your answer.
none-own = No invitation to your confirmed addresses waits for an answer.
until = Until
declined-own = You have declined. You can undo this until { $time }.
expired-own = It has expired. Ask { $organization } to send it again, or decline it.
accept-then = When you accept, { $organization } sees your name, and the trainings of the group are assigned to you.
undo-short = Undo
undo-of = declining { $organization }
accept-short = Accept
accept-of = the invitation from { $organization }
decline-short = Decline
decline-of = the invitation from { $organization }

opt-outs = You want no further invitation
opt-out = { $organization } sends no further invitation to { $address }.
opt-out-since = You said so on { $time }.
opt-out-lift = Allow invitations again
opt-out-of = from { $organization }

# The page on which people ask to join.
join = Join { $organization }
join-lead = Choose where you work and what you learn, and give the address that you take training with. We send you a mail to confirm it.
join-missing = Something is missing
join-again = This page had become too old. What you chose and typed is still here: press the button once more
join-location = Location
join-choose-location = Choose a location
join-other-location = Choose another location: this one is not on the page any more
join-group = Group
join-choose-group = Choose a group
join-other-group = Choose another group: this one takes nobody any more
join-address = E-mail address
join-allowed = Only addresses of { $domains } can join here.
join-give-address = Give your e-mail address, such as name@example.org
join-give-allowed = Give an address of one of the domains that can join here

# On the way to join.
join-sent = Look into your mailbox
join-sent-then = We have sent a mail to the address that you gave. Follow its link within 24 hours to go on. No mail? Look into the folder for unwanted mail, and whether the address was right; then ask again.
join-confirm = Confirm your address
join-confirm-then = Somebody asked to join with this address. If it was you, confirm it; then sign in with it and accept. If it was not, close this page: nothing happens.
join-confirm-it = Confirm my address
join-confirmed = Your address is confirmed
join-confirmed-then = One step is left: sign in with this address, or register with it, and accept the invitation that you find there.
join-accept = Sign in and accept
join-link-broken = It is incomplete, or too old. Copy it from the mail as a whole, or ask to join again.
join-closed = This page is not there
join-closed-then = It was moved or closed. Ask the organization for the new link.
join-late = This link is too old
join-late-then = The address was not confirmed within 24 hours. Ask to join again.
group-closed = This group is closed
location-closed = This location is closed
join-location-closed-then = Nobody joins at the location that you chose any more. Ask to join again, and choose another one.
join-group-closed-then = The group that you chose takes nobody any more. Ask to join again, and choose another one.
not-allowed = This address cannot join any more
not-allowed-then = The organization changed whose addresses can join. Ask it to invite you.

# What went wrong.
back-to-invitation = Back to the invitation
to-first-page = To the first page
not-signed-in = You are not signed in
sign-in-away = The sign-in service does not answer at the moment. Try again in a minute.
sign-in-ended = Your sign-in has ended. Open the invitation again and sign in.
sign-in-not-confirmed = The sign-in could not be confirmed. Try again.
sign-in-not-completed = The sign-in was not completed. You can try again whenever you like.
sign-in-unusable = You signed in, but this site cannot use what the sign-in service said about you. Trying again will not help: ask the people who run this site.
sign-in-not-usable-here = This site cannot use the sign-in service as it is set up. Trying again will not help: ask the people who run this site.
sign-in-unknown = There is no such sign-in. Go back and choose one of those offered.
sign-in-elsewhere = This sign-in was begun in another browser or too long ago. Go back to the invitation and sign in again.
sign-in-not-offered = This sign-in is no longer offered. Go back and choose another.
not-now = This does not work at the moment
address-away = The sign-in service does not answer, so that we cannot see whether the invitation is yours. Nothing was changed; try again in a minute.
away = Something on our side is away. Nothing was changed; try again in a minute.
no-page = There is no such page
no-page-then = Check the address, or open the link of your invitation again.
does-not-work = This does not work
wrong-method = This page is not used that way. Go back and follow the links and buttons.
too-large = What was sent is too large to be one of our forms. Go back and try again.
broken = Something on our side is away. Try again in a minute.
bad-address = The address is incomplete or was changed on its way. Open the link of your invitation again.
no-link = Open the link of your invitation
no-link-then = This page shows an invitation after you follow the link in its mail. Open the mail and follow the link, or copy the link into the address bar.
link-broken = This link does not work
link-broken-then = The link is incomplete or was changed on its way. Copy it from the mail as a whole, or ask the organization to send the invitation again.
too-many = Too many at once
too-many-then = Wait a minute and try again.
unsure = It may have worked
unsure-then = We did not hear in time whether your answer was taken. Go back to the invitation in a moment: it shows how it stands, and you can answer it there if it did not work.
link-replaced = There is a newer link
link-replaced-then = This link was replaced by a newer one. Look for a later mail of the same organization.
expired-then = It was not accepted in time: ask the organization to send you a new invitation.
cancelled-then = The organization cancelled it. If that is a mistake, ask the organization to send you a new invitation.
closed-then = It was answered already. If it was not you, ask the organization to send you a new invitation.
undo-late = It is too late to undo this
undo-late-then = The invitation was declined more than a day ago: ask the organization to send you a new invitation.
not-sent = This invitation is not open yet
not-sent-then = Come back when you have received its mail.
mismatch = This invitation is for somebody else
mismatch-then = You are signed in with another address than the one that was invited. Nothing was changed. Go back to switch the account.
address-unknown = We cannot see your address
address-unknown-then = Your sign-in service tells us no confirmed e-mail address of yours. Nothing was changed. Go back to see what you can do.
group-closed-then = None of the groups you were invited to takes learners any more: ask the organization to send you a new invitation.
not-active = The organization is not active
not-active-then = It cannot take learners at the moment. Your invitation stays as it is; try again later.
