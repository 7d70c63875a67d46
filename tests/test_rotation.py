"""--state: a run that continues another one reports what a single run over all of it reports, byte for byte."""

from __future__ import annotations

import json
import random
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from io import FileIO
from itertools import pairwise
from pathlib import Path

import killing
import kinds
import numpy as np
import pytest
import rings
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck import kernel
from seqcheck.engine.rotation import Rotation
from seqcheck.engine.session import Query, examine
from seqcheck.engine.state_file import FORMAT, HEAD, MAGIC
from seqcheck.errors import InputError, UsageError

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
LAYOUT = kinds.LAYOUT


def records(data: bytes) -> list[int]:
    """Where each record of a classic pcap begins, and the end."""
    order = ">" if data[:4] in (b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d") else "<"
    places = [24]
    while places[-1] + 16 <= len(data):
        places.append(places[-1] + 16 + struct.unpack_from(f"{order}I", data, places[-1] + 8)[0])
    return places


def cut(folder: Path, data: bytes, cuts: Sequence[int]) -> list[Path]:
    """The capture as so many files and one more, cut at these records."""
    places, paths = records(data), []
    for number, (low, high) in enumerate(pairwise([0, *cuts, len(places) - 1])):
        paths.append(folder / f"part{number}.pcap")
        paths[-1].write_bytes(data[:24] + data[places[low] : places[high]])
    return paths


def report(paths: Sequence[Path], layout: str, rotation: Rotation | None = None) -> str:
    with examine([str(path) for path in paths], Query(layout=layout, rotation=rotation)) as results:
        return results.report.to_json()


def rotated(paths: Sequence[Path], layout: str, state: Path) -> str:
    """The report of the last of these, each a run of its own."""
    said = ""
    for number, path in enumerate(paths):
        before = FileIO(str(state)) if number else None
        new = state.with_suffix(".new")
        with new.open("wb") as after:
            said = report([path], layout, Rotation(name="state", before=before, after=after))
        if before is not None:
            before.close()
        new.replace(state)
    return said


def same(folder: Path, data: bytes, layout: str, cuts: Sequence[int]) -> None:
    """In parts, by a state, as in one run over the same files, and over one file except for the names."""
    parts = cut(folder, data, cuts)
    one = report(parts, layout)
    assert rotated(parts, layout, folder / "state") == one
    whole = folder / "whole.pcap"
    whole.write_bytes(data)
    alone = json.loads(report([whole], layout))
    assert alone["capture"].pop("inputs") == [str(whole)]
    together = json.loads(one)
    del together["capture"]["inputs"]
    assert together == alone


def tangle(seed: int) -> bytes:
    """Numbers with everything in them: losses, late ones, copies, restarts, steps back, several streams and sources."""
    draw, wire = random.Random(seed), kinds.Wire(seed)
    at = [0, 5000, 0]
    for _ in range(draw.choice([30, 90])):
        which = draw.randrange(3)
        step, run = draw.choice([1, 1, 1, 2, -1, -3, -40, 30, 700, -500]), draw.choice([1, 1, 3, 40])
        at[which] = max(0, at[which] + step)
        if draw.random() < 0.03:
            at[which], run = 0, 60
        if draw.random() < 0.03:
            wire.now += 500_000_000
        for _ in range(run):
            if draw.random() < 0.05:
                wire.put(kinds.foreign(kinds.B if which == 2 else kinds.A))
            wire.put(kinds.datagram(at[which], sport=6000 + which, source=kinds.B if which == 2 else kinds.A))
            at[which] += 1
    return wire.capture().getvalue()


MADE: dict[str, Callable[[], bytes]] = {
    "ring": lambda: rings.stale_slots(64, 30, others=0.1).getvalue(),
    "delayed": lambda: kinds.delayed(300_000, 0.1, 0.05, count=900).getvalue(),
    "block again": lambda: kinds.go_back(count=400).getvalue(),
    "failover": lambda: kinds.failover(600).getvalue(),
    "restart": lambda: kinds.numbers([*range(900), *range(700), *range(200, 900)]).getvalue(),
    "random order": lambda: kinds.numbers(random.Random(3).sample(range(900), 800)).getvalue(),
    "every second one": lambda: kinds.numbers(range(0, 2000, 2)).getvalue(),
    "twice": lambda: kinds.numbers([n // 2 for n in range(900)]).getvalue(),
}


@pytest.mark.parametrize("name", MADE)
def test_in_parts_as_in_one(name: str, tmp_path: Path) -> None:
    data = MADE[name]()
    count = len(records(data)) - 1
    draw = random.Random(len(name))
    same(tmp_path, data, LAYOUT, [draw.randrange(2, count)])
    same(tmp_path, data, LAYOUT, sorted(draw.sample(range(1, count), 4)))


@pytest.mark.parametrize("name", ["stale-slot-stamped", "stuck-slot", "restart", "two-streams", "early-overwrite"])
def test_samples(name: str, tmp_path: Path) -> None:
    path = SAMPLES / f"{name}.pcap"
    data = path.read_bytes()
    spec = json.loads(report([path], None))["layout"]["spec"]  # type: ignore[arg-type]
    same(tmp_path, data, spec, [len(records(data)) * 2 // 3])


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 10**4), min_size=1, max_size=3))
def test_any_traffic_cut_anywhere(tmp_path_factory: pytest.TempPathFactory, seed: int, cuts: list[int]) -> None:
    data = tangle(seed)
    count = len(records(data)) - 1
    same(tmp_path_factory.mktemp("cut"), data, LAYOUT, sorted({1 + each % (count - 1) for each in cuts}))


def test_each_cut_around_a_copy(tmp_path: Path) -> None:
    """Just before it, between it and what follows, and while a restart is not yet told."""
    data = kinds.numbers([*range(40), 7, *range(40, 80), *range(50)]).getvalue()
    for at in (*range(39, 43), 81, 82, 112, 113, 114):
        same(tmp_path, data, LAYOUT, [at])


def test_the_portable_kernel_goes_on_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqcheck.kernel.portable import kernel as portable

    monkeypatch.setattr(kernel, "load", lambda: portable)
    same(tmp_path, tangle(5), LAYOUT, [100])


@pytest.mark.parametrize("layouts", [["udp:5000 seq=u32be@0", "eth:0x0806 seq=u16be@0"], ["content"]])
def test_layouts_that_cannot_be_kept(layouts: list[str], tmp_path: Path) -> None:
    (path,) = cut(tmp_path, tangle(8), [])
    with (tmp_path / "state").open("wb") as after:
        query = Query(layout=layouts, rotation=Rotation(name="state", before=None, after=after))
        with pytest.raises(UsageError, match="does not support"), examine([str(path)], query):
            pass
    assert not (tmp_path / "state").read_bytes()


# ---- the command -----------------------------------------------------------------------------------------------------


def seqcheck(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seqcheck", "analyze", "--no-config", *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Three files of one capture."""
    return cut(tmp_path, MADE["ring"](), [1000, 2500])


def test_a_rotation_from_the_command_line(parts: list[Path], tmp_path: Path) -> None:
    """A new process for each; the layout need not be said again."""
    state, out = tmp_path / "run.state", tmp_path / "run.json"
    for number, part in enumerate(parts):
        layout = ["--layout", LAYOUT] if number == 0 else []
        words = ("--state", state, "--report", f"json={out}", "--force", "--no-also-content")
        done = seqcheck(*words, *layout, part)
        assert done.returncode == 1, done.stderr
        assert f"wrote {state}" in done.stderr
        assert not list(tmp_path.glob(".*"))
    assert out.read_text() == report(parts, LAYOUT)


@pytest.mark.parametrize("option", [(), ("--no-also-content",)])
def test_it_is_told_what_a_state_leaves_out(option: tuple[str, ...], parts: list[Path], tmp_path: Path) -> None:
    """The sender's other traffic, unless nobody wants it."""
    out = tmp_path / "run.json"
    for part in parts:
        words = ("--state", tmp_path / "run.state", "--layout", LAYOUT, "--report", f"json={out}", "--force", *option)
        assert seqcheck(*words, part).returncode == 1
    made, alone = json.loads(out.read_text()), json.loads(report(parts, LAYOUT))
    assert made["records"]["foreign"] > 0
    told = [each for each in made["verdict"]["caveats"] if each.startswith("Other traffic was not compared")]
    assert len(told) == (not option)
    made["verdict"]["caveats"] = [each for each in made["verdict"]["caveats"] if each not in told]
    assert made == alone


def test_what_was_read_before_is_refused(parts: list[Path], tmp_path: Path) -> None:
    state = tmp_path / "run.state"
    assert seqcheck("--state", state, "--layout", LAYOUT, parts[0]).returncode == 1
    before = state.read_bytes()
    done = seqcheck("--state", state, parts[0])
    assert (done.returncode, state.read_bytes()) == (2, before)
    assert "part0.pcap was already read" in done.stderr
    done = seqcheck("--state", state, "--layout", "udp:5000 seq=u32be@4", parts[1])
    assert (done.returncode, state.read_bytes()) == (2, before)
    assert "was made with another layout" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--each"], "keeps them apart"),
        (["--where", "udp"], "leave out --where"),
        (["--frames", "1-5"], "leave out --where"),
        (["--report", "csv=out.csv"], "does not keep them all"),
        (["--also-content"], "--also-content"),
    ],
)
def test_what_a_state_excludes(options: list[str], said: str, parts: list[Path], tmp_path: Path) -> None:
    done = seqcheck("--state", tmp_path / "run.state", *options, parts[0])
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "run.state").exists()


