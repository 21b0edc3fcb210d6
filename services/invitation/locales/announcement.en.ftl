# The words of the mail that follows are those of the notification service: `invite/v4.en.ftl`.
mail-subject = { $organization } invites you
subject = { $organization }: you will be invited to take your training online
text =
    Hello,

    { $organization } will soon invite you to take your training online.

    You will get a message with the subject "{ $mail }". It is sent by the training system at { $site }.

    What to do then:

    1. Open the link in the message. The page says who invites you, and to what. Opening it changes nothing.
    2. Sign in. If you have no account yet, register with the address to which the message was sent.
    3. Accept the invitation. From then on your trainings are in your account: { $trainings }

    Before you accept we do not see your name, and you may decline.

    If the message does not come, look among unwanted mail (spam), or ask us to send it again. If the link does not work for you, copy it into a private window of your browser.

    { $organization }
