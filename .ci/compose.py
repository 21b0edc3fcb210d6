"""What the Compose file has to keep: each process is told what it needs and knows, and is shown that and nothing else.

compose.py BINARIES CONFIG KEYS    CONFIG is what `docker-compose config --format json` prints, KEYS what deploy/compose/keys.sh made
"""

import base64
import hashlib
import json
import re
import sys
from pathlib import Path

from engines import FILES
from manifests import SERVICES, unlike

GIVEN = json.loads(FILES.joinpath("broker.json").read_text())
CALLS = json.loads(FILES.joinpath("calls.json").read_text())["calls"]
# Three numbers, two of PostgreSQL, or a day: what says less moves.
FIXED = re.compile(r":v?\d+\.\d+\.\d+(-[a-z]+)?$|/postgres:\d+\.\d+$")
NOTHING = {"user": "muster", "vhost": "muster", "configure": "^$", "write": "^$", "read": "^$"}
# In seconds.
LIVES = range(600, 901)


def folder_of(container):
    """Which part of the volume with all keys it is shown; `None`: none. What is no part of it is all."""
    mounts = [mount for mount in container.get("volumes", []) if mount.get("source") == "keys"]
    return mounts[0].get("volume", {}).get("subpath", "") if mounts else None


def of_every_container(name, container):
    migrates = container["command"] == ["migrate"]
    if "healthcheck" not in container and not migrates:
        yield "nobody looks whether it is well"
    if "build" not in container and not FIXED.search(container["image"]):
        yield f"{container['image']} moves"
    if folder_of(container) not in ([""] if name == "keys" else [None, name]):
        yield f"is shown the keys of {folder_of(container) or 'everybody'}"
    for port in container.get("ports", []):
        if port.get("host_ip") != "127.0.0.1":
            yield f"port {port['target']} is open to the network"


def of_processes(binaries, keys, name, container):
    """Those that run a program of ours."""
    service = container["build"]["args"]["SERVICE"]
    environment = container["environment"]
    command = container["command"] or []
    yield from unlike(binaries, environment, service, *command)
    named = {value.removeprefix("file:") for value in environment.values() if re.match("(file:)?/", value)}
    mounted = {mount["target"]: mount["source"] for mount in container.get("volumes", []) if mount["type"] == "bind"}
    for file in sorted(named):
        place = Path(mounted.get(file) or f"{keys}/{name}/{file.removeprefix('/keys/')}")
        if not place.exists():
            yield f"there is no {file}"
    shown = {f"/keys/{file.name}" for file in Path(keys, name).iterdir()}
    yield from (f"is shown {file}, which it is not told of" for file in sorted(shown - named))
    if not command:
        yield from tokens(service, Path(keys, name, "tokens"))


def tokens(workload, folder):
    """Those of a workload, for whom it calls."""
    held = sorted(file.name for file in folder.iterdir())
    if held != CALLS[workload]:
        yield f"has tokens for {held}, and calls {CALLS[workload]}"
    for callee in held:
        claims = folder.joinpath(callee).read_text().split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        if claims["aud"] != [callee] or claims["sub"] != f"system:serviceaccount:muster:{workload}":
            yield f"the token for {callee} is of {claims['sub']} for {claims['aud']}"
        if claims["exp"] - claims["iat"] not in LIVES:
            yield f"the token for {callee} lives {claims['exp'] - claims['iat']} s"


def of_broker(keys):
    """What it loads: what an operator would, with a user for each service and one who may look."""
    loaded = json.loads(Path(keys, "rabbitmq", "definitions.json").read_text())
    users = {user.pop("name"): user for user in loaded.pop("users")}
    looks = loaded["permissions"].pop(0)
    if users.pop("muster")["tags"] != ["monitoring"] or looks != NOTHING:
        yield f"muster may {looks}"
    if loaded != GIVEN:
        yield "something else than files/broker.json is loaded"
    if sorted(users) != sorted(SERVICES[1:]):
        yield f"users: {sorted(users)}"
    for name, user in users.items():
        password = re.match(f"amqp://{name}:([0-9a-f]+)@", Path(keys, name, "amqp-url").read_text())[1]
        kept = base64.b64decode(user["password_hash"])
        if user["tags"] or hashlib.sha256(kept[:4] + password.encode()).digest() != kept[4:]:
            yield f"{name} has tags or another password"


def problems(binaries, config, keys):
    for name, container in config["services"].items():
        yield from (f"{name}: {said}" for said in of_every_container(name, container))
        if "SERVICE" in container.get("build", {}).get("args", {}):
            yield from (f"{name}: {said}" for said in of_processes(binaries, keys, name, container))
    yield from (f"rabbitmq: {said}" for said in of_broker(keys))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [binaries, config, keys]:
            found = list(problems(binaries, json.loads(Path(config).read_text()), keys))
            print("\n".join(found))
            sys.exit(1 if found else 0)
        case _:
            sys.exit(__doc__)
