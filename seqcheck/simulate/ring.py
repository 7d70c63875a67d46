"""The ring, slot by slot: what each slot held when its turn came, and so what really went out.

N slots keep their content lap after lap. An advance that does not write its slot sends what the slot was given one lap
before, or two, or since the last restart: the latest write at or before t in column t % N. Nothing else is assumed of
a stale slot; its distances follow from this and are never put in by hand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.simulate.draw import Draw
from seqcheck.simulate.scenario import Scenario
from seqcheck.simulate.sender import EXTRA, HOST, OWN, Numbers, Plan, number, times
from seqcheck.simulate.traffic import (
    BUFFER,
    CONTENT,
    EARLY,
    FRESH,
    RECORD,
    REPEAT,
    Traffic,
    blank,
    merge,
    room,
)

NOWHERE = -1
OTHER_HOSTS = 8


def contents_of(made: Plan) -> NDArray[np.int64]:
    """int64[T]: the advance whose write each slot holds when it goes out, NOWHERE if there is none."""
    frames, size = len(made.kind), made.ring_size
    laps = -(-frames // size)
    writes = np.full(laps * size, NOWHERE, np.int64)
    writes[:frames] = np.where(made.written, np.arange(frames), NOWHERE)
    grid = writes.reshape(laps, size)
    np.maximum.accumulate(grid, axis=0, out=grid)
    held = writes[:frames]
    begins = np.searchsorted(made.epoch, made.epoch, side="left")  # a restart empties the ring
    held[held < begins] = NOWHERE
    return held


def turn(made: Plan, scenario: Scenario, foreign_sizes: NDArray[np.int64]) -> Traffic:
    """Send the plan through the ring. `foreign_sizes` are the bytes of each kind of foreign frame in use."""
    numbers = number(made, scenario)
    when = times(made, scenario)
    contents = _contents(made, numbers, when, scenario)
    _fill_foreign(contents, np.flatnonzero(made.kind == HOST), foreign_sizes, Draw(scenario.seed, "kinds"))
    shown = contents_of(made)
    looks = np.flatnonzero(made.look)
    shown[looks] = looks + made.look[looks]
    goes = (made.kind != EXTRA) & (shown != NOWHERE) & ~made.gone
    goes[goes] &= made.kind[shown[goes]] != EXTRA
    advance = np.flatnonzero(goes)
    sent = blank(len(advance))
    sent["advance"] = advance
    sent["slot"] = (advance + made.first_slot) % made.ring_size
    sent["content"] = numbers.body[shown[advance]]
    back = advance - shown[advance]
    sent["laps"] = np.where(back % made.ring_size == 0, back // made.ring_size, 0)
    label = made.label[advance]
    sent["label"] = np.where((numbers.body[advance] != advance) & (label == FRESH), REPEAT, label)
    sent["early"] = np.isin(sent["label"], (EARLY, BUFFER))
    sent["ns"] = when[advance]
    length = made.length[advance]
    sent["length"] = np.where(length, length, contents["size"][sent["content"]])
    cut = made.cut[advance]
    sent["cut"] = cut
    sent["tail"] = np.where(cut > 0, advance, -1)
    traffic = Traffic(
        contents=contents, sent=sent, ring_size=made.ring_size, ring_kind=made.kind, records=scenario.layout.records,
        step=scenario.layout.step,
    )  # fmt: skip
    _beside(traffic, when, scenario, foreign_sizes)
    return traffic


def _contents(made: Plan, numbers: Numbers, when: NDArray[np.int64], scenario: Scenario) -> NDArray[np.void]:
    """CONTENT[T]: what each advance writes, foreign frames still without kind and size."""
    frames = len(made.kind)
    rows = np.zeros(frames, CONTENT)
    own = made.kind == OWN
    rows["stream"], rows["epoch"], rows["x"] = numbers.stream, made.epoch, numbers.x
    rows["slot"] = (np.arange(frames) + made.first_slot) % made.ring_size
    rows["ns"] = when
    sizes = np.array(scenario.traffic.sizes)
    rows["size"] = sizes[Draw(scenario.seed, "sizes").integers(0, len(sizes), frames)] if len(sizes) > 1 else sizes[0]
    if scenario.layout.ident:
        rows["ident"] = np.cumsum(made.written & (own | (made.kind == HOST))) & 0xFFFF
    else:
        rows["ident"][~own] = np.cumsum(~own)[~own] & 0xFFFF
    return rows


def _fill_foreign(contents: NDArray[np.void], rows: NDArray[np.int64], sizes: NDArray[np.int64], draw: Draw) -> None:
    kind = draw.integers(0, len(sizes), len(rows))
    contents["kind"][rows] = kind + 1
    contents["size"][rows] = sizes[kind]
    contents["stream"][rows] = -1


def _beside(traffic: Traffic, when: NDArray[np.int64], scenario: Scenario, sizes: NDArray[np.int64]) -> None:
    """Frames that come past this ring: by the host's other queues, and from other hosts."""
    for share, purpose in ((scenario.traffic.queue_share, "queues"), (scenario.traffic.other_share, "others")):
        draw = Draw(scenario.seed, purpose)
        place = np.flatnonzero(draw.hits(share, len(when)))
        if not len(place):
            continue
        until = np.append(when[1:], when[-1:])[place]
        more = np.zeros(len(place), CONTENT)
        more["slot"] = -1
        more["ident"] = draw.integers(0, 1 << 16, len(place))
        if purpose == "others":
            more["source"] = draw.integers(1, OTHER_HOSTS + 1, len(place))
        more["ns"] = when[place] + np.floor(draw.uniform(len(place)) * (until - when[place])).astype(np.int64)
        _fill_foreign(more, np.arange(len(place)), sizes, draw)
        append(traffic, more, FRESH)


def append(traffic: Traffic, contents: NDArray[np.void], label: int) -> None:
    """New contents that go out once each, at their own time."""
    room(traffic, len(contents))
    sent = blank(len(contents))
    sent["content"] = len(traffic.contents) + np.arange(len(contents))
    sent["length"] = contents["size"]
    sent["ns"] = contents["ns"]
    sent["label"] = label
    traffic.contents = np.concatenate([traffic.contents, contents])
    traffic.sent = merge(traffic.sent, sent)


def records(traffic: Traffic) -> NDArray[np.bool_]:
    """bool[len(sent)]: the frame carries the header."""
    out: NDArray[np.bool_] = traffic.contents["kind"][traffic.sent["content"]] == RECORD
    return out
