replaces = Este mensaje sustituye a otro que quizá ya recibió: lo que decía ha cambiado.
subject-own = Su acceso a { $organization } termina
subject = El acceso de alguien a { $organization } termina
lead-own =
    Su acceso a { $organization } termina
    el { $time }.
lead =
    El acceso que usted dio a alguien a { $organization } termina
    el { $time }.
lead-own-open = Su acceso a { $organization } termina.
lead-open = El acceso que usted dio a alguien a { $organization } termina.
extend-own = Si entonces todavía lo necesita, pida que lo prolongue a quien posee la organización.
extend =
    Si entonces todavía lo necesita esa persona, inicie sesión donde administra la
    organización y prolónguelo. También se le ha avisado.
else = Si debe terminar, no hay que hacer nada.