def test_a_state_that_is_something_else(parts: list[Path], tmp_path: Path) -> None:
    for path, said in (
        (tmp_path, "is not a file"),
        ("-", "is not a file"),
        (parts[1], "is not a state file of seqcheck"),
    ):
        done = seqcheck("--state", path, "--layout", LAYOUT, parts[0])
        assert done.returncode == 2, said
        assert said in done.stderr
    done = seqcheck("--state", parts[0], parts[0])
    assert done.returncode == 2
    assert "is one of the inputs" in done.stderr


def test_nothing_is_kept_where_something_was_left_unread(parts: list[Path], tmp_path: Path) -> None:
    state = tmp_path / "run.state"
    done = seqcheck("--state", state, "--max-memory", "1M", "--layout", LAYOUT, parts[0])
    assert done.returncode == 2
    assert "was left unchanged, because not all was read" in done.stderr
    assert not state.exists()


def test_a_report_that_fails_leaves_the_state(parts: list[Path], tmp_path: Path) -> None:
    state = tmp_path / "run.state"
    done = seqcheck("--state", state, "--layout", LAYOUT, "--report", "json=/dev/full", parts[0])
    assert done.returncode == 2
    assert "because a report could not be written" in done.stderr
    assert not state.exists()


def test_a_state_that_finds_no_room_costs_no_report(parts: list[Path], tmp_path: Path) -> None:
    """The reports are written, the state before stays, and the message names it."""
    state, told = tmp_path / "run.state", tmp_path / "told.json"
    seqcheck("--state", state, "--layout", LAYOUT, parts[0])
    before = state.read_bytes()
    room = len(before) // 2
    done = subprocess.run(
        [
            *(sys.executable, "-m", "seqcheck", "analyze", "--no-config", "--state", state, "--layout", LAYOUT),
            *("--report", f"json={told}", "--report", "terminal", parts[1]),
        ],
        capture_output=True, text=True, check=False, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )  # fmt: skip
    assert (done.returncode, state.read_bytes()) == (2, before)
    assert f"cannot write {state}: File too large" in done.stderr
    assert json.loads(told.read_text())["capture"]["frames"] > 0
    assert "duplicates" in done.stdout


