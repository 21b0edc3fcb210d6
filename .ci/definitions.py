"""Kinds that Kubernetes itself does not know, as `.ci/crds` describes them."""

import functools
from pathlib import Path

DESCRIBED = Path(__file__).with_name("crds")
DEFINITIONS = "https://kubernetes.io/api/_definitions.json#/$defs/"
META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
BOUNDS = ["type", "format", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"]
EITHER = "x-kubernetes-int-or-string"


def read(file):
    import yaml  # Of the checking tool, not of the system.

    return list(yaml.load_all(Path(file).read_text(), Loader=yaml.CSafeLoader))


@functools.cache
def described():
    """By API version and kind."""
    groups = [group for file in sorted(DESCRIBED.glob("*.yaml")) for group in read(file)]
    return {(version, kind): schema for group in groups for version, kinds in group.items() for kind, schema in kinds.items()}


def problem(document, version):
    """Why it is none of its kind; None if it is. What is said in terms of Kubernetes is looked up in this version of it."""
    import jsonschema

    schema = described().get((document["apiVersion"], document["kind"]))
    if schema is None:
        return f"{document['apiVersion']} is not described in .ci/crds"
    validator = jsonschema.Draft202012Validator(of_object(schema), registry=kubernetes(version))
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    return error and f"{'.'.join(str(step) for step in error.path)}: {error.message}"


@functools.cache
def kubernetes(version):
    from kubernetes_validate import utils
    from referencing import Registry, Resource

    definitions = utils.schema_contents(f"kubernetes-json-schema/v{version}.0-local-strict/_definitions.json", version)
    return Resource.from_contents(definitions) @ Registry()


def of_object(schema):
    known = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"$ref": META}}
    return strict(schema | {"properties": known | schema["properties"]})


def strict(schema):
    """What is described and nothing else, as JSON Schema says it."""
    if "$ref" in schema:
        return {"$ref": DEFINITIONS + schema["$ref"]}
    made = dict(schema)
    if "properties" in schema:
        fields = {name: strict(field) for name, field in schema["properties"].items()}
        made |= {"type": "object", "additionalProperties": False, "properties": fields}
    if "items" in schema:
        made["items"] = strict(schema["items"])
    if EITHER in schema:
        made["type"] = ["integer", "string"]
    return made


def differences(file):
    """Where the definition that a project ships says something else of what is described here, or more."""
    for definition in read(file):
        kind = definition["spec"]["names"]["kind"]
        for version in definition["spec"]["versions"]:
            name = f"{definition['spec']['group']}/{version['name']}"
            if schema := described().get((name, kind)):
                yield from differing(f"{name} {kind}", schema, version["schema"]["openAPIV3Schema"])


def differing(where, ours, theirs):
    if "$ref" in ours:
        if theirs.get("type") != "object":
            yield f"{where}: {ours['$ref']} is no {theirs.get('type')}"
        return
    ours = ({"type": "object"} if "properties" in ours else {}) | ours
    for bound in BOUNDS:
        if ours.get(bound) != theirs.get(bound):
            yield f"{where}: {bound} is {ours.get(bound)} here, {theirs.get(bound)} there"
    if ours.get(EITHER) != theirs.get(EITHER):
        yield f"{where}: a number or a text in one of both"
    if "enum" in theirs and not set(ours.get("enum", [None])) <= set(theirs["enum"]):
        yield f"{where}: takes {theirs['enum']}"
    if "enum" in ours and "enum" not in theirs:
        yield f"{where}: takes anything"
    if missing := set(theirs.get("required", [])) ^ set(ours.get("required", [])):
        yield f"{where}: {', '.join(sorted(missing))} is needed in one of both"
    for name, field in ours.get("properties", {}).items():
        if name in theirs.get("properties", {}):
            yield from differing(f"{where}.{name}", field, theirs["properties"][name])
        else:
            yield f"{where}.{name}: there is none"
    for part in ("items", "additionalProperties"):
        if part in ours:
            yield from differing(f"{where}[]", ours[part], theirs.get(part) or {})
