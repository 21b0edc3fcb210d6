# What is wrong with a row of an import, and what to do, in Spanish. In English it is what the contract tells
# (`ImportProblem.description`). Warnings are told in the preview only.

# The address.
address-empty = falta la dirección
address-form = la dirección debe tener la forma nombre@dominio
address-too-long = la dirección debe tener como máximo 254 bytes, y como máximo 64 de ellos antes de la arroba
address-unseen = la dirección contiene { $character }, que no se ve; quítelo
address-local = la dirección tiene antes de la arroba un carácter que ninguna puede tener, como un espacio, una coma o un paréntesis
address-domain = la dirección tiene después de la arroba algo que no es un dominio válido, como example.org
address-marked = la dirección empieza con un signo que los programas de hojas de cálculo ponen delante de un texto; quítelo
address-of-learner = la dirección es de alguien que ya está activo en la organización; quite la fila
address-of-learner-by-now = la dirección es ahora de alguien que ya está activo en la organización; no hay que hacer nada

# Groups and locations.
groups-missing = indique al menos un grupo
too-many-groups = indique como máximo 50 grupos
too-many-groups-together = con los grupos de la { $place }, que tiene la misma dirección, son más de 50; indique menos
too-many-groups-invited = la dirección ya está invitada, y con estos tendría más de 50 grupos; indique menos y suba la fila otra vez
group-unknown = no hay ningún grupo «{ $value }»; { $why }
group-inactive = el grupo «{ $value }» no está activo; indique otro
more-groups = otros de los grupos indicados no existen o no están activos: { $value }
location-unknown = no hay ningún lugar «{ $value }»; { $why }
location-inactive = el lugar «{ $value }» no está activo; indique otro, o ninguno
exactly = cuentan las mayúsculas, las minúsculas y los espacios
looks-like = se parece a «{ $meant }», pero está escrito con otros caracteres
looks-like-but = se parece a «{ $meant }», pero está escrito con otros caracteres, como { $here } en lugar de { $there }
looks-like-unseen = se parece a «{ $meant }», pero contiene { $character }, que no se ve

# What the file has.
surplus-cells = la fila tiene más celdas que la primera línea; ponga entre comillas la celda que contiene el separador
cell-too-long = la celda es más larga de lo que puede ser; solo se muestra su comienzo
space-before-mark = hay un espacio delante de las comillas; quítelo, para que la celda empiece con ellas
mark-not-closed = las comillas con las que empieza una celda en la línea { $line } no se cierran; ciérrelas o quítelas. Las líneas que siguen se leyeron como filas propias
text-after-mark = en la línea { $line } hay más texto detrás de las comillas que cierran una celda; ponga allí un separador, o escriba dos veces las comillas de dentro de la celda
text-after-mark-below = la celda que empieza con comillas en la línea { $begin } se cierra en la línea { $end }, donde sigue más texto; corrija las comillas
doubtful-line = esto puede ser una fila, o una parte de la celda que empieza en la línea { $line }; corrija allí las comillas
cell-error = la celda { $cell } muestra el error { $error }; escriba en ella el valor mismo
not-computed = la celda { $cell } es una fórmula que nunca se calculó; abra el archivo en su programa de hojas de cálculo y guárdelo otra vez, o escriba el valor mismo
beyond-columns = la celda { $cell } está a la derecha de las columnas que tienen nombre; dé un nombre a su columna, o vacíela
linked-address = el texto de la celda no es una dirección, pero enlaza con una; lo que cuenta es lo que la celda muestra

# When the row was applied.
mailbox-full = este buzón ya tiene tantos correos como puede recibir en cada uno de los próximos 90 días; use direcciones de otros buzones
messages-used-up = los mensajes del plan están agotados para los próximos 90 días; suba la fila otra vez más adelante, o pida un plan mayor
not-active = la organización ya no está activa; no se envió nada
groups-inactive = ninguno de los grupos de la fila sigue activo; indique otro y suba la fila otra vez
