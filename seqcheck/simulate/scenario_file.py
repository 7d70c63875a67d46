"""A scenario from TOML: checked field by field, so that a slip says where it is and what may stand there.

Only reads; what the fields mean is in `scenario.py`, `ring_faults.py` and `path_faults.py`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from seqcheck import documents
from seqcheck.errors import InputError, UsageError
from seqcheck.simulate.foreign import FOREIGN
from seqcheck.simulate.path_faults import PATH_FAULTS
from seqcheck.simulate.ring_faults import RING_FAULTS
from seqcheck.simulate.scenario import (
    MAX_FRAMES,
    MAX_RECORDS,
    MAX_RING,
    MAX_SIZE,
    MAX_SIZES,
    MAX_STREAMS,
    MAX_TAGS,
    MAX_WORK,
    Capture,
    Layout,
    Ring,
    Scenario,
    Traffic,
)  # fmt: skip
from seqcheck.spelling import alike

MAX_FILE = 1 << 18
TABLES: dict[str, type[Any]] = {"ring": Ring, "traffic": Traffic, "layout": Layout, "capture": Capture}
KINDS: dict[str, type[Any]] = {name: row[0] for name, row in (RING_FAULTS | PATH_FAULTS).items()}
SHARES = ("host_share", "queue_share", "other_share", "multi_share", "rate", "share", "lost", "jitter")
# table, field: lowest, highest
LIMITS = {
    ("ring", "size"): (2, MAX_RING),
    ("ring", "first_slot"): (0, MAX_RING - 1),
    ("ring", "frames"): (1, MAX_FRAMES),
    ("ring", "slot_ns"): (1, 10**12),
    ("ring", "hold"): (0, MAX_FRAMES),
    ("traffic", "streams"): (1, MAX_STREAMS),
    ("traffic", "sizes"): (60, MAX_SIZE),
    ("traffic", "multi_slots"): (2, 64),
    ("traffic", "repeat"): (1, 1024),
    ("layout", "records"): (1, MAX_RECORDS),
    ("layout", "start"): (0, (1 << 64) - 1),
    ("layout", "modulus"): (2, 1 << 64),
    ("layout", "step"): (0, 1 << 20),
    ("layout", "vlan"): (0, 4095),
    ("ring", "pauses"): (0, 10**15),
    ("traffic", "restarts"): (0, 10**15),
    ("capture", "snap"): (0, 262_144),
    ("capture", "begin_ns"): (0, 4 * 10**18),
}
# The same for fields of faults, by name alone.
FAULT_LIMITS = {
    "count": (0, MAX_FRAMES),
    "run": (1, MAX_RING),
    "laps": (1, 64),
    "burst": (1, MAX_FRAMES),
    "flight": (2, MAX_FRAMES),
    "buffers": (1, MAX_FRAMES),
    "blur": (0, MAX_FRAMES),
    "pending": (1, MAX_RING),
    "lengths": (60, MAX_SIZE),
    "head": (1, MAX_SIZE),
    "size": (2, MAX_RING),
    "times": (1, 255),
    "hops": (0, 255),
    "distance": (1, MAX_FRAMES),
    "within": (1, MAX_FRAMES),
    "vlan": (-1, 4095),
    "offset_ns": (-2 * 10**18, 2 * 10**18),
    "drift_ppb": (-(10**8), 10**8),
    **dict.fromkeys(("pause_ns", "delay_ns", "jitter_ns", "period_ns", "timeout_ns"), (0, 10**15)),
}
CHOICES = {
    ("layout", "ip"): (4, 6),
    ("capture", "format"): ("pcap", "pcapng"),
    ("capture", "resolution"): ("us", "ns"),
}


def load(path: Path) -> Scenario:
    """The scenario in a file. InputError if it cannot be read, UsageError if it is not one."""
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    if len(text) > MAX_FILE:
        raise InputError(f"{path} is larger than {MAX_FILE} bytes, too large for a scenario")
    try:
        return parse(text.decode())
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8 text") from None


def parse(text: str) -> Scenario:
    """The scenario in a text. UsageError says in which table and field it is wrong."""
    try:
        tree = documents.toml(text)
    except documents.DocumentError as error:
        raise UsageError(str(error)) from None
    return build(tree)


def build(tree: dict[str, Any]) -> Scenario:
    """The scenario that a TOML document means."""
    _known("the scenario", tree, ("title", "seed", *TABLES, "fault", "expect"))
    parts = {name: _table(name, made, tree.get(name, {})) for name, made in TABLES.items()}
    faults = tree.get("fault", [])
    if not isinstance(faults, list):
        raise UsageError("fault is a list of tables", hint="write [[fault]]")
    scenario = Scenario(
        title=_value("title", str, tree.get("title", "")),
        seed=_value("seed", int, tree.get("seed", 1)),
        faults=tuple(_fault(f"fault {number}", fault) for number, fault in enumerate(faults, 1)),
        expect=_value("expect", dict, tree.get("expect", {})),
        **parts,
    )
    check(scenario)
    return scenario


def check(scenario: Scenario) -> None:
    """UsageError if a value is out of its range, wherever it came from."""
    for name in TABLES:
        part = getattr(scenario, name)
        for field in dataclasses.fields(part):
            _range(name, field.name, getattr(part, field.name))
    for fault in scenario.faults:
        for field in dataclasses.fields(fault):
            _range("fault", field.name, getattr(fault, field.name))
    if not 0 <= scenario.seed < 1 << 64:
        raise UsageError(f"seed: {scenario.seed} is not from 0 to 2**64 - 1")
    traffic = scenario.traffic
    _cost(scenario)
    if not traffic.sizes or not scenario.ring.slot_ns or not traffic.foreign:
        raise UsageError("sizes, slot_ns and foreign need at least one entry")
    for name in traffic.foreign:
        if name not in FOREIGN:
            raise UsageError(
                f"[traffic] foreign: {name!r} is not a kind of frame", hint=f"there are {', '.join(FOREIGN)}"
            )
    if traffic.shares and (len(traffic.shares) != traffic.streams or min(traffic.shares) <= 0):
        raise UsageError(f"[traffic] shares: {traffic.streams} streams need as many shares above 0")


def _cost(scenario: Scenario) -> None:
    """UsageError if it takes more time or memory than a scenario may."""
    frames, numbers = scenario.ring.frames, scenario.ring.frames * scenario.layout.records
    if numbers > MAX_FRAMES:
        raise UsageError(f"{numbers:,} numbers in {frames:,} frames", hint=f"it may be {MAX_FRAMES:,}")
    if frames * len(scenario.faults) > MAX_WORK:
        raise UsageError(
            f"{len(scenario.faults):,} faults in {frames:,} frames",
            hint=f"frames times faults may be {MAX_WORK:,}: fewer frames, or fewer faults",
        )
    for name, given, most in (
        ("[traffic] sizes", scenario.traffic.sizes, MAX_SIZES),
        ("[layout] vlan", scenario.layout.vlan, MAX_TAGS),
    ):
        if len(given) > most:
            raise UsageError(f"{name}: {len(given):,} entries", hint=f"there may be {most:,}")


def _range(table: str, name: str, value: Any) -> None:
    where = f"[{table}] {name}"
    for one in value if isinstance(value, tuple) else () if value is None else (value,):
        if name in SHARES and not 0 <= one <= 1:
            raise UsageError(f"{where}: {one} is not a share", hint="it may be 0 to 1")
        bounds = FAULT_LIMITS.get(name) if table == "fault" else LIMITS.get((table, name))
        if bounds and not bounds[0] <= (one[-1] if isinstance(one, tuple) else one) <= bounds[1]:  # of pairs, the ns
            low, high = bounds
            raise UsageError(f"{where}: {one} is out of range", hint=f"it may be {low} to {high}")
        if (table, name) in CHOICES and one not in CHOICES[table, name]:
            raise UsageError(f"{where}: {one!r}", hint=f"it may be {' or '.join(map(str, CHOICES[table, name]))}")
        numbers = one if isinstance(one, tuple) else (one,)
        most = 1 << 64 if table == "layout" else 1 << 62
        if any(isinstance(n, int | float) and not -most <= n <= most for n in numbers):
            raise UsageError(f"{where}: {one} is out of range")


def _fault(where: str, tree: Any) -> Any:
    if not isinstance(tree, dict) or "kind" not in tree:
        raise UsageError(f"{where} has no kind", hint=f"there are {', '.join(KINDS)}")
    kind = _value(f"{where}: kind", str, tree["kind"])
    _known(where, (kind,), KINDS)
    return _table(f"{where} ({kind})", KINDS[kind], {name: value for name, value in tree.items() if name != "kind"})


def _table(where: str, made: type[Any], tree: Any) -> Any:
    tree = _value(where, dict, tree)
    hints = get_type_hints(made)
    _known(where, tree, hints)
    return made(**{name: _value(f"{where}: {name}", hints[name], value) for name, value in tree.items()})


def _known(where: str, tree: Any, names: Any) -> None:
    for name in tree:
        if name not in names:
            near = alike(str(name), names)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
            raise UsageError(f"{where}: unknown key {name}", hint=hint)


def _value(where: str, kind: Any, value: Any) -> Any:
    """`value` as a `kind`: int, float, bool, str, dict, X | None, tuple[X, ...] or tuple[X, Y]; a lone value stands for
    a list of one."""
    if isinstance(kind, UnionType):
        kind = get_args(kind)[0]
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        values = value if isinstance(value, list) else [value]
        if inner[-1] is Ellipsis:
            return tuple(_value(where, inner[0], one) for one in values)
        if len(values) != len(inner):
            raise UsageError(f"{where}: {value!r} is not a list of {len(inner)}")
        return tuple(_value(where, what, one) for what, one in zip(inner, values, strict=True))
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise UsageError(f"{where}: {value!r} is not {kind.__name__}")
    return value
