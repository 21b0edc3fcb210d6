# The words of the mail that follows are those of the notification service: `invite/v4.es.ftl`.
mail-subject = { $organization } le invita
subject = { $organization }: le invitaremos a hacer su formación en línea
text =
    Hola:

    { $organization } le invitará pronto a hacer su formación en línea.

    Recibirá un mensaje con el asunto «{ $mail }». Lo envía el sistema de formación de { $site }.

    Qué hacer entonces:

    1. Abra el enlace del mensaje. La página dice quién le invita y a qué. Abrirlo no cambia nada.
    2. Inicie sesión. Si todavía no tiene una cuenta, regístrese con la dirección a la que llegó el mensaje.
    3. Acepte la invitación. Desde entonces sus formaciones están en su cuenta: { $trainings }

    Antes de que acepte no vemos su nombre, y puede rechazarla.

    Si el mensaje no llega, búsquelo entre el correo no deseado (spam) o pídanos que lo enviemos otra vez. Si el enlace no le funciona, cópielo en una ventana privada de su navegador.

    { $organization }
