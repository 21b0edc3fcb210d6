# What the pages say, in Spanish. See `en.ftl`.

# Around every page.
languages = Idioma
brand-lead = Organizaciones, su personal y sus registros de formación.
sign-out = Cerrar sesión
questions = ¿Preguntas? { $support }
error = Error
no-name = alguien sin nombre

# The front page.
home-invited = ¿Le han invitado? Abra el enlace del correo que recibió; le lleva a su invitación.
your-trainings = Sus formaciones
sign-in-trainings = Inicie sesión para ver lo que tiene que hacer y lo que ha hecho.
no-trainings = No tiene ninguna formación pendiente.
training-late = Esta formación va con retraso: el día en que vencía ya pasó.
training-state = Estado
training-assigned = Sin empezar ({ $percent } %)
training-begun = Empezada ({ $percent } %)
training-completed = Completada ({ $percent } %)
training-cancelled = Ya no hay que hacerla (había llegado al { $percent } %)
training-whose = Para
training-own = Usted
training-organization = Su organización
training-due = Vence
training-due-on = { $date }, hasta el final del día ({ $zone })
training-done = Completada el
certificate = Certificado
training-move-lead = Su organización también le ha asignado esta formación. Puede continuar allí con lo que ha hecho: se conserva el progreso mayor, y su organización lo ve.
training-move = Continuar para mi organización
your-invitations = Sus invitaciones

# Where to sign in.
sign-in = Iniciar sesión
sign-in-with = Iniciar sesión con { $name }
register-with = Registrarse con { $name }
where-register = Dónde registrarse
no-account = Todavía no tengo una cuenta
where-account = ¿Dónde tiene una cuenta?
other-account = Usar otra cuenta
not-you = ¿No es usted? Usar otra cuenta

# The page of an invitation.
invitation-title = Invitación de { $organization }
invites-you = { $organization } le invita
to-join = Para unirse a
sent-to = Enviada a
joined = Se ha unido a { $organization }
joined-then = Ahora se le asignan sus cursos. Puede cerrar esta página.
declined = Esta invitación fue rechazada
declined-undo = No se ha unido a { $organization }. Si es un error, puede deshacerlo hasta el { $time }.
undo-here = Deshacer: quiero ver la invitación otra vez
closed = Esta invitación ya no está abierta
closed-ask = Ya fue respondida. Si no fue usted, pida a { $organization } que le envíe una nueva invitación.
cancelled = Esta invitación fue retirada
cancelled-ask = { $organization } la canceló. Si es un error, pida que le envíen una nueva.
expired = Esta invitación ha caducado
expired-ask = No se aceptó a tiempo. Pida a { $organization } que la envíe otra vez.
expired-unwanted = Si no quiere que se envíe otra vez, puede rechazarla:
decline-it = rechazarla
another-meant = No se aceptó nada: desde que se abrió aquella página se abrió aquí otra invitación, o inició sesión otra persona. Esto es lo que está abierto ahora: compruebe si es la invitación que quiere, y si es usted.
accept-as = Ha iniciado sesión como { $name }. Si acepta, la organización ve su nombre y se le asignan los cursos del grupo.
accept-as-at = Ha iniciado sesión como { $name } con { $issuer }. Si acepta, la organización ve su nombre y se le asignan los cursos del grupo.
accept = Aceptar la invitación
somebody-else = Ha iniciado sesión como { $name }, cuya dirección verificada no es la que fue invitada. La invitación sigue como estaba.
somebody-else-at = Ha iniciado sesión como { $name } con { $issuer }, cuya dirección verificada no es la que fue invitada. La invitación sigue como estaba.
no-address = Ha iniciado sesión como { $name }, pero el servicio de inicio de sesión no nos indica ninguna dirección de correo confirmada, así que no podemos ver si esta invitación es para usted. Sigue como estaba.
no-address-at = Ha iniciado sesión como { $name } con { $issuer }, pero el servicio de inicio de sesión no nos indica ninguna dirección de correo confirmada, así que no podemos ver si esta invitación es para usted. Sigue como estaba.
no-address-then = Si todavía no ha confirmado allí su dirección, hágalo y abra esta página otra vez pasado un minuto. Si ya lo hizo, quienes administran este sitio deben cambiar la configuración del inicio de sesión: cuénteles lo que dice esta página.
sign-in-first = Inicie sesión con la dirección que fue invitada y podrá aceptar. También puede simplemente salir de esta página: no pasa nada hasta que acepte.
not-join = No quiero unirme

