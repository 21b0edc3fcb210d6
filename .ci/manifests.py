"""What manifests have to keep: the schemas of Kubernetes and of custom resources, Pod Security, that every setting of every program is
reached, and that the engines are those of the services.

manifests.py check BINARIES DIRECTORY          all of it, of the manifests in there: everything.yaml sets all that can be set,
                                               production.yaml is what runs, engines.yaml is what it runs on
manifests.py compare CRD…                      where a project's definition of a custom resource says something else than .ci/crds
manifests.py settings BINARIES                 the settings of every program as a table
manifests.py script FILE                       what `helm test` runs
manifests.py pod FILE SERVICE KEYS ROOT        what a Pod of the service finds below ROOT, its secrets and tokens taken from KEYS
                                               (deploy/compose/keys.sh); prints its environment
"""

import functools
import re
import subprocess
import sys
from pathlib import Path

import definitions
import engines

SERVICES = ["gateway", "organization", "employment", "invitation", "notification", "records"]
VERSIONS = [f"1.{minor}" for minor in range(29, 38)]


class Setting:
    def __init__(self, text: str):
        self.flag = re.match(r"--([\w-]+)", text)[1]
        self.name = re.search(r"\[env: (\w+)", text)[1]
        default = re.search(r"\[default: (.*)\]$", text)
        self.default = default and default[1]
        meaning = re.sub(r" (\[(env|default|possible values): |Possible values: ).*", "", text)
        self.meaning = re.sub(r"^--[\w-]+( <[^>]+>)? *", "", meaning)


@functools.cache
def help_of(binaries: str, service: str, *command: str) -> str:
    """With every paragraph in a line, and without the settings that happen to be in our environment."""
    program = Path(binaries) / f"muster-{service}"
    said = subprocess.run([program, *command, "--help"], env={"COLUMNS": "100000"}, check=True, capture_output=True, text=True)
    return said.stdout


@functools.cache
def settings(binaries: str, service: str, *command: str) -> dict[str, Setting]:
    """By the name of the variable, as `--help` tells them."""
    options = help_of(binaries, service, *command).split("Options:\n", 1)[1].split("\n\nCommands", 1)[0]
    # An option begins at `--`; what follows it, on lines of its own, belongs to it.
    blocks = re.split(r"\n(?=\s*(?:-\w, |    )--)", options)
    joined = (" ".join(block.split()) for block in blocks)
    found = (Setting(re.sub(r"^-\w, ", "", block)) for block in joined if "[env: " in block)
    return {setting.name: setting for setting in found}


def required(binaries: str, service: str, *command: str) -> set[str]:
    """Flags that the usage line does not put into brackets."""
    usage = re.search(r"Usage: (.*)", help_of(binaries, service, *command))[1]
    return set(re.findall(r"--([\w-]+)", usage))


def table(binaries: str) -> str:
    lines = [
        "# Settings",
        "",
        "Of every program, as `--help` tells them; `.ci/deploy` compares this page. Each is an environment variable and a flag of",
        "the same name. In the chart they are `services.<name>.settings`: `MUSTER_DRAIN_DELAY` is `drainDelay`; addresses, files",
        "and secrets it sets itself, and `MUSTER_TIME_ZONES` of three services is the one value `timeZones`.",
        "",
    ]
    known = {service: settings(binaries, service) for service in SERVICES}
    shared = set.intersection(*(set(names) for names in known.values()))
    data = set.intersection(*(set(known[service]) for service in SERVICES[1:])) - shared
    lines += section(binaries, "Every program", "gateway", shared, known)
    lines += section(binaries, "Every service but the gateway", "records", data, known)
    for service in SERVICES:
        lines += section(binaries, service, service, set(known[service]) - shared - data, known)
    return "\n".join(lines)


def section(binaries, title, service, names, known):
    needed = required(binaries, service)
    rows = ["## " + title, "", "| setting | default | meaning |", "|---|---|---|"]
    for name, setting in known[service].items():
        if name in names:
            default = "*needed*" if setting.flag in needed else f"`{setting.default}`" if setting.default else ""
            rows.append(f"| `{name}` | {default} | {setting.meaning.replace('|', chr(92) + '|')} |")
    return rows + [""]


def documents(files):
    import yaml  # Of the checking tool, not of the system.

    for file in files:
        for document in yaml.load_all(Path(file).read_text(), Loader=yaml.CSafeLoader):
            if document:
                yield file, document


def schema_problems(found):
    import kubernetes_validate
    from kubernetes_validate import utils

    # It reads the definitions of a whole version for each object.
    utils.schema_contents = functools.cache(utils.schema_contents)
    for file, document in found:
        who = f"{file}: {document['kind']} {document['metadata']['name']}"
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.SchemaNotFoundError:
                if said := definitions.problem(document, version):
                    yield f"{who}: {said}"
                break
            except kubernetes_validate.ValidationError as error:
                yield f"{who}, Kubernetes {version}: {error.message}"
                break


def pods(found):
    for file, document in found:
        if document["kind"] == "Pod":
            yield file, document, document["spec"]
        elif document["kind"] in ("Deployment", "Job"):
            yield file, document, document["spec"]["template"]["spec"]


