"""What changed between two sets of event schemas, whether readers survive it, and who rolls out first.

A change is compatible when every message said under the old schema is still valid under the new one, and a reader of
the old schema that ignores unknown fields loses nothing it relied on. Everything else needs a new version.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.events import CONTRACTS
from shared.events.envelope import Malformed, NewerVersion, UnknownType
from shared.events.reference.schemas import KAFKA, SCHEMA_SUFFIX, Schema

_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_COMPARED_ELSEWHERE = {"type", "anyOf", "properties", "required", "items", "enum", "const", "$defs", KAFKA}
_ANNOTATIONS = {"$schema", "$id", "title", "description", "examples"}
_SPECIFIC = {*_LOWER_BOUNDS, *_UPPER_BOUNDS, *_COMPARED_ELSEWHERE, *_ANNOTATIONS}
_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """One change at one place of a schema."""

    path: str
    what: str
    breaking: bool


@dataclass(frozen=True)
class Change:
    """A difference of one event type, with the order in which services roll out."""

    event: str
    difference: Difference
    order: str

    def __str__(self) -> str:
        verdict = "breaking  " if self.difference.breaking else "compatible"
        place = f"{self.event} {self.difference.path}".rstrip()
        return f"{verdict}  {place}: {self.difference.what}"


def changes(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[Change]:
    """Every change between two sets of schemas keyed `<event name>.v<version>`."""
    return [
        Change(event, difference, _order(event, new.get(event) or old[event], difference, removed=event not in new))
        for event in sorted(old.keys() | new.keys())
        for difference in _event_differences(old.get(event), new.get(event))
    ]


def schemas_on_disk(folder: Path) -> dict[str, Schema]:
    """The committed schemas of a folder."""
    return {_event_of(path.name): json.loads(path.read_bytes()) for path in folder.glob("*" + SCHEMA_SUFFIX)}


def schemas_of_revision(root: Path, revision: str, folder: Path) -> dict[str, Schema]:
    """The schemas of a git revision. Raises LookupError with git's own words where it has none."""
    git = shutil.which("git") or "git"
    command = [git, "-C", str(root), "archive", "--format=tar", f"{revision}^{{commit}}", "--", str(folder)]
    archive = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 -- fixed program, no shell
    if archive.returncode:
        raise LookupError(archive.stderr.decode().strip())
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        return {
            _event_of(Path(member.name).name): json.load(file)
            for member in tar
            if member.name.endswith(SCHEMA_SUFFIX) and (file := tar.extractfile(member))
        }


def differences(old: Schema, new: Schema, path: str = "") -> Iterator[Difference]:
    """Compare two schemas whose references are already in place; descriptions and examples do not count."""
    before, after = _alternatives(old), _alternatives(new)
    for kind, schema in before.items():
        if kind in after:
            yield from _within_kind(schema, after[kind], path)
        elif kind == "integer" and "number" in after:
            yield Difference(path, "integer widened to number", breaking=False)
        else:
            yield Difference(path, f"may no longer be {kind}", breaking=True)
    for kind in sorted(after.keys() - before.keys() - ({"number"} if "integer" in before else set())):
        yield Difference(path, f"may now also be {kind}", breaking=False)


def in_place(schema: Schema) -> Schema:
    """The schema with every `$ref` replaced by the definition it names."""
    definitions = schema.get("$defs", {})

    def resolved(node: object) -> object:
        if isinstance(node, list):
            return [resolved(item) for item in node]
        if not isinstance(node, dict):
            return node
        target = definitions[node["$ref"].rpartition("/")[2]] if "$ref" in node else {}
        merged = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return {key: resolved(value) for key, value in merged.items()}

    return {key: resolved(value) for key, value in schema.items() if key not in {"$defs", "examples"}}


def _event_of(file_name: str) -> str:
    return file_name.removesuffix(SCHEMA_SUFFIX)


def _event_differences(old: Schema | None, new: Schema | None) -> Iterator[Difference]:
    if old is None:
        yield Difference("", "new type", breaking=False)
    elif new is None:
        yield Difference("", "type removed", breaking=True)
    else:
        yield from differences(in_place(old), in_place(new))
        yield from _topic_differences(old[KAFKA]["topics"], new[KAFKA]["topics"])
        yield from _example_differences(old)