def test_the_old_state_or_the_new_one_whenever_a_run_is_ended(parts: list[Path], tmp_path: Path) -> None:
    folder, draw = tmp_path / "kept", random.Random(6)
    folder.mkdir()
    state = folder / "run.state"
    command = [*killing.SEQCHECK, "-q", "analyze", "--no-config", f"--state={state}", "--layout", LAYOUT]

    def run(part: Path) -> float:
        begin = time.monotonic()
        assert subprocess.run([*command, str(part)], capture_output=True, check=False).returncode == 1
        return time.monotonic() - begin

    run(parts[0])
    old = state.read_bytes()
    took = run(parts[1])
    new = state.read_bytes()
    for turn in range(8):
        state.write_bytes(old)
        number = killing.SIGNALS[turn % len(killing.SIGNALS)]
        code, said = killing.end_at([*command, str(parts[1])], draw.uniform(0, took), number)
        assert code in (1, -number, 128 + number), said
        assert said == b""
        assert state.read_bytes() in (old, new)
        for left in set(folder.iterdir()) - {state}:  # it was killed while the state got its name
            assert left.read_bytes() == new
            left.unlink()
    state.write_bytes(old)
    run(parts[1])
    assert state.read_bytes() == new


# ---- states that nobody wrote ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """One, and a capture that continues from it."""
    folder = tmp_path_factory.mktemp("state")
    first, second = cut(folder, tangle(11), [200])
    with (folder / "state").open("wb") as after:
        report([first], LAYOUT, Rotation(name="state", before=None, after=after))
    return (folder / "state").read_bytes(), second


