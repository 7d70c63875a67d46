"""The truth as JSON, `seqcheck.truth/1`, one line for each frame that a fault sent. docs/simulate.md has the keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from seqcheck.simulate.run import Simulated
from seqcheck.simulate.traffic import COPY, FRESH, LABELS, LOST, RECORD
from seqcheck.simulate.truth import NONE, Arrivals, arrivals, causes, foreign_copies, sources, stream_ids, stream_rows

SCHEMA = "seqcheck.truth/1"


def truth(made: Simulated) -> dict[str, Any]:
    """The whole truth as a tree; `resends` is a list."""
    found = arrivals(made.traffic, made.kept, made.ns)
    tree = summary(made, found)
    tree["resends"] = list(resends(made, found))
    return tree


def dump(made: Simulated) -> Iterator[str]:
    """The same as lines of text."""
    found = arrivals(made.traffic, made.kept, made.ns)
    head = json.dumps(summary(made, found), indent=1)
    yield head[:-2] + ',\n "resends": ['
    comma = ""
    for row in resends(made, found):
        yield f"{comma}\n  {json.dumps(row)}"
        comma = ","
    yield "\n ]\n}\n"


def summary(made: Simulated, found: Arrivals) -> dict[str, Any]:
    """The counts."""
    scenario, sent = made.scenario, made.traffic.sent
    streams = stream_rows(found, scenario.layout.start, made.modulus)
    given = _given(made)
    return {
        "schema": SCHEMA,
        "title": scenario.title,
        "seed": scenario.seed,
        "layout": scenario.layout.name,
        "ring_size": scenario.ring.size,
        "frames": len(made.kept),
        "records": _frames(found),
        "foreign": _foreign(made, found),
        "lost": int((sent["fate"] == LOST).sum()),
        "dropped": made.dropped,
        "damage": [],
        "duplicates": sum(row["duplicates"] for row in streams),
        "missing": sum(row["missing"] for row in streams),
        "late": sum(row["late"] for row in streams),
        "by_cause": causes(found),
        "by_fault": _by_fault(made, found),
        "foreign_copies": len(foreign_copies(made.traffic, made.kept, made.ns)),
        **({"points": {name: _point(each) for name, each in made.points.items()}} if made.points else {}),
        "streams": [{"id": number, "sent": given.get(row["stream"], 0), **row} for number, row in enumerate(streams)],
    }


def _point(made: Simulated) -> dict[str, int]:
    """What a capture at a point of the way holds."""
    found = arrivals(made.traffic, made.kept, made.ns)
    streams = stream_rows(found, made.scenario.layout.start, made.modulus)
    return {
        "frames": len(made.kept),
        "records": _frames(found),
        "dropped": made.dropped,
        **{name: sum(row[name] for row in streams) for name in ("duplicates", "missing", "late")},
    }


def _frames(found: Arrivals) -> int:
    """How many frames hold records."""
    return len(np.unique(found.frame))


def _foreign(made: Simulated, found: Arrivals) -> int:
    """Frames that are not records, of sources that sent some."""
    source = sources(made.traffic, made.kept)
    return int(np.isin(source, np.unique(found.source)).sum()) - _frames(found)


def _given(made: Simulated) -> dict[int, int]:
    """How many different numbers each stream's counter gave out."""
    content = made.traffic.contents[: len(made.traffic.ring_kind)]
    own = content[(content["kind"] == RECORD) & (made.traffic.ring_kind == 0)]
    ahead = made.traffic.ahead(len(own))
    own = np.repeat(own, made.traffic.records)
    own["x"] += ahead
    order = own[np.lexsort((own["x"], own["epoch"], own["stream"]))]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(order["x"]) != 0) | (np.diff(order["epoch"]) != 0) | (np.diff(order["stream"]) != 0)
    streams, counts = np.unique(order["stream"][fresh], return_counts=True)
    return dict(zip(streams.tolist(), counts.tolist(), strict=True))


def _by_fault(made: Simulated, found: Arrivals) -> dict[str, dict[str, int]]:
    """For each fault: frames it sent, those in the capture, those that are duplicates there."""
    sent = made.traffic.sent["label"]
    there = np.zeros(len(LABELS), np.int64)
    np.add.at(there, sent[made.kept], 1)
    again = np.bincount(found.label[found.again], minlength=len(LABELS))
    all_sent = np.bincount(sent, minlength=len(LABELS))
    return {
        LABELS[label][0]: {"sent": int(all_sent[label]), "captured": int(there[label]), "duplicates": int(again[label])}
        for label in np.flatnonzero(all_sent).tolist()
        if label != FRESH
    }


def resends(made: Simulated, found: Arrivals) -> Iterator[dict[str, Any]]:
    """One row for each duplicate, and for each record or foreign frame that a fault sent though it is none in the
    capture. Those of foreign frames that are copies there say of what."""
    traffic = made.traffic
    content = traffic.contents["kind"][traffic.sent["content"]]
    label = traffic.sent["label"]
    again = np.zeros(len(traffic.sent), np.bool_)
    again[found.row[found.again]] = True
    wanted = again | ((label != FRESH) & ((content == RECORD) | (label < COPY)))
    index = np.full(len(traffic.sent), NONE, np.int64)  # of the row's first record
    index[found.row[:: traffic.records]] = np.arange(0, len(found.row), traffic.records)
    number = np.full(len(traffic.sent), 0, np.int64)
    number[made.kept] = np.arange(1, len(made.kept) + 1)
    lag = found.lag()
    ids = stream_ids(found)
    copies = foreign_copies(traffic, made.kept, made.ns)
    for row in np.flatnonzero(wanted).tolist():
        sent = traffic.sent[row]
        body = traffic.contents[int(sent["content"])]
        record = int(body["kind"]) == RECORD
        for place, seq in enumerate(traffic.numbers(body["seq"][None]).tolist() if record else [None]):
            at = int(index[row]) + place if index[row] != NONE else NONE
            twice = at != NONE and bool(found.again[at])
            if not twice and sent["label"] == FRESH:
                continue
            shown: dict[str, Any] = {
                "fault": LABELS[int(found.label[at]) if twice else int(sent["label"])][0],
                "stream": ids.get(int(body["stream"])) if record else None,
                "seq": seq,
                "slot": int(sent["slot"]) if sent["slot"] >= 0 else None,
                "laps": int(sent["laps"]),
                "frame": int(number[row]) or None,
            }
            shown |= _copy(found, at, int(lag[at])) if twice else {"duplicate": False}
            if row in copies:
                shown |= {"foreign": made.scenario.traffic.foreign[int(body["kind"]) - 1], **copies[row]}
            yield shown


def _copy(found: Arrivals, at: int, lag: int) -> dict[str, Any]:
    earlier = int(found.earlier[at])
    one_source = found.source[at] == found.source[earlier]
    return {
        "duplicate": True,
        "cause": LABELS[int(found.label[at])][1],
        "earlier_frame": int(found.frame[earlier]),
        "distance": int(found.distance[at]),
        "frame_distance": int(found.ordinal[at] - found.ordinal[earlier]) if one_source else None,
        "lag": lag,
        "time_lag_ns": int(found.ns[at] - found.ns[earlier]),
    }
