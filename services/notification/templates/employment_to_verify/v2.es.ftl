replaces = Este mensaje sustituye a otro que quizá ya recibió: lo que decía ha cambiado.
subject = Alguien espera su verificación en { $organization }
waits =
    Alguien dice que trabaja en { $organization }, y espera
    que una persona que la administra lo confirme.
see = Ver quién espera y decidir
open = Para ver quién espera y decidir, abra este enlace o cópielo en su navegador:
or-copy = O copie este enlace en su navegador:
sign-in = Para ver quién espera y decidir, inicie sesión donde administra la organización.
why =
    Recibe este mensaje porque administra la organización. Llega como máximo
    una vez cada ocho horas, por muchas personas que esperen.
