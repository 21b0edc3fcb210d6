replaces = Este mensaje sustituye a otro que quizá ya recibió: lo que decía ha cambiado.
subject = Alguien no puede unirse a { $organization }
lead =
    Alguien quiso aceptar su invitación a { $organization } y no pudo: ninguno de
    sus grupos admite ya alumnos. Son estos:
next =
    La invitación sigue como estaba. Podrá aceptarla en cuanto uno de sus grupos
    vuelva a estar activo, o cuando le invite también a otro grupo. Quién es, lo ve
    entre sus invitaciones, por estos grupos, donde inicia sesión.
why =
    Recibe este mensaje porque usted hizo la invitación o porque la organización es
    suya. Llega como máximo una vez al día, por muchas personas que lo intenten.
