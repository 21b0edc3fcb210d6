# The file of the rows of an import that became nothing. Its columns are called as those of the template (`domain/import/template.rs`), and
# what is wrong is the description of each problem.
file = refused { $file }
row = row { $row }
row-and-line = row { $row } (line { $line } of the file)
meant = probably meant: { $suggestion }
