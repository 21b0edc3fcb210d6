"""What a collector of somebody else sees of a suite: `.ci/telemetry` calls it.

telemetry.py walk        what no story is sure to do, through the edge (MUSTER_EDGE; tokens in MUSTER_OWNER, MUSTER_STAFF, MUSTER_OUTSIDER)
telemetry.py edges LOG   whether every declared edge was seen by now, in the log of rotel (--debug-log traces --debug-log-verbosity detailed)
telemetry.py check LOG   all of it, once the services are gone: every service, every declared edge and no other, no span whose parent was
                         lost, and names and attributes as OpenTelemetry's semantic conventions have them
"""

import json
import os
import re
import sys
import urllib.request
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

DECLARED = Path("deploy/helm/muster/files")
# How many of a kind of fault are shown.
SHOWN = 10


class Walk:
    """An organization in which somebody deactivates a group, looks at the mails, and takes an end back."""

    def __init__(self):
        self.edge = os.environ["MUSTER_EDGE"]
        # Nothing of this machine goes through a proxy.
        self.open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def call(self, who, method, path, **body):
        headers = {"authorization": f"Bearer {os.environ[f'MUSTER_{who.upper()}']}", "content-type": "application/json"}
        sent = json.dumps(body).encode() if method == "POST" else None
        request = urllib.request.Request(f"{self.edge}/v1/{path}", sent, headers, method=method)
        with self.open(request, timeout=30) as answer:
            return json.load(answer)

    def run(self):
        number = f"TE {uuid.uuid4().hex[:8]}"
        profile = {"displayName": "Seen from outside", "licensingAuthority": "us-mi", "licenseNumber": number}
        organization = self.call("owner", "POST", "organizations", **profile)["organization"]["name"]
        self.call("owner", "POST", f"{organization}:submit")
        self.call("staff", "POST", f"{organization}:approve", reason="license checked")
        group = self.call("owner", "POST", f"{organization}/groups", displayName="Teachers")["group"]["name"]
        self.call("owner", "POST", f"{group}:deactivate")
        self.call("owner", "GET", f"{organization}/deliveries")
        claims = self.call("outsider", "POST", "persons/me/employments:claim", claims=[{"organization": organization}])
        employment = claims["employments"][0]["name"]
        self.call("owner", "POST", f"{employment}:verify")
        self.call("owner", "POST", f"{employment}:end", reason="tried")
        self.call("owner", "POST", f"{employment}:undoEnd")


def value(attributes, name):
    """As text; empty where there is none."""
    return attributes.get(name, ("", ""))[1]


@dataclass
class Span:
    service: str
    trace: str = ""
    id: str = ""
    parent: str = ""
    name: str = ""
    kind: str = ""
    # Each with its type, as OTLP has them: Str, Int, Bool, Double.
    attributes: dict[str, tuple[str, str]] = field(default_factory=dict)

    def says(self, name):
        return value(self.attributes, name)

    def __str__(self):
        return f"{self.service}: {self.kind} {self.name!r} in trace {self.trace}"


class Received:
    """What the log tells: spans, what each process says of itself, and what the collector complains of."""

    FIELDS = {"Trace ID": "trace", "ID": "id", "Parent ID": "parent", "Name": "name", "Kind": "kind"}

    def __init__(self, log):
        self.spans, self.resources, self.complaints = [], [], []
        span, attributes = None, None
        for line in Path(log).read_text(errors="replace").splitlines():
            if line.startswith("{"):
                # Bunyan's levels: 40 is a warning.
                if json.loads(line)["level"] >= 40:
                    self.complaints.append(line)
            elif line.startswith("ResourceSpans #"):
                self.resources.append(attributes := {})
            elif line.startswith("Span #"):
                span, attributes = Span(value(self.resources[-1], "service.name")), None
                self.spans.append(span)
            elif line == "Attributes:":
                attributes = span.attributes
            elif line in ("Links:", "Events:"):
                # Their attributes are not the span's.
                attributes = None
            elif (found := re.fullmatch(r"    (\w[\w ]*?) *: ?(.*)", line)) and found[1] in self.FIELDS:
                setattr(span, self.FIELDS[found[1]], found[2].removeprefix("SPAN_KIND_"))
            elif attributes is not None and (found := re.fullmatch(r"     -> ([^:]+): (\w+)\((.*)\)", line)):
                attributes[found[1]] = (found[2], found[3])
        self.by_id = {span.id: span for span in self.spans}

    def edges(self):
        """Caller, callee, and what of: `call`, or the routing key of an event."""
        for span in self.spans:
            parent = self.by_id.get(span.parent)
            if parent and parent.service != span.service:
                what = {"SERVER": "call", "CONSUMER": span.says("messaging.rabbitmq.destination.routing_key")}
                yield parent.service, span.service, what.get(span.kind, span.kind)


