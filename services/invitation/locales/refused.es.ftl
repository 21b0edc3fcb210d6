# The same in Spanish. See `refused.en.ftl`; what is wrong is said by `problems.es.ftl`.
file = rechazadas { $file }
row = fila { $row }
row-and-line = fila { $row } (línea { $line } del archivo)
meant = probablemente: { $suggestion }
