# The words of the mail that follows are those of the notification service: `invite/v4.es.ftl`.
mail-subject = { $organization } le invita
subject = { $organization }: le invitaremos a hacer su capacitación en línea
text =
    Hola:

    { $organization } le invitará pronto a hacer su capacitación en línea.

    Recibirá un mensaje con el asunto «{ $mail }». Lo envía el sistema de capacitación de { $site }.

    Qué hacer entonces:

    1. Abra el enlace del mensaje. La página dice quién le invita y a qué. Abrirlo no cambia nada.
    2. Inicie sesión. Si todavía no tiene una cuenta, regístrese con la dirección a la que llegó el mensaje.
    3. Acepte la invitación. Desde entonces sus capacitaciones están en su cuenta: { $trainings }

    Antes de que acepte no vemos su nombre, y puede rechazarla.

    Si el mensaje no llega, búsquelo entre el correo no deseado (spam) o pídanos que lo enviemos otra vez. Si el enlace no le funciona, cópielo en una ventana privada de su navegador.

    { $organization }
