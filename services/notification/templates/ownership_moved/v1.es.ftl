replaces = Este mensaje sustituye a otro que quizá ya recibió: lo que decía ha cambiado.
subject-owner = { $organization } le pertenece desde ahora
subject-former = { $organization } ya no le pertenece
lead-owner =
    El personal del registro le ha confiado la titularidad de { $organization }.
    Lo hace cuando quien la tenía ya no está o no puede iniciar sesión; el motivo
    consta en el historial de la organización.
lead-former =
    El personal del registro ha confiado a otra persona la titularidad de { $organization }.
    Lo hace cuando quien la tenía ya no está o no puede iniciar sesión. Usted la
    administra, salvo que la nueva persona titular haya decidido otra cosa.
next-owner =
    Inicie sesión donde se administran las organizaciones: ahora decide usted quién
    más puede administrarla, también si aún puede quien la tenía antes.
next-former =
    El motivo queda por escrito. Si puede iniciar sesión y no sabe nada de esto,
    avise al registro de inmediato.
why = Recibe este mensaje una sola vez, porque la titularidad le concierne.