def go_on(data: bytes, capture: Path, folder: Path) -> str:
    (folder / "made").write_bytes(data)
    with FileIO(str(folder / "made")) as before, (folder / "new").open("wb") as after:
        return report([capture], LAYOUT, Rotation(name="made", before=before, after=after))


def summed(data: bytes) -> bytes:
    """With a checksum that fits."""
    from hashlib import blake2b

    at = len(MAGIC) + HEAD.size
    return data[:at] + blake2b(data[len(MAGIC) : at] + data[at + 32 :], digest_size=32).digest() + data[at + 32 :]


def test_reasons_for_a_refusal(state: tuple[bytes, Path], tmp_path: Path) -> None:
    data, capture = state
    version = data.index(b'"version":"') + 11
    build = data.index(b'"build":"') + 9
    for changed, said in (
        (b"x" + data[1:], "is not a state file of seqcheck"),
        (data[:50], "ends too early"),
        (data[:-1], "its length"),
        (data + b"x", "its length"),
        (data[:-1] + bytes([data[-1] ^ 1]), "checksum"),
        (data[: len(MAGIC)] + HEAD.pack(FORMAT + 1, 1, 1) + data[len(MAGIC) + HEAD.size :], "format 2, and this"),
        (summed(data[:version] + b"9" + data[version + 1 :]), "was written by seqcheck 9"),
        (summed(data[:build] + b"zz" + data[build + 2 :]), "another build"),
        (summed(data.replace(b'"columns":', b'"colonels":')), "its length|its names"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            go_on(changed, capture, tmp_path)
        assert "state" in caught.value.message or "To start over" in caught.value.hint


def test_a_state_of_holes_takes_no_memory(state: tuple[bytes, Path], tmp_path: Path) -> None:
    """It may have any length, and none of it is on the disk."""
    data, capture = state
    holes = 15 << 30
    with (tmp_path / "made").open("wb") as file:
        file.write(data[: len(MAGIC)] + HEAD.pack(FORMAT, 2, holes) + bytes(32) + b"{}")
        file.truncate(file.tell() + holes)
    with (
        FileIO(str(tmp_path / "made")) as before,
        (tmp_path / "new").open("wb") as after,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("seqcheck.linux.memory.available", lambda: 8 << 30)
        with pytest.raises(InputError, match="more than half of the free memory"):
            report([capture], LAYOUT, Rotation(name="made", before=before, after=after))


def test_states_that_somebody_made_up(state: tuple[bytes, Path], tmp_path: Path) -> None:
    """Any byte changed, and the checksum with it: refused with a reason, or taken, and never anything else."""
    data, capture = state
    draw, refused = random.Random(2), 0
    begin = len(MAGIC) + HEAD.size + 32
    for number in range(40):
        names = number % 2
        end = data.index(b'"values"') + 4000 if names else len(data)
        changed = bytearray(data)
        for _ in range(draw.choice([1, 1, 4])):
            at = draw.randrange(begin, min(end, len(data)))
            changed[at] = draw.choice(b'0123456789-"[]{},.e') if names else draw.choice([0, 1, 255, changed[at] ^ 128])
        try:
            go_on(summed(bytes(changed)), capture, tmp_path)
        except (InputError, UsageError):
            refused += 1
    assert refused > 8


def test_a_state_is_no_larger_than_what_it_is_of(state: tuple[bytes, Path]) -> None:
    """Healthy traffic without end makes it no larger than its window of copies and of frames."""
    assert len(state[0]) < 4 << 20
    assert np.frombuffer(state[0][:16], np.uint8).tobytes() == MAGIC
