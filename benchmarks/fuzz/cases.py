"""What is tried: each kind draws an input from a seed, runs it, and says what is wrong with the result.

An input is a function of kind and seed alone, so that `--only KIND --seed N --count 1` does it again. Whatever is not
among the errors that a user may be shown is a fault, as is a report whose sums disagree or that holds a negative count.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
# What is tried is what was installed, kernel and all, not the sources that lie in the folder this was started from.
sys.path[:] = [each for each in sys.path if Path(each).resolve() != ROOT]
sys.path.insert(0, str(ROOT / "tests"))
sys.path.append(str(ROOT))

import columns  # noqa: E402 - of the tests
import misbehaving  # noqa: E402 - likewise
import numpy as np  # noqa: E402 - behind the path
from containers import packets, pcap_file  # noqa: E402 - likewise

from benchmarks.fuzz import draws, verbs  # noqa: E402
from seqcheck import documents, kernel  # noqa: E402
from seqcheck.capture import CaptureReader  # noqa: E402
from seqcheck.comparison.summary import load  # noqa: E402
from seqcheck.demands import Expectation  # noqa: E402
from seqcheck.engine.session import Query, examine  # noqa: E402
from seqcheck.errors import SeqcheckError  # noqa: E402
from seqcheck.kernel import border  # noqa: E402
from seqcheck.layout import files, program, resolve  # noqa: E402
from seqcheck.outputs import FORMATS, Page, publish  # noqa: E402
from seqcheck.simulate import scenario_file  # noqa: E402

SCENARIOS = sorted((ROOT / "samples").glob("*.toml")) + sorted((ROOT / "tests" / "scenarios").glob("*.toml"))
LAYOUT = 'name = "x"\nanchor = "udp:5000"\nmagic = ["u32be@0==0x53455143"]\nstream = ["u32be@6"]\nseq = "u64be@10"\n'
EXPECTED = 'cause = ["clean"]\nduplicates = { min = 1 }\n[causes]\nloop = 2\n[[stream]]\nkey = { a = 1 }\nmissing = 0\n'
PROGRAM = program.compile(resolve("frame seq=u16be@6"))  # a frame of `packets` counts there, after a fashion
EVENTS = np.zeros(border.EVENTS, border.EVENT)  # to be used again: asking for as much takes longer than the rest
COUNTED = ("received", "duplicates", "missing", "gaps", "late", "reordered", "beyond", "unjudged")
LISTED = 100
OFTEN = 0.2  # of mutated captures, those that are read beside another one


def mutated(seed: int) -> list[str]:
    """A capture with bytes changed, cut, doubled, moved; any container, any compression, any layout."""
    random = Random(seed)
    data = draws.packed(random, draws.mutate(random, draws.container(random)))
    return reported(data, draws.layout(random), random)


def streams(seed: int) -> list[str]:
    """Streams that misbehave, in every report."""
    layout, data = misbehaving.draw(seed)
    return reported(data, layout, None)


def kernels(seed: int) -> list[str]:
    """The same by both kernels."""
    layout, data = misbehaving.draw(seed, jumps=(1, 2, 100, 1000, 1 << 40))
    said = []
    for name in ("native", "reference"):
        os.environ["SEQCHECK_KERNEL"] = name
        try:
            with examine([io.BytesIO(data)], Query(layout=layout)) as results:
                found = document(results)
                del found["seqcheck"]
                said.append(found)
        except SeqcheckError as error:
            said.append({"error": str(error)})
        finally:
            del os.environ["SEQCHECK_KERNEL"]
    return [] if said[0] == said[1] else [f"kernels differ in {', '.join(differing(*said))}"]


def numbers(seed: int) -> list[str]:
    """A few numbers, without a capture, by both trackers: rows, counts and what is missing."""
    modulus, streams, seqs = misbehaving.numbers(seed, most=30)
    said = list[list[bytes]]()
    for name in ("native", "reference"):
        tracker = kernel.load(name).Tracker(modulus)
        rows, records = columns.columns(seqs, streams=streams)
        at, count = tracker.feed(rows, records, 0, EVENTS)
        parts = [EVENTS[:count].tobytes()]
        done, count = tracker.finish(EVENTS)
        parts += [EVENTS[:count].tobytes(), *(part.tobytes() for part in (tracker.streams(), *tracker.missing()))]
        said.append(parts if done and at == len(seqs) else [])
    state = tracker.streams()
    wrong = [f"negative: {name}" for name in COUNTED if state[name].min() < 0]
    if sum(state["received"].tolist()) != len(seqs):
        wrong.append("received")
    return wrong if said[0] == said[1] != [] else ["the trackers differ", *wrong]


def frames(seed: int) -> list[str]:
    """A few frames in a container that is mutated, read and decoded by the native kernel and no more."""
    random = Random(seed)
    data = draws.packed(random, draws.mutate(random, draws.small_container(random)))
    wrong = list[str]()
    with _tolerant(), CaptureReader([io.BytesIO(data)], kernel=kernel.load("native")) as reader:
        seen, decoder = 0, kernel.load("native").Decoder(PROGRAM)
        for rows, low, high in reader:
            records = border.RecordColumns(rows.capacity)
            decoder.decode(rows, low, high, records)
            begins, ends = rows.off[low:high], rows.off[low:high] + rows.cap[low:high]
            inside = bool((begins >= 0).all() and (ends <= len(rows.buf)).all())
            if not (0 <= records.count <= high - low and inside):
                wrong.append("a frame lies outside")
            seen += high - low
        if seen != reader.frames:
            wrong.append("frames that are counted and frames that are given differ")
    return wrong


def toml(seed: int) -> list[str]:
    """Layouts, expectations and scenarios with their text mangled."""
    random = Random(seed)
    text = random.choice((LAYOUT, EXPECTED, random.choice(SCENARIOS).read_text()))
    data = (
        draws.mutate(random, text.encode(), draws.TOKENS)
        if random.random() < 0.9
        else random.randbytes(random.randint(0, 99))
    )
    with _tolerant():
        try:
            table = documents.toml(data)
        except documents.DocumentError:
            return []
        readers: tuple[Callable[[Any], object], ...] = (
            Expectation.of, files.from_table, scenario_file.build,
        )  # fmt: skip
        for reader in readers:
            with _tolerant():
                reader(table)
    return []


def report(seed: int) -> list[str]:
    """A JSON report with its text mangled, for diff."""
    random = Random(seed)
    data = draws.mutate(random, _json(), draws.TOKENS)
    with _tolerant():
        load(io.BytesIO(data), "fuzz")
    return []


def spec(seed: int) -> list[str]:
    """Specs: mangled ones, and their layouts on a capture."""
    random = Random(seed)
    text = draws.mutate(random, random.choice(draws.SPECS).encode(), draws.WORDS).decode("utf-8", "replace")
    with _tolerant():
        layout = resolve(text)
        return reported(pcap_file(packets(50)), text, random) if layout else []
    return []


def part(seed: int) -> list[str]:
    """A part of a capture."""
    return verbs.part(seed, os.environ["SEQCHECK_FUZZ_FILE"], _checked)


def copies(seed: int) -> list[str]:
    """A capture without its copies, or without its addresses."""
    return verbs.copies(seed, os.environ["SEQCHECK_FUZZ_FILE"], _checked)


KINDS: dict[str, Callable[[int], list[str]]] = {
    "mutated": mutated, "streams": streams, "kernels": kernels, "numbers": numbers, "frames": frames, "toml": toml,
    "report": report, "spec": spec, "part": part, "points": verbs.points, "copies": copies,
}  # fmt: skip


class _tolerant:  # noqa: N801 - reads as a word
    """Errors that a user may be shown are answers."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        return isinstance(error, SeqcheckError)


