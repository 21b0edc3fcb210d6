"""What a program says it was built of (`cargo auditable`), beside Cargo.lock, the manifests and its list of crates.

crates.py PROGRAM SERVICE LIST   fails unless each crate that the program names is locked and on the list (CycloneDX, JSON), and each that
                                 our manifests ask for is named
"""

import json
import struct
import sys
import tomllib
import zlib
from collections import defaultdict
from pathlib import Path


def section(program: Path, name: bytes) -> bytes:
    """Of an ELF file of 64 bits, the lower byte first."""
    held = program.read_bytes()
    if held[:6] != b"\x7fELF\x02\x01":
        sys.exit(f"{program} is no such ELF file")
    (table,) = struct.unpack_from("<Q", held, 0x28)
    size, count, of_names = struct.unpack_from("<HHH", held, 0x3A)
    # Where its name is, then type, flags, address, and where it is and how long.
    headers = [struct.unpack_from("<IIQQQQ", held, table + at * size) for at in range(count)]
    names = headers[of_names][4]
    for header in headers:
        begin = names + header[0]
        if held[begin : held.index(b"\0", begin)] == name:
            return held[header[4] : header[4] + header[5]]
    sys.exit(f"{program} does not say what it was built of: it has no section {name.decode()}")


def locked() -> dict[str, dict[str, dict]]:
    """What Cargo.lock has, by name and version."""
    found = defaultdict(dict)
    for crate in tomllib.loads(Path("Cargo.lock").read_text())["package"]:
        found[crate["name"]][crate["version"]] = crate
    return found


def reached(lock: dict[str, dict[str, dict]], root: str) -> set[tuple[str, str]]:
    """Whatever a package may be built of, for any machine, in tests and with any feature."""
    waiting = [(root, version) for version in lock[root]]
    found = set()
    while waiting:
        name, version = waiting.pop()
        if (name, version) in found:
            continue
        found.add((name, version))
        for dependency in lock[name][version].get("dependencies", []):
            # The version stands there only where there are several.
            name_of, *rest = dependency.split(" ")
            waiting += [(name_of, version_of) for version_of in rest[:1] or lock[name_of]]
    return found


def asked_for() -> dict[str, set[str]]:
    """What each of our packages cannot be built without, by its manifest."""
    found = {}
    for file in [*Path("libs").glob("*/Cargo.toml"), *Path("services").glob("*/Cargo.toml")]:
        manifest = tomllib.loads(file.read_text())
        asked = manifest.get("dependencies", {})
        optional = {name for name, value in asked.items() if isinstance(value, dict) and value.get("optional")}
        found[manifest["package"]["name"]] = set(asked) - optional
    return found


def problems(named: list[dict], service: str, listed: set[tuple[str, str]]):
    root = f"muster-{service}"
    lock = locked()
    known = reached(lock, root)
    roots = [crate["name"] for crate in named if crate.get("root")]
    if roots != [root]:
        yield f"it is the program of {roots}"
    for crate in named:
        name, version = crate["name"], crate["version"]
        if (name, version) not in known:
            yield f"{name} {version} is not what Cargo.lock has for {root}"
        elif (crate["source"] == "local") == ("source" in lock[name][version]):
            yield f"{name} {version} comes from elsewhere: {crate['source']}"
        if (name, version) not in listed:
            yield f"{name} {version} is not on the list"
    names = {crate["name"] for crate in named}
    for ours, asked in asked_for().items():
        if ours in names:
            yield from (f"{ours} asks for {name}, which it does not name" for name in sorted(asked - names))


def crates_of(bom: dict) -> set[tuple[str, str]]:
    components = [bom["metadata"]["component"], *bom["components"]]
    return {(component["name"], component["version"]) for component in components}


def main(program: str, service: str, bom: str) -> int:
    named = json.loads(zlib.decompress(section(Path(program), b".dep-v0")))["packages"]
    listed = crates_of(json.loads(Path(bom).read_text()))
    wrong = list(problems(named, service, listed))
    ours = sum(crate["source"] == "local" for crate in named)
    print(f"{service}: names {len(named)} crates, {ours} of them ours; its list has {len(listed)}")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case [program, service, bom]:
            sys.exit(main(program, service, bom))
        case _:
            sys.exit(__doc__)
