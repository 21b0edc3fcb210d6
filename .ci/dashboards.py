"""What dashboards have to keep: the rules of Grafana's dashboard-linter, by its names, and what else a dashboard of ours is.

dashboards.py check DASHBOARD…     all of it, and that every metric that a program tells is on one of them, by labels of its own
dashboards.py finds DASHBOARD      whether each rule finds what breaks it: the dashboard is spoilt in one way after the other
dashboards.py queries DASHBOARD…   what they ask Prometheus, as rules: for promtool, which knows its language (target-promql-rule)

Not kept are template-job-rule, template-instance-rule, target-job-rule and target-instance-rule: a suite is several jobs, what is asked is
mostly a sum over their replicas, and recorded ratios have neither label.
"""

import copy
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

WIDTH = 24
VARIABLE = {"type": "prometheus", "uid": "${datasource}"}
# Of Grafana's units those that we use: another one is added here, by its id in Grafana's list.
UNITS = {"bool_yes_no", "dtdurations", "ops", "percentunit", "reqps", "s", "short"}
COUNTERS = r"[a-z_]+_(?:total|count|sum|bucket)\b"
# What programs tell: by the macros, and the two metrics of each side of a call, whose names a function gives.
TOLD = r'(?:counter|gauge|histogram)!\(\s*"([a-z_]+)"|"(rpc_(?:client|server)_[a-z_]+)"'

LABELS = r'(?:counter|gauge|histogram)!\(([^;]*?)\)\s*\.'
# Prometheus gives every metric these itself, or is told them where it is told what to fetch; of a program's own it makes `exported_job`.
TAKEN = {"job", "instance", "service"}

Found = Iterator[tuple[str, str]]


def of_dashboard(dashboard) -> Found:
    sources = [one for one in dashboard["templating"]["list"] if one["type"] == "datasource"]
    if [(one["name"], one["label"], one["query"]) for one in sources] != [("datasource", "Data source", "prometheus")]:
        yield "template-datasource-rule", 'there is no one variable `datasource`, labelled "Data source", of Prometheus'
    if dashboard["editable"]:
        yield "uneditable-dashboard", "it can be edited, and nobody would find the change again"
    panels = dashboard["panels"]
    if len({panel["id"] for panel in panels}) < len(panels):
        yield "ids", "two panels have the same"
    row, seen = "", set()
    for panel in panels:
        row = panel["title"] if panel["type"] == "row" else row
        if (row, panel["title"]) in seen:
            yield "titles", f"{row} has two panels {panel['title']!r}"
        seen.add((row, panel["title"]))
    yield from of_places(panels)


def of_places(panels) -> Found:
    taken = {}
    for panel in panels:
        at = panel["gridPos"]
        if at["x"] < 0 or at["w"] < 1 or at["h"] < 1 or at["x"] + at["w"] > WIDTH:
            yield "places", f"{panel['title']!r} is not within the {WIDTH} columns"
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            if taken.setdefault(cell, panel["title"]) != panel["title"]:
                yield "places", f"{panel['title']!r} lies over {taken[cell]!r}"
                break


def of_panel(panel) -> Found:
    title, targets = panel.get("title", ""), panel.get("targets", [])
    if not title or not panel.get("description", "").endswith("."):
        yield "panel-title-description-rule", f"{title!r} has no title, or no sentence that describes it"
    if panel.get("datasource") != VARIABLE or any(target.get("datasource") != VARIABLE for target in targets):
        yield "panel-datasource-rule", f"{title!r} does not ask the data source of the variable"
    unit = panel["fieldConfig"]["defaults"].get("unit")
    if unit not in UNITS:
        yield "panel-units-rule", f"{title!r} has the unit {unit!r}"
    if not targets:
        yield "panel-no-targets-rule", f"{title!r} asks nothing"
    if len({target["refId"] for target in targets}) < len(targets):
        yield "ids", f"{title!r} has two questions of one name"
    for target in targets:
        yield from ((rule, f"{title!r}, {target['refId']}: {what}") for rule, what in of_question(target))


def of_question(target) -> Found:
    asked, legend = target["expr"], target.get("legendFormat", "")
    if any(interval != "$__rate_interval" for interval in re.findall(r"\[([^\]]*)\]", asked)):
        yield "target-rate-interval-rule", "a range is not $__rate_interval"
    for found in re.finditer(COUNTERS, asked):
        if not re.search(r"\b(rate|irate|increase)\($", asked[: found.start()]):
            yield "target-counter-agg-rule", f"{found[0]} only grows: it is not asked how fast"
        if found[0].endswith("_bucket") and "histogram_quantile(" not in asked[: found.start()]:
            yield "target-histogram-rule", f"{found[0]} is not part of a quantile"
    labels = {label.strip() for by in re.findall(r"\bby \(([^)]*)\)", asked) for label in by.split(",")}
    if not legend:
        yield "legends", "what is drawn has no name"
    for label in re.findall(r"{{ *(\w+) *}}", legend):
        if label not in labels:
            yield "legends", f"{{{{{label}}}}} is empty: nothing is asked by it"


