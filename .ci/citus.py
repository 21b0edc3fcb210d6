"""Which statements of the services go to one shard, and which to all: `.ci/citus` calls it.

    citus.py FOLDER=FILE…    of services and libraries; FILE: distributed tables with their columns, as `table column` lines

Statements are found in string literals of the sources, so what is put together at run time is judged by its parts: a table that is named
in a literal goes to one shard where the same literal compares the table's distribution column or writes it. Prints one line for each
literal that does neither: `file table,table`.
"""

import re
import sys
from pathlib import Path

LITERAL = re.compile(r'r?(#*)"((?:[^"\\]|\\.)*)"\1', re.DOTALL)
NAMES = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|USING|ONLY)\s+([a-z_]+)\b")
MACROS = re.compile(r"concat!\(\s*((?:\"(?:[^\"\\]|\\.)*\"\s*,?\s*)+)\)", re.DOTALL)


def carries(column, text):
    """Whether it compares the column, or writes it."""
    name = rf"(?:[a-z_]+\.)?{column}\b"
    return any(
        re.search(pattern, text)
        for pattern in (
            rf"\b{name}\s*(?:=|IN\b|IS NOT DISTINCT)",
            rf"=\s*{name}",
            rf"\([^()]*\b{name}[^()]*\)\s*(?:=|IN\b|<|>|VALUES|SELECT|OVERRIDING)",
            rf"USING\s*\([^)]*\b{column}\b",
            rf"INSERT INTO [a-z_]+(?: AS [a-z]+)?\s*\([^)]*\b{column}\b",
        )
    )


def literals(text):
    # Not in tests, nor in what is commented out.
    text = re.split(r"#\[cfg\(test\)\]\s*mod \w+ \{", text)[0]
    text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    text = MACROS.sub(lambda found: '"' + "".join(part[1:-1] for part in re.findall(r'"(?:[^"\\]|\\.)*"', found[1])) + '"', text)
    for found in LITERAL.finditer(text):
        yield re.sub(r"\\\n\s*", "", found[2])


def main():
    for given in sys.argv[1:]:
        folder, listed = given.split("=")
        columns = dict(line.split() for line in Path(listed).read_text().splitlines())
        one = 0
        across = []
        for path in sorted(Path(folder, "src").rglob("*.rs")):
            if path.stem == "tests" or "tests" in path.parts:
                continue
            for text in literals(path.read_text()):
                tables = {name for name in NAMES.findall(text) if name in columns}
                without = sorted(table for table in tables if not carries(columns[table], text))
                one += bool(tables) and not without
                if without:
                    across.append(f"{path} {','.join(without)}")
        print(*across, sep="\n")
        print(f"{folder}: {one} statements go to one shard, {len(across)} to all", file=sys.stderr)


main()
