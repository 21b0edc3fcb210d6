replaces = Este mensaje sustituye a otro que quizá ya recibió: lo que decía ha cambiado.
subject-overdue = La revisión de { $organization } está atrasada
subject = Toca la revisión de { $organization }
lead-overdue =
    Hay que volver a mirar lo que { $organization } dice de sí misma,
    y desde hace tiempo: nombre y licencia, quién puede administrarla,
    quién trabaja allí y qué espera respuesta.
lead =
    Hay que volver a mirar lo que { $organization } dice de sí misma:
    nombre y licencia, quién puede administrarla, quién trabaja allí
    y qué espera respuesta.
sign-in =
    Inicie sesión donde administra la organización: todo lo que hay que comprobar
    está en un lugar, y allí se confirma. También puede hacerlo quien la administra.
why =
    Mientras tanto no se detiene nada. Recibe este mensaje porque la organización
    es suya.
