replaces = Este mensaje sustituye a otro que quizá ya recibió: lo que decía ha cambiado.
subject = { $organization } le invita
lead-alone = { $organization } le invita a unirse.
lead = { $organization } le invita a unirse a:
see = Ver la invitación y decidir
open = Para ver la invitación y decidir, abra este enlace o cópielo en su navegador:
or-copy = O copie este enlace en su navegador:
until = El enlace funciona hasta el { $time }.
then =
    Abrir el enlace no cambia nada: usted decide después de iniciar sesión con esta
    dirección de correo. Si no esperaba este mensaje, no haga nada.
