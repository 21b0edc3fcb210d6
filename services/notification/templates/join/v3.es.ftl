subject = Confirme su dirección para { $organization }
subject-learner = Usted ya está con { $organization }
asked = Alguien pidió unirse a { $organization } con esta dirección de correo.
learner =
    Usted ya aprende allí, así que no se cambió nada. Para ver lo que es suyo,
    inicie sesión:
open = Si fue usted, abra este enlace o cópielo en su navegador, y confírmelo:
sign-in = Iniciar sesión para ver lo que es suyo
confirm = Si fue usted, confirme su dirección
or-copy = O copie este enlace en su navegador:
until = El enlace funciona hasta el { $time }.
then = Después inicia sesión con esta dirección y acepta.
not-you = Si no fue usted, no haga caso de este mensaje: no pasa nada.