def security_problems(found):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    volumes = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
    for file, document, pod in pods(found):
        who = f"{file}: {document['kind']} {document['metadata']['name']}"
        context = pod.get("securityContext", {})
        if any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC", "initContainers")):
            yield f"{who}: shares something of its node"
        if not context.get("runAsNonRoot") or context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{who}: runAsNonRoot or seccompProfile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{who}: mounts a token for the cluster's API"
        for volume in pod.get("volumes", []):
            if not set(volume) - {"name"} <= volumes:
                yield f"{who}: volume {volume['name']}"
        for container in pod["containers"]:
            own = container.get("securityContext", {})
            restricted = own.get("allowPrivilegeEscalation") is False and own.get("capabilities", {}).get("drop") == ["ALL"]
            if not restricted or not own.get("readOnlyRootFilesystem") or own.get("privileged"):
                yield f"{who}: container {container['name']}"
            if any("hostPort" in port for port in container.get("ports", [])):
                yield f"{who}: hostPort"


def unlike(binaries, names, service, *command):
    """What a process is told that it does not know, and what it is not told and needs."""
    known = settings(binaries, service, *command)
    ours = {name for name in names if name.startswith("MUSTER_")}
    yield from (f"{name} is no setting of {service}" for name in sorted(ours - set(known)))
    needed = {name for name, setting in known.items() if setting.flag in required(binaries, service, *command)}
    yield from (f"{service} needs {name}" for name in sorted(needed - ours))


def environment_problems(binaries, everything, found):
    for file, document, pod in pods(found):
        if document["kind"] != "Deployment":
            continue
        service = document["metadata"]["labels"]["app.kubernetes.io/component"]
        names = {variable["name"] for variable in pod["containers"][0]["env"]}
        yield from (f"{file}: {said}" for said in unlike(binaries, names, service))
        if file == everything:
            unset = set(settings(binaries, service)) - names
            yield from (f"{name} of {service} cannot be set by the chart" for name in sorted(unset))


def check(binaries, directory):
    files = {file.stem: str(file) for file in Path(directory).glob("*.yaml")}
    found = list(documents(files.values()))
    of = {name: [document for file, document in found if file == path] for name, path in files.items()}
    problems = [*schema_problems(found), *security_problems(found), *environment_problems(binaries, files["everything"], found)]
    # Without kubectl they are not there.
    if "engines" in of:
        pool = int(settings(binaries, "records")["MUSTER_DATABASE_POOL"].default)
        problems += engines.problems(SERVICES[1:], pool, of["engines"], of["everything"], of["production"])
    kinds = {document["kind"] for _, document in found if (document["apiVersion"], document["kind"]) in definitions.described()}
    print(f"{len(found)} objects; Kubernetes {VERSIONS[0]} to {VERSIONS[-1]}, {', '.join(sorted(kinds))}")
    print("\n".join(problems))
    return 1 if problems else 0


def compare(files):
    said = [line for file in files for line in definitions.differences(file)]
    print("\n".join(said))
    return 1 if said else 0


def script(file):
    """As the container is given it: a name in `$(…)` would be put in its place before."""
    [container] = next(document for _, document in documents([file]) if document["kind"] == "Pod")["spec"]["containers"]
    [text] = container["args"]
    for name in (variable["name"] for variable in container["env"]):
        text = text.replace(f"$({name})", "<taken by Kubernetes>")
    print(text.replace("$$", "$"), end="")


def pod(file, service, keys, root):
    """Does what the kubelet does with the volumes of a Pod."""
    found = {(document["kind"], document["metadata"]["name"]): document for _, document in documents([file])}
    spec = found["Deployment", f"muster-{service}"]["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    container = spec["containers"][0]
    for mount in container["volumeMounts"]:
        place = Path(root + mount["mountPath"])
        place.mkdir(parents=True)
        match volumes[mount["name"]]:
            case {"configMap": {"name": name}}:
                held = found["ConfigMap", name]["data"]
            case {"name": "transport", "secret": secret}:
                names = ["ca.crt"] if "items" in secret else ["ca.crt", "tls.crt", "tls.key"]
                held = {name: Path(keys, service, name).read_text() for name in names}
            case {"secret": {"items": items}}:
                held = {item["path"]: Path(keys, service, item["key"]).read_text() for item in items}
            case {"projected": {"sources": sources}}:
                names = [source["serviceAccountToken"]["path"] for source in sources]
                held = {name: Path(keys, service, "tokens", name).read_text() for name in names}
        for name, text in held.items():
            place.joinpath(name).write_text(text)
    print("\n".join(f"{variable['name']}={variable['value']}" for variable in container["env"]))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check", binaries, directory]:
            sys.exit(check(binaries, directory))
        case ["compare", *files]:
            sys.exit(compare(files))
        case ["settings", binaries]:
            print(table(binaries), end="")
        case ["script", file]:
            script(file)
        case ["pod", file, service, keys, root]:
            pod(file, service, keys, root)
        case _:
            sys.exit(__doc__)