# The page that asks whether they mean to decline.
decline-title = ¿Rechazar la invitación de { $organization }?
decline-then = Se envió a { $address }. Si la rechaza, no se une, y { $organization } ve que la invitación fue rechazada. Puede deshacerlo durante 24 horas.
not-again = No me inviten más: { $organization } no envía más invitaciones a esta dirección
decline = Rechazar la invitación
back = Volver

# The page of everything that was sent to whoever is signed in.
joined-own = Se ha unido. Ahora se le asignan sus cursos.
sign-in-own = Inicie sesión con la dirección que fue invitada y verá todas las invitaciones que esperan su respuesta.
none-own = Ninguna invitación a sus direcciones confirmadas espera respuesta.
until = Hasta
declined-own = La ha rechazado. Puede deshacerlo hasta el { $time }.
expired-own = Ha caducado. Pida a { $organization } que la envíe otra vez, o rechácela.
accept-then = Si acepta, { $organization } ve su nombre y se le asignan los cursos del grupo.
undo-short = Deshacer
undo-of = el rechazo de { $organization }
accept-short = Aceptar
accept-of = la invitación de { $organization }
decline-short = Rechazar
decline-of = la invitación de { $organization }

opt-outs = No quiere más invitaciones
opt-out = { $organization } no envía más invitaciones a { $address }.
opt-out-since = Lo dijo el { $time }.
opt-out-lift = Permitir invitaciones otra vez
opt-out-of = de { $organization }

# The page on which people ask to join.
join = Unirse a { $organization }
join-lead = Elija dónde trabaja y qué aprende, y escriba la dirección con la que hace sus cursos. Le enviamos un correo para confirmarla.
join-missing = Falta algo
join-again = Esta página se había quedado antigua. Lo que eligió y escribió sigue aquí: pulse el botón otra vez
join-location = Lugar
join-choose-location = Elija un lugar
join-other-location = Elija otro lugar: este ya no está en la página
join-group = Grupo
join-choose-group = Elija un grupo
join-other-group = Elija otro grupo: este ya no admite a nadie
join-address = Correo electrónico
join-allowed = Aquí solo pueden unirse direcciones de { $domains }.
join-give-address = Escriba su dirección de correo, como nombre@example.org
join-give-allowed = Escriba una dirección de uno de los dominios que pueden unirse aquí

# On the way to join.
join-sent = Mire en su buzón
join-sent-then = Hemos enviado un correo a la dirección que escribió. Siga su enlace antes de 24 horas para continuar. ¿No hay correo? Mire en la carpeta de correo no deseado y compruebe si la dirección era correcta; después vuelva a pedirlo.
join-confirm = Confirme su dirección
join-confirm-then = Alguien pidió unirse con esta dirección. Si fue usted, confírmela; después inicie sesión con ella y acepte. Si no fue usted, cierre esta página: no pasa nada.
join-confirm-it = Confirmar mi dirección
join-confirmed = Su dirección está confirmada
join-confirmed-then = Falta un paso: inicie sesión con esta dirección, o regístrese con ella, y acepte la invitación que encuentra allí.
join-accept = Iniciar sesión y aceptar
join-link-broken = Está incompleto o es demasiado antiguo. Cópielo entero del correo, o vuelva a pedir unirse.
join-closed = Esta página no está
join-closed-then = Se movió o se cerró. Pida a la organización el nuevo enlace.
join-late = Este enlace es demasiado antiguo
join-late-then = La dirección no se confirmó antes de 24 horas. Vuelva a pedir unirse.
group-closed = Este grupo está cerrado
location-closed = Este lugar está cerrado
join-location-closed-then = En el lugar que eligió ya no se admite a nadie. Vuelva a pedir unirse y elija otro.
join-group-closed-then = El grupo que eligió ya no admite a nadie. Vuelva a pedir unirse y elija otro.
not-allowed = Esta dirección ya no puede unirse
not-allowed-then = La organización cambió qué direcciones pueden unirse. Pida que le invite.

