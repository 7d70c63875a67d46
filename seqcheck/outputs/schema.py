"""The JSON Schema (2020-12) of the formats json and jsonl, of the lines of a live capture, and of locate, made from the
model itself, so that the two cannot differ.

More keys may be added in a later version, none renamed: `additionalProperties` stays open. Descriptions are the
model's docstrings. Pure.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from seqcheck import model
from seqcheck.model import located
from seqcheck.model.snapshot import Found, Snapshot
from seqcheck.outputs import live_lines
from seqcheck.outputs.json import UNTOLD
from seqcheck.outputs.jsonl import SCHEMA as FINDINGS_SCHEMA

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
_SIMPLE: dict[Any, Schema] = {
    int: {"type": "integer"}, float: {"type": "number"}, str: {"type": "string"}, bool: {"type": "boolean"},
    type(None): {"type": "null"}, Any: {},
}  # fmt: skip
_FINDINGS = {"duplicate": model.Duplicate, "gap": model.Gap, "late": model.Late, "restart": model.Restart}


def report() -> Schema:
    """Of `--report json`."""
    known: dict[str, Schema] = {}
    whole = _object(model.Report, known, {"schema": {"const": model.SCHEMA}})
    return {"$schema": DIALECT, "$id": f"urn:{model.SCHEMA.replace('/', ':')}", **whole, "$defs": known}


def findings() -> Schema:
    """Of a line of `--report jsonl`."""
    known: dict[str, Schema] = {}
    head = {"type": {"const": "report"}, "schema": {"const": FINDINGS_SCHEMA}}
    lines = [_object(model.Report, known, head)]
    for kind, cls in _FINDINGS.items():
        line = _object(cls, known, {"type": {"const": kind}})
        if kind == "gap":
            line["properties"]["earlier_frame"] = {"type": ["integer", "null"]}
            line["required"].remove("ours")  # a capture that is over cannot tell
        lines.append(line)
    urn = f"urn:{FINDINGS_SCHEMA.replace('/', ':')}"
    return {"$schema": DIALECT, "$id": urn, "title": "a line", "oneOf": lines, "$defs": known}


def live() -> Schema:
    """Of a line of `seqcheck live --report jsonl`."""
    known: dict[str, Schema] = {}
    name: Schema = {"const": live_lines.SCHEMA}
    now = _only(_object(Snapshot, known, {"type": {"const": "snapshot"}, "schema": name}), *live_lines.FIGURES)
    verdict = _only(_object(model.Verdict, known, {}), *live_lines.VERDICT)
    now["properties"]["verdict"] = {"anyOf": [verdict, {"type": "null"}]}
    now["required"].append("verdict")
    known.clear()  # what a snapshot leaves out
    whole = _without(_object(model.Report, known, {"type": {"const": "report"}, "schema": name}), "overview")
    for several in ("Duplicates", "Gaps"):  # what they list follows, a line each
        known[several] = _without(known[several], "listed")
    kinds = {kind: _FINDINGS[kind] for kind in live_lines.LISTED}
    found = _object(Found, known, {"type": {"const": "found"}})
    lines = [now, found, whole, *(_object(cls, known, {"type": {"const": kind}}) for kind, cls in kinds.items())]
    urn = f"urn:{live_lines.SCHEMA.replace('/', ':')}"
    return {"$schema": DIALECT, "$id": urn, "title": "a line", "oneOf": lines, "$defs": known}


def way() -> Schema:
    """Of `seqcheck locate --report json`."""
    known: dict[str, Schema] = {}
    whole = _object(located.Way, known, {"schema": {"const": located.SCHEMA}})
    return {"$schema": DIALECT, "$id": f"urn:{located.SCHEMA.replace('/', ':')}", **whole, "$defs": known}


SCHEMAS = {"json": report, "jsonl": findings, "live": live, "locate": way}


def _only(whole: Schema, *names: str) -> Schema:
    """An object with these members alone, and those that are constant."""
    members = {
        name: member for name, member in whole["properties"].items() if name in names or set(member) == {"const"}
    }
    return {**whole, "properties": members, "required": list(members)}


def _without(whole: Schema, name: str) -> Schema:
    """An object without this member."""
    members = {each: member for each, member in whole["properties"].items() if each != name}
    return {**whole, "properties": members, "required": [each for each in whole["required"] if each != name]}


def _object(cls: type, known: dict[str, Schema], more: dict[str, Schema]) -> Schema:
    """A dataclass; those it holds go into `known`."""
    hints = get_type_hints(cls)
    told = [field.name for field in fields(cls) if cls is not model.Report or field.name not in UNTOLD]
    members = {name: _type(hints[name], known) for name in told}
    return {
        "title": cls.__name__,
        "description": " ".join(inspect.cleandoc(cls.__doc__ or "").split()),
        "type": "object",
        "properties": {**more, **members},
        "required": [*more, *members],
    }


def _type(hint: Any, known: dict[str, Schema]) -> Schema:
    if hint in _SIMPLE:
        return dict(_SIMPLE[hint])
    origin, args = get_origin(hint), get_args(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in known:
            known[hint.__name__] = {}  # its place, should it hold itself
            known[hint.__name__] = _object(hint, known, {})
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if origin is Literal:
        return {"enum": list(args)}
    if origin in (Union, types.UnionType):
        parts = [_type(arg, known) for arg in args]
        plain = [part["type"] for part in parts if set(part) == {"type"} and isinstance(part["type"], str)]
        return {"type": plain} if len(plain) == len(parts) else {"anyOf": parts}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _type(args[1], known)}
    if origin is Sequence or (origin is tuple and args[-1] is Ellipsis):
        return {"type": "array", "items": _type(args[0], known)}
    if origin is tuple:
        items = [_type(arg, known) for arg in args]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    raise TypeError(f"no JSON for {hint!r}")