def _topic_differences(old: list[str], new: list[str]) -> Iterator[Difference]:
    for topic in old:
        if topic not in new:
            yield Difference("topic", f"no longer said on {topic}", breaking=True)
    for topic in new:
        if topic not in old:
            yield Difference("topic", f"now also said on {topic}", breaking=False)


def _example_differences(old: Schema) -> Iterator[Difference]:
    """Yesterday's examples, read with today's code, must still be readable and go to the same key."""
    for number, (example, key) in enumerate(zip(old["examples"], old[KAFKA]["exampleKeys"], strict=True)):
        path = f"examples[{number}]"
        try:
            today = CONTRACTS.parse(example).data.key()
        except (Malformed, UnknownType, NewerVersion) as error:
            yield Difference(path, f"is no longer readable: {error}", breaking=True)
            continue
        if today != key:
            yield Difference("key", f"{path} went to key {key!r}, goes to {today!r}", breaking=True)


def _alternatives(schema: Schema) -> dict[str, Schema]:
    """The alternatives of a schema by their JSON type; a second object is `object 2`, so that none hides another."""
    found: dict[str, Schema] = {}
    for alternative in schema.get("anyOf", [schema]):
        kind = alternative.get("type", "any")
        same = sum(1 for name in found if name.split(" ")[0] == kind)
        found[f"{kind} {same + 1}" if same else kind] = alternative
    return found


def _within_kind(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    yield from _fields(old, new, path)
    yield from _allowed_values(old, new, path)
    yield from _bounds(old, new, path)
    yield from _other_rules(old, new, path)
    if "items" in old and "items" in new:
        yield from differences(old["items"], new["items"], f"{path}[]")


def _fields(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    before, after = old.get("properties", {}), new.get("properties", {})
    had, has = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(before.keys() | after.keys()):
        place = f"{path}.{name}".lstrip(".")
        if name not in after:
            yield Difference(place, "field removed", breaking=True)
        elif name not in before:
            yield Difference(place, f"{'required' if name in has else 'optional'} field added", breaking=name in has)
        else:
            if (name in has) != (name in had):
                yield Difference(place, f"became {'required' if name in has else 'optional'}", breaking=name in has)
            yield from differences(before[name], after[name], place)


def _allowed_values(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    before, after = _values(old), _values(new)
    if before is None and after is None:
        return
    if after is None:
        yield Difference(path, "any value is allowed now", breaking=False)
    elif before is None:
        yield Difference(path, f"only {after} are allowed now", breaking=True)
    else:
        yield from (
            Difference(path, f"value {value!r} removed", breaking=True) for value in before if value not in after
        )
        yield from (
            Difference(path, f"value {value!r} added", breaking=False) for value in after if value not in before
        )


def _values(schema: Schema) -> list[object] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _bounds(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    for names, raised_narrows in ((_LOWER_BOUNDS, True), (_UPPER_BOUNDS, False)):
        for name in names:
            before, after = old.get(name), new.get(name)
            if before != after:
                narrowed = after is not None and (before is None or (after > before) == raised_narrows)
                yield Difference(path, f"{name} {_said(before)} -> {_said(after)}", breaking=narrowed)


def _other_rules(old: Schema, new: Schema, path: str) -> Iterator[Difference]:
    """Pattern, format, default and any keyword not weighed above: giving one up widens, anything else may narrow."""
    for name in sorted((old.keys() | new.keys()) - _SPECIFIC):
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if before == after or (name == "default" and before is _ABSENT):
            continue
        breaking = after is not _ABSENT or name == "default"
        yield Difference(path, f"{name} {_said(before)} -> {_said(after)}", breaking=breaking)


def _said(value: object) -> str:
    return "none" if value is None or value is _ABSENT else repr(value)


def _order(event: str, schema: Schema, difference: Difference, *, removed: bool) -> str:
    travel = schema[KAFKA]
    readers, producers = ", ".join(travel["readers"]) or "none", ", ".join(travel["producers"])
    wait = f"{travel['days']} days of retention have passed" if travel["days"] else "every key was said anew"
    if removed:
        return f"breaking: producer {producers} stops first; readers {readers} keep reading it until {wait}"
    if difference.breaking:
        name, _, version = event.rpartition(".v")
        return (
            f"breaking: publish {name}.v{int(version) + 1} beside v{version}; roll readers {readers} to read both, "
            f"then producer {producers}; drop v{version} once {wait}"
        )
    return f"readers first: {readers}; then producer {producers}"
