"""What `deploy/engines` makes is what the services use: roles and databases, users of the broker, names, certificates."""

import itertools
import json
from pathlib import Path

FILES = Path(__file__).parents[1] / "deploy/helm/muster/files"
READS_AND_WRITES = ["pg_read_all_data", "pg_write_all_data"]


def problems(services, pool, engines, everything, production):
    """Of the engines, beside the chart: with everything it makes what is in the broker; so many processes there are in production, each
    with a pool of so many connections.
    """
    one = {(document["kind"], document["metadata"]["name"]): document for document in engines}
    cluster = one["Cluster", "postgres"]
    yield from (f"engines: {said}" for said in itertools.chain(
        roles(services, cluster["spec"]["managed"]["roles"]),
        databases(services, cluster, engines),
        reached(services, cluster["spec"]["postgresql"]["pg_hba"]),
        connections(cluster, pool, production),
        copies(cluster, one),
        broker(services, one["RabbitmqCluster", "rabbitmq"], one, everything),
    ))


def differ(what, found, wanted):
    if found != wanted:
        yield f"{what}: {found}, and not {wanted}"


def roles(services, found):
    wanted = {}
    for service in services:
        wanted[service] = {"login": True, "inRoles": READS_AND_WRITES, "passwordSecret": {"name": f"postgres-{service}"}}
        wanted[f"{service}_owner"] = {"login": True, "passwordSecret": {"name": f"postgres-{service}-owner"}}
    made = {role["name"]: {key: value for key, value in role.items() if key != "name"} for role in found}
    yield from differ("roles", sorted(made), sorted(wanted))
    for name in sorted(set(made) & set(wanted)):
        yield from differ(f"role {name}", made[name], wanted[name])


def databases(services, cluster, engines):
    made = {document["spec"]["name"]: document["spec"] for document in engines if document["kind"] == "Database"}
    yield from differ("databases", sorted(made), sorted(services))
    for name, spec in made.items():
        wanted = {"cluster": {"name": cluster["metadata"]["name"]}, "name": name, "owner": f"{name}_owner"}
        yield from differ(f"database {name}", spec, wanted)


def reached(services, lines):
    """Who is let into which database: as PostgreSQL reads these lines, the first that fits."""
    rules = [line.split() for line in lines]

    def method(connection, database, role):
        for kind, of, who, _, how in rules:
            if kind in ("host", connection) and of in ("all", database) and role in who.split(","):
                return how
        return "nobody says"

    for service, role in itertools.product(services, ("", "_owner")):
        for database, connection in itertools.product([*services, "postgres"], ("hostssl", "hostnossl")):
            wanted = "scram-sha-256" if (database, connection) == (service, "hostssl") else "reject"
            found = method(connection, database, service + role)
            yield from differ(f"{service}{role} at {database} ({connection})", found, wanted)


def connections(cluster, pool, production):
    """At most 80 % of them: a pool, one that asks for health and one that stands for the process, for each process."""
    processes = 0
    for document in production:
        service = document["metadata"].get("labels", {}).get("app.kubernetes.io/component")
        if document["kind"] == "Deployment" and service != "gateway":
            processes += document["spec"]["replicas"]
    taken, given = processes * (pool + 2), int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    if taken > given * 0.8:
        yield f"max_connections: {processes} processes take {taken}, which is more than 80 % of {given}"


def copies(cluster, one):
    for plugin in cluster["spec"].get("plugins", []):
        if ("ObjectStore", plugin["parameters"]["barmanObjectName"]) not in one:
            yield f"copies: there is no ObjectStore {plugin['parameters']['barmanObjectName']}"
    planned = one["ScheduledBackup", "postgres"]["spec"]
    yield from differ("copies of", planned["cluster"]["name"], cluster["metadata"]["name"])
    writes = [plugin["name"] for plugin in cluster["spec"].get("plugins", []) if plugin.get("isWALArchiver")]
    yield from differ("who writes the log away", writes, [planned["pluginConfiguration"]["name"]])


def broker(services, cluster, one, everything):
    given = json.loads(FILES.joinpath("broker.json").read_text())
    for kind in ("permissions", "topic_permissions"):
        yield from differ(f"users in {kind}", sorted(entry["user"] for entry in given[kind]), sorted(services))
    made = [document for document in everything if document["apiVersion"].startswith("rabbitmq.com/")]
    for kind in ("User", "Permission", "TopicPermission"):
        names = sorted(document["metadata"]["name"] for document in made if document["kind"] == kind)
        yield from differ(kind, names, sorted(services))
    for document in made:
        wanted = cluster["metadata"]["name"]
        yield from differ(f"cluster of {document['metadata']['name']}", document["spec"]["rabbitmqClusterReference"]["name"], wanted)
    shown = one["Certificate", "rabbitmq"]["spec"]
    yield from differ("certificate", shown["secretName"], cluster["spec"]["tls"]["secretName"])
    monitor = one["PodMonitor", "rabbitmq"]["spec"]["podMetricsEndpoints"][0]["tlsConfig"]["serverName"]
    for name in (cluster["metadata"]["name"], monitor):
        if name not in shown["dnsNames"]:
            yield f"certificate: not for {name}"
