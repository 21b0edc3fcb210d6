replaces = Este mensaje sustituye a otro que quizá ya recibió: lo que decía ha cambiado.
subject = Alguien pide acceso a { $organization }
asks =
    Alguien pide ver { $organization } o
    administrarla, y espera su decisión.
sign-in =
    Para ver quién lo pide y para qué, inicie sesión donde administra la organización.
    Nadie entra si usted no lo dice; una petición que no responde termina por sí
    sola después de 30 días.
why =
    Recibe este mensaje porque la organización es suya. Llega como máximo
    una vez cada ocho horas, por muchas personas que lo pidan.
