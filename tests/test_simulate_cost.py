"""What a scenario may cost: numbers in a file, however large, lead to a message and not to hours or gigabytes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.simulate import parse, simulate
from seqcheck.simulate.draw import Draw
from seqcheck.simulate.places import Where, spread
from seqcheck.simulate.scenario import MAX_FRAMES
from seqcheck.simulate.sender import Plan, plan
from seqcheck.simulate.truth import arrivals, stream_rows


def fault(kind: str, times: int = 1, **fields: object) -> str:
    rows = [f"[[fault]]\nkind = '{kind}'", *(f"{name} = {value}" for name, value in fields.items())]
    return "\n".join([*rows, ""]) * times


RING = "[ring]\nframes = {}\n".format
TOO_MUCH = {
    "faults": (RING(MAX_FRAMES) + fault("loss", 11), "11 faults in 20,000,000 frames"),
    "numbers": (RING(20_000) + "[layout]\nname = 'udp:5 seq=u32be@0 each=8'\nrecords = 1024", "20,480,000 numbers"),
    "sizes": (f"[traffic]\nsizes = {[60 + n for n in range(1025)]}", "sizes: 1,025 entries"),
    "tags": (f"[layout]\nvlan = {[1] * 3_000}", "vlan: 3,000 entries"),
    "time": (RING(10_000_000) + "slot_ns = 1_000_000_000_000", "1970 or after 2106"),
    "pauses": (f"[ring]\npauses = {[[3, 10**15]] * 5_000}", "the pauses: .* 1970 or after 2106"),
    "a pause of centuries": ("[ring]\npauses = [[3, 4_000_000_000_000_000_000]]", "out of range"),
    "a pause backwards": ("[ring]\npauses = [[3, -1]]", "out of range"),
    "a restart backwards": ("[traffic]\nrestarts = [[3, -1]]", "out of range"),
    "copies before 1970": (
        RING(200) + "[capture]\nbegin_ns = 0\n" + fault("path-copy", jitter_ns=10**15),
        "path-copy: .* 1970 or after 2106",
    ),
    "delays": (RING(200) + fault("delay", 3_000, delay_ns=10**15), "delay: .* 1970 or after 2106"),
    "a clock": (RING(200) + fault("point", drift_ppb=1 << 60), "drift_ppb: .* out of range"),
    "a short frame": ("[layout]\nname = 'moldudp64:26400'", "frames of 60 bytes are too short"),
}


TOO_MANY = {
    "copies of copies": fault("path-copy", 24),
    "answers to answers": fault("retransmission", 24, rate=1.0),
    "loops": fault("loop", share=1.0, times=255),
    "scatter": fault("scatter", 200, count=900, within=1),
    "points": "".join(fault("point", name=f"'{n}'") for n in range(200)),
}


@pytest.mark.parametrize("name", TOO_MANY)
def test_too_many_frames_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqcheck.simulate.traffic.MAX_FRAMES", 60_000)
    with pytest.raises(UsageError, match=r"more than 60,000 frames, .* what points see"):
        simulate(parse(RING(1_000) + TOO_MANY[name]))


@pytest.mark.parametrize("name", TOO_MUCH)
def test_too_much_is_refused(name: str) -> None:
    text, message = TOO_MUCH[name]
    with pytest.raises(UsageError, match=message):
        simulate(parse(text))


def test_a_frame_shorter_than_its_headers_grows() -> None:
    made = simulate(parse(RING(50) + "[layout]\nname = 'udp:5 seq=u16be@0 each=20'\nip = 6"))
    assert set(made.traffic.sent["length"].tolist()) == {14 + 40 + 8 + 20}


def test_times_up_to_the_last_second_are_written() -> None:
    made = simulate(parse(f"{RING(100)}[capture]\nbegin_ns = {4 * 10**18}\n{fault('delay', 290, delay_ns=10**15)}"))
    assert int(made.ns.max()) == 4 * 10**18 + 290 * 10**15 + 99 * 10_000


def plain(used: NDArray[np.bool_], places: list[int], needs: NDArray[np.int64]) -> list[int]:
    """The same as `spread`, one advance at a time."""
    kept = []
    for place in places:
        mine = [by + place for by in (needs if needs.ndim == 1 else needs[:, place]).tolist()]
        mine = [each for each in mine if 0 <= each < len(used)]
        if not used[mine].any():
            used[mine] = True
            kept.append(place)
    return kept


def blank_plan(frames: int, size: int = 16) -> Plan:
    return plan(parse(f"[ring]\nframes = {frames}\nsize = {size}"))


@pytest.mark.parametrize("seed", range(40))
def test_no_two_strikes_need_the_same_advance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = int(rng.integers(1, 300))
    if seed % 4 == 3:
        needs = rng.integers(-20, 20, (2, frames))
    else:
        needs = np.unique(rng.integers(-30, 30, int(rng.integers(1, 30))))
        if seed % 4 == 0:
            needs = np.arange(needs[0], needs[-1] + 1)
    can = rng.random(frames) < 0.6
    found = spread(blank_plan(frames), Where(rate=1.0), can, needs, Draw(seed, "test"))
    assert found.tolist() == plain(np.zeros(frames, np.bool_), np.flatnonzero(can).tolist(), needs)


def test_a_strike_at_every_advance_of_a_large_ring() -> None:
    """Looking through what each needs would be 10^11 steps."""
    size, frames = 65_536, 1_000_000
    made = blank_plan(frames, size)
    can = np.arange(frames) >= size
    found = spread(made, Where(rate=1.0), can, np.arange(-size, size), Draw(1, "test"))
    assert found.tolist() == list(range(size, frames, 2 * size))


def test_restarts_cost_as_much_as_one_look_at_the_frames() -> None:
    """Looking through all records for each restart would be 10^10 steps."""
    restarts = [[3 * n, 0] for n in range(1, 12_000)]
    made = simulate(parse(f"{RING(800_000)}[traffic]\nrestarts = {restarts}"))
    found = arrivals(made.traffic, made.kept, made.ns)
    (row,) = stream_rows(found, 0, made.modulus)
    assert (row["restarts"], row["missing"], row["received"]) == (11_999, 0, 800_000)
