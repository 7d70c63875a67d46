"""A field that does not count is reported as such, with what was seen; a counter that loses, restarts or wraps is
one."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable
from pathlib import Path

import kinds
import pytest

import seqcheck
from seqcheck.cli.main import main
from seqcheck.model import Report
from seqcheck.simulate import parse, simulate
from seqcheck.simulate.run import write


def simulated(text: str, layout: str) -> Report:
    stream = io.BytesIO()
    write(simulate(parse(text)), stream)
    stream.seek(0)
    return seqcheck.analyze(stream, layout=layout)


def read(numbers: Iterable[int], layout: str = kinds.LAYOUT) -> Report:
    return seqcheck.analyze(kinds.numbers(numbers), layout=layout)


def wide(numbers: Iterable[int]) -> Report:
    """Numbers of 64 bits."""
    capture = kinds.numbers(numbers, lambda number: kinds.datagram(0, rest=number.to_bytes(8, "big")))
    return seqcheck.analyze(capture, layout="udp:5000 seq=u64be@4")


@pytest.mark.parametrize("step", [2, 5])
def test_a_counter_that_steps(step: int) -> None:
    report = simulated(f"[ring]\nframes = 2000\n[layout]\nstep = {step}\n", "seqcheck")
    assert report.verdict.cause == "no-counter"
    assert f"steps go up by {step}" in report.verdict.statement
    assert report.exit_code == 2


@pytest.mark.parametrize("step", [1, 3])
def test_a_counter_that_counts_down(step: int) -> None:
    """All records would be late, and nothing missing: that is no clean capture. The report says how to read it."""
    numbers = [9000 - step * at for at in range(2000)]
    report = read(numbers)
    assert (report.verdict.cause, report.exit_code) == ("no-counter", 2)
    assert "1,999 of 1,999 steps go back" in report.verdict.statement
    assert report.layout.how is not None
    assert f"It goes down by {step} in 100 % of the steps" in report.layout.how
    again = read(numbers, f"{kinds.LAYOUT} step={2**32 - step}")
    assert (again.verdict.cause, again.missing, again.duplicates.total) == ("clean", 0, 0)


def test_a_counter_that_cycles() -> None:
    text = '[ring]\nframes = 8000\n[traffic]\nsizes = [90]\n[layout]\nname = "republic"\nmodulus = 1500\n'
    assert "NAME%1500" in " ".join(simulated(text, "republic").verdict.caveats)
    assert "NAME%1500" not in " ".join(simulated(text, "republic%1500").verdict.caveats)


RANDOM = random.Random(7)
NO_COUNTER: dict[str, list[int]] = {
    "random numbers": [RANDOM.getrandbits(32) for _ in range(3000)],
    "a time stamp": [at * 10_007 + RANDOM.randrange(40) for at in range(3000)],
    "a count of bytes": [at * 1460 for at in range(3000)],
    "the wrong byte order": [int.from_bytes(at.to_bytes(4, "big"), "little") for at in range(3000)],
    "every record starts over": [at % 3 for at in range(3000)],
}


@pytest.mark.parametrize("name", NO_COUNTER)
def test_what_is_no_counter(name: str) -> None:
    report = read(NO_COUNTER[name])
    if name == "every record starts over":  # three numbers again and again may also stand still
        assert report.verdict.cause in ("no-counter", "unexplained", "sender-repeat", "loop")
        return
    assert report.verdict.cause == "no-counter", report.verdict.statement
    assert report.verdict.strength == "none"
    assert report.verdict.because
    assert report.also == ()
    assert set(report.duplicates.by_cause) <= {"no-counter"}
    assert report.exit_code == 2


@pytest.mark.parametrize("every", [3, 10, 100])
def test_jumps_of_more_than_2_to_the_32_are_no_restarts_where_there_are_many(every: int) -> None:
    numbers = [at + (at // every << 33) for at in range(3000)]
    report = wide(numbers)
    assert report.verdict.cause == "no-counter", report.verdict.statement
    assert report.exit_code == 2


def test_few_restarts_at_random_numbers_are_restarts() -> None:
    random_ = random.Random(3)
    numbers = [start + at for start in (random_.getrandbits(63) for _ in range(6)) for at in range(1000)]
    report = wide(numbers)
    assert report.verdict.cause == "clean", report.verdict.statement
    assert sum(stream.restarts for stream in report.streams) == 5


def test_one_stream_a_record() -> None:
    report = seqcheck.analyze(kinds.numbers(range(500)), layout="udp:5000 stream=u32be@0 seq=u32be@4")
    assert report.verdict.cause == "no-counter"
    assert "each of 500 streams has only one record" in report.verdict.statement


def test_one_record_by_chance() -> None:
    wire = kinds.Wire()
    for _ in range(3000):
        wire.put(kinds.datagram(1, rest=b"\1" * 20))
    wire.put(kinds.datagram(1, rest=b"\xab" * 20))
    report = seqcheck.analyze(wire.capture(), layout="udp:5000 magic=u32be@8==0xabababab seq=u32be@0")
    assert report.records.sequenced == 1
    assert report.verdict.cause == "no-counter"
    assert "3,000 others" in report.verdict.statement


COUNTERS: dict[str, list[int]] = {
    "healthy": list(range(1000)),
    "half is lost": sorted(random.Random(8).sample(range(4000), 2000)),
    "nine in ten are lost": sorted(random.Random(9).sample(range(20_000), 2000)),
    "restarts": [*range(1000), *range(1000), *range(1000)],
    "counts from 2**32 - 500": [(2**32 - 500 + at) % 2**32 for at in range(1000)],
    "two of three": [at for at in range(3000) if at % 3],
    "neighbours swapped": [at ^ 1 for at in range(1000)],
    "each up to 60 late": sorted(range(3000), key=lambda at: at + RANDOM.random() * 60),
}


@pytest.mark.parametrize("name", COUNTERS)
def test_what_is_a_counter(name: str) -> None:
    report = read(COUNTERS[name])
    assert report.verdict.cause == "clean", report.verdict.statement
    assert report.exit_code == (1 if report.missing else 0)


def test_a_jittered_counter_is_one_though_hardly_a_step_is_by_one() -> None:
    late = random.Random(10)
    sent = [*range(3000), *(late.randrange(3000) for _ in range(40))]
    report = read([at for _, at in sorted((at + late.random() * 100, at) for at in sent)])
    assert report.verdict.cause != "no-counter", report.verdict.statement
    assert report.duplicates.total == 40
    assert report.missing == 0


@pytest.mark.parametrize("bits", [2, 4, 6, 8, 12, 16])
def test_few_random_values_are_no_counter(bits: int) -> None:
    numbers = [RANDOM.getrandbits(bits) for _ in range(5000)]
    capture = kinds.numbers(numbers)
    report = seqcheck.analyze(capture, layout=f"udp:5000 seq=u32be@0&{hex((1 << bits) - 1)}")
    assert report.verdict.cause not in ("clean", "stale-slot", "ring-replay", "early-overwrite")
    assert report.verdict.strength in ("none", "weak")


@pytest.mark.parametrize("values", [40, 200, 1000])
def test_few_random_values_in_a_wide_field_are_no_counter(values: int) -> None:
    """All of them come, sooner or later, and each again and again."""
    report = read([RANDOM.randrange(values) for _ in range(6000)])
    assert report.verdict.cause == "no-counter", report.verdict.statement


@pytest.mark.parametrize("field", ["u32le@0", "u64le@0", "u64be@0", "u16be@0", "u24be@0", "u16le@2", "u32be@2"])
def test_a_spec_of_the_wrong_width_or_order_never_says_that_nothing_is_missing(field: str) -> None:
    capture = kinds.numbers(range(70_000, 76_000), lambda number: kinds.datagram(number, rest=b"\7" * 20))
    verdict = seqcheck.analyze(capture, layout=f"udp:5000 seq={field}").verdict
    assert verdict.cause != "clean", verdict.statement
    assert verdict.cause == "no-counter" or verdict.strength == "none", verdict.statement


@pytest.fixture
def stepping(tmp_path: Path) -> str:
    path = tmp_path / "stepping.pcap"
    path.write_bytes(kinds.numbers(range(0, 30_000, 10)).getvalue())
    return str(path)


@pytest.mark.parametrize("more", [[], ["--max-missing", "100%"], ["--fail-on", "stale-slot"], ["--each"]])
def test_analyze_exits_with_2(stepping: str, more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "--layout", kinds.LAYOUT, *more, stepping]) == 2
    assert "no-counter" in capsys.readouterr().out


@pytest.mark.parametrize(("cause", "code"), [("no-counter", 0), ("clean", 2)])
def test_an_expectation_may_be_that_nothing_counts(stepping: str, tmp_path: Path, cause: str, code: int) -> None:
    expectation = tmp_path / "expected.toml"
    expectation.write_text(f'cause = "{cause}"\n', encoding="utf-8")
    assert main(["-q", "analyze", "--layout", kinds.LAYOUT, "--expect", str(expectation), stepping]) == code


def test_junit_has_an_error(stepping: str, tmp_path: Path) -> None:
    from xml.etree import ElementTree

    out = tmp_path / "junit.xml"
    assert main(["analyze", "--layout", kinds.LAYOUT, "--report", f"junit={out}", stepping]) == 2
    suite = ElementTree.parse(out).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "0", "1")
    assert [case.get("name") for case in suite.iter("testcase")] == ["capture", "verdict"]
    assert len(list(suite.iter("error"))) == 1
    assert not list(suite.iter("failure"))
