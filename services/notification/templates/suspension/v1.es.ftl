replaces = Este mensaje sustituye a otro que quizá ya recibió: lo que decía ha cambiado.
subject = { $organization } está en suspenso
subject-over = { $organization } vuelve a estar activa
lead =
    El personal del registro ha suspendido { $organization }. Mientras tanto no se
    puede invitar a nadie ni unirse, y sus demás mensajes esperan. Quien se forma
    allí sigue formándose.
lead-over =
    El personal del registro ha levantado la suspensión de { $organization }. De
    nuevo se puede invitar y unirse, y sale lo que esperaba y aún sirve.
next =
    Inicie sesión donde administra la organización: allí consta el motivo. Si cree
    que es un error, avise al registro.
next-over =
    Las solicitudes de administrarla que esperaban terminaron con la suspensión:
    quien aún lo quiera, la presenta de nuevo.
why = Recibe este mensaje porque la organización es suya.
