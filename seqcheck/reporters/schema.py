"""The JSON Schema (2020-12) of the formats json and jsonl, made from the model itself, so that the two cannot differ.

More keys may be added in a later version, none renamed: `additionalProperties` stays open. Descriptions are the
model's docstrings. Pure.
"""

from __future__ import annotations

import inspect
import types
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from seqcheck import model
from seqcheck.reporters.jsonl import SCHEMA as FINDINGS_SCHEMA

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


SCHEMAS = {"json": report, "jsonl": findings}


def _object(cls: type, known: dict[str, Schema], more: dict[str, Schema]) -> Schema:
    """A dataclass; those it holds go into `known`."""
    hints = get_type_hints(cls)
    members = {field.name: _type(hints[field.name], known) for field in fields(cls)}
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
    if origin is dict:
        return {"type": "object", "additionalProperties": _type(args[1], known)}
    if origin is tuple and args[-1] is Ellipsis:
        return {"type": "array", "items": _type(args[0], known)}
    if origin is tuple:
        items = [_type(arg, known) for arg in args]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    raise TypeError(f"no JSON for {hint!r}")
