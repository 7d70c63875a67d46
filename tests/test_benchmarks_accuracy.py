"""The accuracy benchmark: what the generator says of a capture is in its bytes, and the arithmetic is right.

The bytes are read here by a naive reader of pcap, IP and specs, which shares nothing with the generator or seqcheck.
"""

from __future__ import annotations

import json
import os
import re
import resource
import struct
from pathlib import Path
from typing import Any

import pytest

from benchmarks.accuracy import case as making
from benchmarks.accuracy import cases, diagram, figures, page, plan, ring, run, search, spaces, tell, wire
from benchmarks.accuracy import truth as truths
from benchmarks.accuracy.judge import Judged, Said
from benchmarks.accuracy.kinds import KINDS


def frames(data: bytes) -> list[tuple[int, bytes, int]]:
    """(ns, what was captured, length on the wire) of each frame of a little-endian pcap."""
    magic = struct.unpack_from("<I", data)[0]
    unit = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}[magic]
    found, at = [], 24
    while at < len(data):
        seconds, rest, kept, length = struct.unpack_from("<IIII", data, at)
        found.append((seconds * 10**9 + rest * unit, data[at + 16 : at + 16 + kept], length))
        at += 16 + kept
    assert at == len(data)
    return found


class Reader:
    """Reads what a spec says out of one frame."""

    def __init__(self, spec: str, data: bytes) -> None:
        self.link = {1: 12, 113: 14}[struct.unpack_from("<I", data, 20)[0]]  # where the first ethertype stands
        anchor, *words = spec.split()
        self.anchor, _, selector = anchor.partition(":")
        self.selector = int(selector, 0) if selector else None
        self.fields: list[tuple[str, int, str, int, int, str]] = []
        self.modulus = 0
        for word in words:
            match = re.fullmatch(
                r"(\w+)=u(\d+)(be|le)?@(-?\d+)(?:&(0x[0-9a-f]+))?(?:%(\d+))?(?:==(0x[0-9a-f]+))?(?::ns)?", word
            )
            assert match, word
            name, bits, order, at, mask, modulus, equal = match.groups()
            mask = int(mask, 0) if mask else (1 << int(bits)) - 1
            self.fields.append((name, int(bits) // 8, order or "be", int(at), mask, equal))
            if name == "seq":
                shifted = mask >> ((mask & -mask).bit_length() - 1)
                self.modulus = int(modulus) if modulus else shifted + 1

    def payload(self, frame: bytes, length: int) -> tuple[tuple[Any, ...], bytes, int] | None:
        """(who with whom, captured payload, its length on the wire), or None if the anchor is not there."""
        if self.anchor == "frame":
            return (frame[:12],), frame, length
        at = self.link
        while frame[at : at + 2] == b"\x81\x00":
            at += 4
        ethertype = int.from_bytes(frame[at : at + 2], "big")
        at += 2
        if self.anchor == "eth":
            return ((frame[:12],), frame[at:], length - at) if ethertype == self.selector else None
        if ethertype == 0x0800:
            header, total, protocol = 20, int.from_bytes(frame[at + 2 : at + 4], "big"), frame[at + 9]
            addresses = frame[at + 12 : at + 20]
        elif ethertype == 0x86DD:
            header, total, protocol = 40, 40 + int.from_bytes(frame[at + 4 : at + 6], "big"), frame[at + 6]
            addresses = frame[at + 8 : at + 40]
        else:
            return None
        body = frame[at + header : at + total]
        if self.anchor == "ip":
            return ((addresses, protocol), body, total - header) if protocol == self.selector else None
        if protocol != 17:
            return None
        ports = struct.unpack_from(">HH", body)
        if self.selector not in ports:
            return None
        return (addresses, ports), body[8:], int.from_bytes(body[4:6], "big") - 8

    def read(self, frame: bytes, length: int) -> tuple[tuple[Any, ...], int] | None:
        """(stream, number), or None if it is no record."""
        found = self.payload(frame, length)
        if found is None:
            return None
        key, payload, whole = found
        number = -1
        for name, size, order, at, mask, equal in self.fields:
            begin = at if at >= 0 else whole + at
            word = payload[begin : begin + size]
            if name in ("time", "slot"):
                continue
            if begin < 0 or len(word) < size:
                return None
            value = int.from_bytes(word, "big" if order == "be" else "little") & mask
            if name == "magic" and value != int(equal, 0):
                return None
            if name == "stream":
                key += (value,)
            if name == "seq":
                number = value >> ((mask & -mask).bit_length() - 1)
                if number >= self.modulus:
                    return None
        return key, number


def counted(data: bytes, spec: str) -> tuple[int, int]:
    """Duplicates and missing numbers by sets; a number is the one nearest to the highest so far."""
    reader = Reader(spec, data)
    streams: dict[tuple[Any, ...], list[int]] = {}
    highest: dict[tuple[Any, ...], int] = {}
    for _, frame, length in frames(data):
        record = reader.read(frame, length)
        if record is None:
            continue
        key, value = record
        top, half = highest.get(key, value), reader.modulus // 2
        value = top + (value - top + half) % reader.modulus - half
        highest[key] = max(top, value)
        streams.setdefault(key, []).append(value)
    duplicates = sum(len(came) - len(set(came)) for came in streams.values())
    missing = sum(max(came) - came[0] + 1 - len({one for one in came if one >= came[0]}) for came in streams.values())
    return duplicates, missing


@pytest.mark.parametrize("kind", cases.KINDS)
def test_the_truth_is_what_stands_in_the_bytes(kind: str) -> None:
    for seed in range(3):
        params = cases.parameters(kind, seed) | {
            "slots": 3000,
            "laps": 2.6,
            "ring": 300,
            "heavy_loss": 1.0,
            "stamps": "true",
        }
        data, truth = cases.build(kind, params, seed=seed)
        assert len(frames(data)) == truth.frames
        times = [ns for ns, _, _ in frames(data)]
        if not params.get("same_times"):
            assert times == sorted(times)
        if truth.duplicates is not None and truth.missing is not None:
            assert counted(data, truth.layout) == (truth.duplicates, truth.missing), (kind, seed)


@pytest.mark.parametrize("kind", cases.KINDS)
def test_a_seed_makes_the_same_bytes_again_and_the_final_ones_others(kind: str) -> None:
    small = {"slots": 2500, "laps": 2.5, "ring": 200}
    first, truth = cases.build(kind, cases.parameters(kind, 5) | small)
    again, same = cases.build(kind, cases.parameters(kind, 5) | small)
    assert first == again
    assert truth == same
    assert cases.parameters(kind, 5) != cases.parameters(kind, 5, final=True)


def test_make_writes_the_file_that_build_returns(tmp_path: Path) -> None:
    path, truth = cases.make("stale slot", 3, path=tmp_path / "one.pcap")
    assert path.read_bytes() == cases.build("stale slot", cases.parameters("stale slot", 3), seed=3)[0]
    assert truth.seed == 3


def test_a_stale_slot_lies_one_lap_behind_in_frames_of_the_source() -> None:
    params = cases.parameters("stale slot", 1) | {
        "ring": 64, "slots": 4000, "laps": 3, "host": 0.1, "want": 30, "loss": 0.0, "late": 0.0, "aliens": 0.0,
        "queues": 0.0, "queue_streams": 0, "wide": 0.0, "begins": 0.0, "link": "ethernet",
        "filter": False, "when": "any", "host_run": 1,
    }  # fmt: skip
    data, truth = cases.build("stale slot", params)
    reader, last, apart = Reader(truth.layout, data), {}, []
    for place, (_, frame, length) in enumerate(frames(data)):
        record = reader.read(frame, length)
        if record in last:
            apart.append(place - last[record])
        if record:
            last[record] = place
    assert truth.size_known
    assert truth.visible == truth.duplicates == len(apart) == 30
    assert set(apart) == {64}


def test_the_checksum_of_each_ip_header_is_right() -> None:
    params = cases.parameters("copy with another header", 2) | {"what": "hop", "slots": 2500, "link": "ethernet"}
    data, _ = cases.build("copy with another header", params)
    seen = 0
    for _, frame, _ in frames(data):
        at = 12
        while frame[at : at + 2] == b"\x81\x00":
            at += 4
        if frame[at : at + 2] == b"\x08\x00":
            total = sum(struct.unpack_from(">10H", frame, at + 2))
            while total >> 16:
                total = (total & 0xFFFF) + (total >> 16)
            assert total == 0xFFFF
            seen += 1
    if not seen:
        pytest.fail("no IPv4 frame was drawn")


def test_a_plan_has_every_kind_and_no_case_twice() -> None:
    work = plan.plan(list(KINDS), count=500, first=40, final=True)
    assert len(set(work)) == len(work)
    assert {kind for kind, _, _ in work} == set(KINDS)
    assert all(seed >= 40 and final for _, seed, final in work)


def test_rank_counts_each_stream_on_its_own() -> None:
    import numpy as np

    assert ring.rank(np.array([3, 1, 3, 3, 1])).tolist() == [0, 0, 1, 2, 1]


def judged(**changes: Any) -> Judged:
    """A ring's fault, named rightly; `changes` to what was said or is true."""
    said: dict[str, Any] = {
        "cause": "stale-slot",
        "strength": "strong",
        "ring_size": 512,
        "duplicates": 9,
        "missing": 2,
    }
    truth: dict[str, Any] = {
        "right": ["stale-slot"], "ring": 512, "ring_fault": True, "duplicates": 9, "missing": 2, "visible": 9,
        "whole": True, "given": None, "size_known": True, "loss": 0.0, "mixture": [], "frames": 100,
    }  # fmt: skip
    for name, value in changes.items():
        (said if name in Said.__dataclass_fields__ and not name.startswith("true_") else truth)[
            name.removeprefix("true_")
        ] = value
    return Judged(kind="stale slot", seed=1, said=Said(**said), truth=truth)


def test_judgement() -> None:
    assert judged().right
    assert judged().named
    assert not judged(ring_size=511).right
    assert judged(ring_size=None).right
    assert not judged(ring_size=None).named
    assert not judged(strength="weak").named
    assert not judged(cause="path-copy").right
    assert not judged(missing=3).counts_right
    assert judged(missing=3, true_missing=None).counts_right
    assert judged(ring_size=None, bracket=(500, 600)).within
    assert not judged(ring_size=None, bracket=(513, None)).within
    assert not judged(ring_size=None).within
    assert judged(trouble="MemoryError").crashed


def test_a_weakly_right_cause_is_right_only_weakly() -> None:
    innocent = {"right": ["path-copy", "stale-slot/weak"], "ring_fault": False, "ring": None}
    assert judged(strength="weak", ring_size=None, **innocent).right
    strong = judged(strength="moderate", ring_size=None, **innocent)
    assert not strong.right
    assert strong.accused
    assert not judged(strength="weak", ring_size=None, **innocent).accused


def test_wilson_is_the_interval_of_the_textbook() -> None:
    low, high = figures.wilson(9, 10)
    assert (round(low, 4), round(high, 4)) == (0.5958, 0.9821)
    assert figures.wilson(0, 0) == (0.0, 1.0)
    low, high = figures.wilson(1000, 1000)
    assert high == 1.0
    assert 0.996 < low < 0.997


def test_the_figures_count_what_they_say() -> None:
    innocent = {"right": ["clean"], "ring_fault": False, "ring": None, "visible": 0, "size_known": False}
    some = [judged(), judged(ring_size=511), judged(cause="ring-replay", strength="moderate", **innocent)]
    counts = {figure.title: figure.count(some) for figure in figures.FIGURES}
    assert counts["innocent captures not accused of a ring (above weak)"] == (0, 1)
    assert counts['"strong" right, size included'] == (1, 2)
    assert counts['"moderate" right, size included'] == (0, 1)
    assert counts["duplicates and missing numbers exact"] == (3, 3)
    assert figures.reached(figures.FIGURES[0], 999, 1000)
    assert not figures.reached(figures.FIGURES[0], 998, 1000)
    assert [tell.wrong(one) for one in some] == [[], ["SIZE"], ["ACCUSED"]]


def test_the_page_keeps_what_stands_outside_its_marks() -> None:
    old = f"before {page.BEGIN}\nold\n{page.END} after"
    assert page.between(old, "new") == f"before {page.BEGIN}\nnew\n{page.END} after"
    with pytest.raises(ValueError, match="measured"):
        page.between("no marks", "new")
    text = page.measured([judged(), judged(strength="weak")], final=True)
    assert "2 cases of 1 kinds, the final seeds" in text
    assert "| strong | 0.999 | 1 | 1 |" in text


def test_the_diagram_is_drawn_between_its_edges() -> None:
    drawn = diagram.svg([judged(), judged(ring_size=5), judged(strength="moderate")])
    heights = [float(one) for one in re.findall(r'cy="([0-9.]+)" r="4.5"', drawn)]
    assert len(heights) == 3 + 4  # the legend; all and ring's, twice
    assert all(0 < one < diagram.HEIGHT for one in heights)


def test_what_is_searched_for_scores_most() -> None:
    ring_ = {"cause": "stale-slot", "of": 10}
    order = [
        Said(cause="path-copy", strength="strong"),
        Said(cause="path-copy", strength="strong", also=("stale-slot",)),
        Said(strength="weak", explained=9, **ring_),
        Said(strength="moderate", explained=5, **ring_),
        Said(strength="moderate", explained=9, **ring_),
        Said(strength="strong", explained=1, **ring_),
    ]
    scores = [search.score(one) for one in order]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)


def test_a_step_of_the_search_stays_within_its_spaces() -> None:
    import numpy as np

    rng = np.random.default_rng(1)
    for kind in KINDS.values():
        inside = cases.spaces_of(kind)
        params = spaces.draw(inside, rng)
        for _ in range(30):
            params = spaces.near(inside, params, rng)
        assert params.keys() == inside.keys()
        assert 24 <= params["ring"] <= 16_384
        assert 0 <= params["loss"] <= 1


def test_results_are_kept_and_not_made_again(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    work = [("healthy", 1, False)]
    (one,) = run.run(work, file, 1)
    assert one["said"]["cause"] == "clean", one["said"]
    kept = json.loads(file.read_text(encoding="utf-8"))
    kept["said"]["cause"] = "read from the file"
    file.write_text(json.dumps(kept) + "\n" + '{"cut sho', encoding="utf-8")
    (again,) = run.run(work, file, 1)
    assert again["said"]["cause"] == "read from the file"


def fatal(work: run.Work) -> run.Result:
    """The process ends with the third case, as it does where memory is out or a kernel fails."""
    if work[1] == 3:
        os._exit(1)
    return {"kind": work[0], "seed": work[1], "final": False, "truth": None, "said": {"trouble": ""}}


def test_a_case_that_ends_its_process_costs_no_other(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    work = [("healthy", seed, False) for seed in range(6)]
    results = list(run.run(work, file, 2, fatal))
    assert [one["seed"] for one in results] == list(range(6))
    assert [one["said"]["trouble"] for one in results] == ["", "", "", "the process ended", "", ""]
    assert len(file.read_text(encoding="utf-8").splitlines()) == 6


def test_causes_that_are_right_have_names() -> None:
    known = {*making.RING, *making.INNOCENT, "clean", "no-counter"}
    for kind in KINDS:
        _, truth = cases.build(kind, cases.parameters(kind, 1) | {"slots": 2500, "laps": 2.5, "ring": 100})
        assert {one.removesuffix("/weak") for one in truth.right} <= known, kind
        assert truth.right


@pytest.mark.parametrize("kind", [name for name, one in KINDS.items() if not one.innocent and " and " not in name])
def test_what_a_ring_sends_again_lies_whole_laps_behind(kind: str) -> None:
    """In frames of the source: the ring's, if each takes one slot and none leaves by another queue."""
    if kind == "early by a packet":
        pytest.skip("a buffer's fault, not a lap's")
    plain = {
        "ring": 96, "slots": 4000, "laps": 4.0, "host": 0.1, "loss": 0.0, "late": 0.0, "aliens": 0.0, "queues": 0.0,
        "queue_streams": 0, "wide": 0.0, "begins": 0.0, "link": "ethernet", "filter": False,
    }  # fmt: skip
    resends = 0
    for seed in range(6):
        data, truth = cases.build(kind, cases.parameters(kind, seed) | plain)
        reader, last = Reader(truth.layout, data), {}
        for place, (_, frame, length) in enumerate(frames(data)):
            record = reader.read(frame, length)
            if record in last and place - last[record] <= 300:  # further apart it is the counter that went round
                assert (place - last[record]) % 96 == 0
                resends += 1
            if record:
                last[record] = place
    assert resends > 20


def wire_of(numbers: list[int], **columns: Any) -> Any:
    """One stream's numbers, a microsecond apart."""
    return wire.Wire(len(numbers), t=range(0, 1000 * len(numbers), 1000), what=wire.RECORD, seq=numbers, **columns)


ARGUABLE = {
    "from the first number on, and on": ([*range(100), *range(2, 150)], True),
    "from the first number on, and back to where it stood": (
        [*range(100), *range(2, 60), *range(100, 150)],
        False,
    ),
    "from the middle, and on": ([*range(100), *range(50, 150)], False),
    "to the capture's end, from the first number on": ([*range(100), *range(2, 60)], True),
    "a forward spike": ([*range(50), 90, *range(51, 90), *range(90, 150)], False),
    "in the place of as many": ([*range(100), *range(20, 60), *range(140, 200)], True),
    "single ones": ([*range(100), 30, *range(100, 120), 2, *range(120, 150)], False),
}


@pytest.mark.parametrize("name", ARGUABLE)
def test_which_counts_are_arguable(name: str) -> None:
    numbers, expected = ARGUABLE[name]
    assert truths.arguable(wire_of(numbers), 5000, 1 << 32) == expected


def test_a_block_that_begins_at_zero_is_arguable_wherever_the_capture_began() -> None:
    numbers = [*range(100), *range(50, 150)]
    assert truths.arguable(wire_of(numbers), (1 << 16) - 50, 1 << 16)
    assert not truths.arguable(wire_of(numbers), (1 << 16) - 50, 1 << 20)


def test_numbers_from_before_the_capture_are_arguable_in_a_row_only() -> None:
    assert truths.from_before(wire_of([50, 51, 20, 21, 52]))
    assert not truths.from_before(wire_of([50, 51, 20, 52, 21, 53]))


def test_resends_that_follow_one_another_are_a_replay_too() -> None:
    again = [False] * 30 + [True] * 10 + [False] * 10
    assert truths.in_runs(wire_of([*range(30), *range(10), *range(30, 40)], resend=again))
    lone = [index % 10 == 9 for index in range(50)]
    assert not truths.in_runs(wire_of(list(range(50)), resend=lone))


def test_a_size_is_known_if_nothing_foreign_was_lost_and_not_if_much_was() -> None:
    import numpy as np

    params = {
        "ring": 40, "host": 0.2, "filter": False, "queues": 0.0, "wide": 0.0, "queue_streams": 0,
    }  # fmt: skip
    numbers = [*range(40), 0, *range(40, 79), 40, *range(79, 100)]
    resend = [index in (40, 80) for index in range(len(numbers))]
    sent = wire_of(numbers, resend=resend)
    kept = np.zeros(len(numbers), np.bool_)
    assert truths.size_is_known(params, sent, kept)
    assert not truths.size_is_known(params | {"filter": True}, sent, kept)
    assert not truths.size_is_known(params | {"queues": 0.1}, sent, kept)
    assert not truths.size_is_known(params | {"ring": 50}, sent, kept)  # nothing lies a lap of that behind
    rng = np.random.default_rng(1)
    hosts = np.flatnonzero(rng.random(len(numbers)) < 0.4)
    hosts = hosts[~np.isin(hosts, (0, 40, 41, 80))]
    sent.what[hosts] = wire.HOST
    kept[hosts[::2]] = True
    assert not truths.size_is_known(params, sent, kept)


def test_foreign_frames_that_the_ring_sent_again_stand_in_the_bytes_twice() -> None:
    """One lap apart or several, byte for byte."""
    some = 0
    for seed in range(30):
        params = cases.parameters("stale slot, any", seed) | {
            "ring": 64,
            "laps": 0.0,
            "host": 0.3,
            "wide": 0.0,
            "queues": 0.0,
            "queue_streams": 0,
            "loss": 0.0,
            "late": 0.0,
            "aliens": 0.0,
            "filter": False,
        }
        data, truth = cases.build("stale slot, any", params, seed=seed)
        seen: dict[bytes, int] = {}
        for number, (_, frame, _) in enumerate(frames(data), 1):
            if number in truth.others:
                some += 1
                assert (number - seen[frame]) % 64 == 0
            seen[frame] = number
    assert some > 50


def test_what_is_said_of_foreign_frames_is_held_against_the_truth() -> None:
    before = resource.getrlimit(resource.RLIMIT_CPU)
    found = run.one(("stale slot, any", 5, False), "both")
    assert resource.getrlimit(resource.RLIMIT_CPU) == before
    said, true = Said(**found["said"]), found["truth"]
    assert said.foreign_seen
    assert said.joined - said.joined_wrongly <= len(true["others"])
    alone = run.one(("stale slot, any", 5, False))
    same = ("cause", "strength", "ring_size", "explained", "of", "duplicates", "missing")
    assert [alone["said"][name] for name in same] == [found["said"][name] for name in same]
    assert not alone["said"]["foreign_seen"]


def test_by_content_alone_no_number_is_counted() -> None:
    truth = run.one(("healthy", 1, False), "content")["truth"]
    assert (truth["duplicates"], truth["missing"]) == (None, None)
    assert "clean" in truth["right"]


def test_figures_of_foreign_frames() -> None:
    count = {figure.title[:24]: figure for figure in figures.FIGURES}
    joined = judged(foreign_seen=True, joined=4, joined_of=5)
    wrong = judged(foreign_seen=True, joined=4, joined_of=9, joined_wrongly=1)
    assert count["foreign copies said to b"].count([joined, wrong, judged()]) == (1, 2)
    assert count["a ring's fault that was "].count([joined, wrong, judged()]) == (1, 2)
    innocent = {"right": ["path-copy"], "ring_fault": False, "ring": None, "foreign_seen": True}
    accused = judged(foreign_causes=("stale-slot",), **innocent)
    assert count["innocent captures of who"].count([judged(**innocent), accused, judged()]) == (1, 2)
    assert tell.wrong(wrong)[0] == "JOINED"
