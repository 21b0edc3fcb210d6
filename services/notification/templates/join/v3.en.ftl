subject = Confirm your address for { $organization }
subject-learner = You are with { $organization } already
asked = Somebody asked to join { $organization } with this email address.
learner =
    You are a learner there already, so nothing was changed. To see what is yours,
    sign in:
open = If it was you, open this link or copy it into your browser, and confirm it:
sign-in = Sign in to see what is yours
confirm = If it was you, confirm your address
or-copy = Or copy this link into your browser:
until = The link works until { $time }.
then = Afterwards you sign in with this address and accept.
not-you = If it was not you, ignore this message: nothing happens.