def declared():
    """Services, and edges between them: of the chart's network policies, and of the broker's permissions and bindings."""
    calls = json.loads(DECLARED.joinpath("calls.json").read_text())
    edges = {(caller, callee, "call") for caller, callees in calls["calls"].items() for callee in callees}
    edges |= {("gateway", service, "call") for service in calls["forwarded"]}
    broker = json.loads(DECLARED.joinpath("broker.json").read_text())
    for binding in broker["bindings"]:
        key, consumer = binding["routing_key"], binding["destination"].removeprefix("muster.")
        publishers = (one["user"] for one in broker["topic_permissions"] if re.fullmatch(one["write"], key))
        edges |= {(publisher, consumer, key) for publisher in publishers}
    return {"gateway", *calls["forwarded"]}, edges


@dataclass
class Shape:
    """What a span about something has: a name that is made of these attributes, and attributes of a type that look so."""

    name: tuple[str, ...]
    attributes: dict[str, tuple[str, str]]
    # Where there is something to say.
    optional: dict[str, tuple[str, str]] = field(default_factory=dict)
    # Some story makes one.
    is_seen: bool = True


RPC = {
    "rpc.system.name": ("Str", "grpc"),
    "rpc.method": ("Str", r"_OTHER|[a-z][\w.]+/\w+"),
    "rpc.response.status_code": ("Str", "[A-Z_]+"),
}
RABBITMQ = {"messaging.system": ("Str", "rabbitmq")}
MESSAGE = RABBITMQ | {"messaging.message.id": ("Str", "[0-9a-f-]{36}"), "messaging.message.body.size": ("Int", r"\d+")}
# By what its attributes are about and its kind.
SHAPES = {
    ("rpc", "SERVER"): Shape(("rpc.method",), RPC),
    ("rpc", "CLIENT"): Shape(("rpc.method",), RPC, {"rpc.request.resend_count": ("Int", r"\d+")}),
    ("http", "SERVER"): Shape(
        ("http.request.method", "http.route"),
        # A page that there is not has no route; no story asks for one.
        {"http.request.method": ("Str", "[A-Z]+"), "http.route": ("Str", "/.*"), "http.response.status_code": ("Int", r"[1-5]\d\d")},
    ),
    ("db", "CLIENT"): Shape(
        ("db.query.summary",), {"db.system.name": ("Str", "postgresql"), "db.query.summary": ("Str", r"\w[\w -]*")}
    ),
    ("messaging", "PRODUCER"): Shape(
        ("messaging.operation.name", "messaging.destination.name"),
        MESSAGE
        | {
            "messaging.operation.type": ("Str", "send"),
            "messaging.operation.name": ("Str", "publish"),
            "messaging.destination.name": ("Str", r"muster\.events:[a-z.]+"),
            "messaging.rabbitmq.destination.routing_key": ("Str", "[a-z.]+"),
        },
        {"error.type": ("Str", r"\w+")},
    ),
    ("messaging", "CONSUMER"): Shape(
        ("messaging.operation.name", "messaging.destination.name"),
        MESSAGE
        | {
            "messaging.operation.type": ("Str", "process"),
            "messaging.operation.name": ("Str", "process"),
            "messaging.destination.name": ("Str", r"muster\.events:[a-z.]+:muster\.[a-z]+"),
            "messaging.rabbitmq.destination.routing_key": ("Str", "[a-z.]+"),
        },
        {"error.type": ("Str", r"\w+")},
    ),
    # Only where logs are of level debug.
    ("messaging", "CLIENT"): Shape(
        ("messaging.operation.name",),
        RABBITMQ | {"messaging.operation.type": ("Str", "settle"), "messaging.operation.name": ("Str", "ack|reject")},
        is_seen=False,
    ),
    # No convention has mail; what it says of the connection is conventional.
    ("network", "CLIENT"): Shape(
        (),
        {"network.protocol.name": ("Str", "smtp"), "network.transport": ("Str", "tcp")},
        {
            "server.address": ("Str", ".+"),
            "server.port": ("Int", r"\d+"),
            "smtp.reply.code": ("Int", r"[2-5]\d\d"),
            "error.type": ("Str", r"\w+"),
        },
    ),
}