def reported(data: bytes, layout: str | None, random: Random | None) -> list[str]:
    """What is wrong with the reports of a capture: one drawn beside JSON, or all. Some are read beside another one."""
    names = list(FORMATS) if random is None else ["json", random.choice(list(FORMATS))]
    beside = [io.BytesIO(draws.container(random))] if random is not None and random.random() < OFTEN else []
    with (
        _tolerant(),
        examine([_file(data), *beside], Query(layout=layout, keep="all-frames", listed=LISTED)) as results,
    ):
        for name in names:
            publish(name, results, io.BytesIO(), Page())
        return _checked(results)
    return []


def _checked(results: Any) -> list[str]:
    """What is wrong with these."""
    wrong = [f"judging failed: {results.fault!r}"] if results.fault is not None else []
    if "took more than" in results.report.verdict.statement:
        wrong.append("judging spent its budget")
    return wrong + misbehaving.faults(document(results))


def document(results: Any) -> dict[str, Any]:
    """The JSON report, read."""
    out = io.BytesIO()
    publish("json", results, out, Page())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The keys that differ."""
    return [key for key in {**one, **other} if one.get(key) != other.get(key)]


def _file(data: bytes) -> str:
    path = os.environ["SEQCHECK_FUZZ_FILE"]
    with open(path, "wb") as file:
        file.write(data)
    return path


_JSON: list[bytes] = []


def _json() -> bytes:
    if not _JSON:
        with examine([ROOT / "samples" / "two-streams.pcap"], Query(listed=3)) as results:
            out = io.BytesIO()
            publish("json", results, out, Page())
            _JSON.append(out.getvalue())
    return _JSON[0]