# What went wrong.
back-to-invitation = Volver a la invitación
to-first-page = A la página de inicio
not-signed-in = No ha iniciado sesión
sign-in-away = El servicio de inicio de sesión no responde en este momento. Inténtelo otra vez en un minuto.
sign-in-ended = Su sesión ha terminado. Abra la invitación otra vez e inicie sesión.
sign-in-not-confirmed = No se pudo confirmar el inicio de sesión. Inténtelo otra vez.
sign-in-not-completed = El inicio de sesión no se completó. Puede intentarlo otra vez cuando quiera.
sign-in-unusable = Ha iniciado sesión, pero este sitio no puede usar lo que el servicio de inicio de sesión dijo de usted. Intentarlo otra vez no ayuda: pregunte a quienes administran este sitio.
sign-in-not-usable-here = Este sitio no puede usar el servicio de inicio de sesión tal como está configurado. Intentarlo otra vez no ayuda: pregunte a quienes administran este sitio.
sign-in-unknown = No existe ese inicio de sesión. Vuelva atrás y elija uno de los que se ofrecen.
sign-in-elsewhere = Este inicio de sesión empezó en otro navegador o hace demasiado tiempo. Vuelva a la invitación e inicie sesión otra vez.
sign-in-not-offered = Este inicio de sesión ya no se ofrece. Vuelva atrás y elija otro.
not-now = Esto no funciona en este momento
address-away = El servicio de inicio de sesión no responde, así que no podemos ver si la invitación es suya. No se cambió nada; inténtelo otra vez en un minuto.
away = Algo de nuestro lado no responde. No se cambió nada; inténtelo otra vez en un minuto.
no-page = No existe esa página
no-page-then = Compruebe la dirección, o abra otra vez el enlace de su invitación.
does-not-work = Esto no funciona
wrong-method = Esta página no se usa así. Vuelva atrás y siga los enlaces y botones.
too-large = Lo que se envió es demasiado grande para ser uno de nuestros formularios. Vuelva atrás e inténtelo otra vez.
broken = Algo de nuestro lado no responde. Inténtelo otra vez en un minuto.
bad-address = La dirección está incompleta o cambió por el camino. Abra otra vez el enlace de su invitación.
no-link = Abra el enlace de su invitación
no-link-then = Esta página muestra una invitación después de seguir el enlace de su correo. Abra el correo y siga el enlace, o copie el enlace en la barra de direcciones.
link-broken = Este enlace no funciona
link-broken-then = El enlace está incompleto o cambió por el camino. Cópielo entero del correo, o pida a la organización que envíe la invitación otra vez.
too-many = Demasiado a la vez
too-many-then = Espere un minuto e inténtelo otra vez.
unsure = Puede que haya funcionado
unsure-then = No supimos a tiempo si se tomó su respuesta. Vuelva a la invitación en un momento: muestra cómo está, y puede responderla allí si no funcionó.
link-replaced = Hay un enlace más nuevo
link-replaced-then = Este enlace fue sustituido por uno más nuevo. Busque un correo posterior de la misma organización.
expired-then = No se aceptó a tiempo: pida a la organización que le envíe una nueva invitación.
cancelled-then = La organización la canceló. Si es un error, pida a la organización que le envíe una nueva invitación.
closed-then = Ya fue respondida. Si no fue usted, pida a la organización que le envíe una nueva invitación.
undo-late = Es demasiado tarde para deshacerlo
undo-late-then = La invitación se rechazó hace más de un día: pida a la organización que le envíe una nueva invitación.
not-sent = Esta invitación todavía no está abierta
not-sent-then = Vuelva cuando haya recibido su correo.
mismatch = Esta invitación es para otra persona
mismatch-then = Ha iniciado sesión con una dirección distinta de la que fue invitada. No se cambió nada. Vuelva atrás para cambiar de cuenta.
address-unknown = No podemos ver su dirección
address-unknown-then = Su servicio de inicio de sesión no nos indica ninguna dirección de correo confirmada. No se cambió nada. Vuelva atrás para ver qué puede hacer.
group-closed-then = Ninguno de los grupos a los que fue invitado admite ya a nadie: pida a la organización que le envíe una nueva invitación.
not-active = La organización no está activa
not-active-then = En este momento no puede admitir a nadie. Su invitación sigue como está; inténtelo más tarde.