def faults(dashboard) -> Found:
    yield from of_dashboard(dashboard)
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            yield from of_panel(panel)


def read(file):
    return json.loads(Path(file).read_text())


def sources():
    return {file: file.read_text() for place in ("libs", "services") for file in sorted(Path(place).glob("*/src/**/*.rs"))}


def told():
    """The metrics of every program."""
    return {name for text in sources().values() for pair in re.findall(TOLD, text) for name in pair if name}


def taken_labels():
    for file, text in sources().items():
        for macro in re.findall(LABELS, text):
            for label in TAKEN & set(re.findall(r'"(\w+)"\s*=>', macro)):
                yield file, "labels", f"{label} is not a program's to tell"


def questions(files):
    panels = [panel for file in files for panel in read(file)["panels"]]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def check(files):
    found = [(file, *fault) for file in files for fault in faults(read(file))]
    asked = " ".join(questions(files))
    missing = sorted(name for name in told() if not re.search(rf"\b{name}(_(bucket|count|sum))?\b", asked))
    found += [("all of them", "metrics", f"{name} is told by a program and shown by no panel") for name in missing]
    found += taken_labels()
    for file, rule, what in found:
        print(f"{file}: {rule}: {what}")
    sys.exit(bool(found))


def spoilt(dashboard):
    """In one way each: which rule is to find it, and what is found then."""

    def so(rule, change):
        bad = copy.deepcopy(dashboard)
        panels = [panel for panel in bad["panels"] if panel["type"] != "row"]
        change(bad, panels[0], panels[0]["targets"][0])
        return rule, [rule for rule, _ in faults(bad)]

    yield so("template-datasource-rule", lambda bad, panel, target: bad["templating"]["list"].clear())
    yield so("uneditable-dashboard", lambda bad, panel, target: bad.update(editable=True))
    yield so("ids", lambda bad, panel, target: panel.update(id=bad["panels"][0]["id"]))
    yield so("ids", lambda bad, panel, target: panel["targets"].append(target))
    yield so("titles", lambda bad, panel, target: panel.update(title=bad["panels"][2]["title"]))
    yield so("places", lambda bad, panel, target: panel["gridPos"].update(w=WIDTH + 1))
    yield so("places", lambda bad, panel, target: panel["gridPos"].update(h=panel["gridPos"]["h"] + 1))
    yield so("panel-title-description-rule", lambda bad, panel, target: panel.pop("description"))
    yield so("panel-datasource-rule", lambda bad, panel, target: panel.update(datasource="Prometheus"))
    yield so("panel-datasource-rule", lambda bad, panel, target: target.pop("datasource"))
    yield so("panel-units-rule", lambda bad, panel, target: panel["fieldConfig"]["defaults"].pop("unit"))
    yield so("panel-no-targets-rule", lambda bad, panel, target: panel["targets"].clear())
    yield so("target-rate-interval-rule", lambda bad, panel, target: target.update(expr="rate(a_total[5m])", legendFormat="a"))
    yield so("target-counter-agg-rule", lambda bad, panel, target: target.update(expr="sum(a_total)", legendFormat="a"))
    no_quantile = {"expr": "rate(a_bucket[$__rate_interval])", "legendFormat": "a"}
    yield so("target-histogram-rule", lambda bad, panel, target: target.update(no_quantile))
    yield so("legends", lambda bad, panel, target: target.pop("legendFormat"))
    yield so("legends", lambda bad, panel, target: target.update(legendFormat="{{nobody}}"))


def finds(file):
    for rule, found in spoilt(read(file)):
        if rule not in found:
            sys.exit(f"{rule} does not find what breaks it; found: {sorted(set(found))}")


def queries(files):
    asked = [expr.replace("$__rate_interval", "5m") for expr in questions(files)]
    rules = [{"record": f"query:{at}", "expr": expr} for at, expr in enumerate(asked)]
    print(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check", *files] if files:
            check(files)
        case ["finds", file]:
            finds(file)
        case ["queries", *files] if files:
            queries(files)
        case _:
            sys.exit(__doc__)