def about(span):
    """What the span is about, and its kind; nothing of work within a process."""
    kinds = {name.split(".")[0] for name in span.attributes} & {about for about, _ in SHAPES}
    return None if span.kind == "INTERNAL" and not kinds else ("+".join(sorted(kinds)), span.kind)


def faults(span):
    """In which way it is not of its shape."""
    what = " ".join(about(span))
    shape = SHAPES.get(about(span))
    if not shape:
        yield f"{what}: of no shape"
        return
    for name, (type, pattern) in (shape.attributes | shape.optional).items():
        has, text = span.attributes.get(name, (None, ""))
        if has is None and name in shape.attributes:
            yield f"{what}: no {name}"
        elif has not in (None, type):
            yield f"{what}: {name} is {has}, not {type}"
        elif has and not re.fullmatch(pattern, text):
            yield f"{what}: {name} is {text!r}, not {pattern}"
    expected = " ".join(filter(None, map(span.says, shape.name)))
    if shape.name and span.name != expected:
        yield f"{what}: it is called {span.name!r}, not {expected!r}"


class Verdict:
    def __init__(self):
        self.failed = False

    def none(self, what, found):
        """There may be none of these."""
        found = list(found)
        if found:
            self.failed = True
            print(f"{len(found)} × {what}")
            for one in found[:SHOWN]:
                print(f"    {one}")


def arrows(edges):
    return [f"{caller} → {callee}: {what}" for caller, callee, what in sorted(edges)]


def check(log):
    received, verdict = Received(log), Verdict()
    services, wanted = declared()
    seen = set(received.edges())
    told = {value(resource, "service.name") for resource in received.resources}
    verdict.none("a service that nobody has seen", sorted(services - told))
    verdict.none("a service that there is not", sorted(told - services))
    nobodys = [one for one in received.resources if value(one, "service.namespace") != "muster" or not value(one, "service.version")]
    verdict.none("a process that does not say of what and of which version it is", nobodys)
    verdict.none("an edge that is declared and was not seen", arrows(wanted - seen))
    verdict.none("an edge that was seen and is not declared", arrows(seen - wanted))
    # A caller may have a trace of its own, of which the edge's span is a part.
    lost = [span for span in received.spans if span.parent and span.parent not in received.by_id]
    verdict.none("a span whose parent was lost", [span for span in lost if (span.service, span.kind) != ("gateway", "SERVER")])
    times = Counter(span.id for span in received.spans)
    verdict.none("a span that was sent twice", [span for span in received.spans if times[span.id] > 1])
    families = Counter(filter(None, map(about, received.spans)))
    missing = {shape for shape, rule in SHAPES.items() if rule.is_seen} - families.keys()
    verdict.none("a kind of span that nobody has seen", sorted(map(" ".join, missing)))
    wrong = Counter(fault for span in received.spans if about(span) for fault in faults(span))
    verdict.none("a span that is not as the conventions have it", [f"{count} × {fault}" for fault, count in wrong.most_common()])
    verdict.none("a complaint of the collector", received.complaints)
    if verdict.failed:
        sys.exit(1)
    calls = sum(what == "call" for _, _, what in wanted)
    print(f"{len(services)} services; {calls} edges of calls and {len(wanted) - calls} of events: each was seen, and no other")
    counted = ", ".join(f"{' '.join(kind)} {count}" for kind, count in sorted(families.items()))
    print(f"{len(received.spans)} spans, none lost; as the semantic conventions have them: {counted}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["walk"]:
            Walk().run()
        case ["edges", log]:
            sys.exit(bool(declared()[1] - set(Received(log).edges())))
        case ["check", log]:
            check(log)
        case _:
            sys.exit(__doc__)
