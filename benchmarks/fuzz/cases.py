"""What is tried: each kind draws an input from a seed, runs it, and says what is wrong with what came of it.

An input is a function of kind and seed alone, so that `--only KIND --seed N --count 1` does it again. Whatever is not
among the errors that a user may be shown is a fault, as is a report whose sums disagree or that holds a negative count.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
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
from containers import block, epb, idb, isb, option, packets, pcap_file, pcapng_blocks, shb  # noqa: E402 - likewise

from seqcheck import documents, kernel  # noqa: E402
from seqcheck.comparison.summary import load  # noqa: E402
from seqcheck.demands import Expectation  # noqa: E402
from seqcheck.errors import SeqcheckError  # noqa: E402
from seqcheck.kernel import border  # noqa: E402
from seqcheck.layout import files, program, resolve  # noqa: E402
from seqcheck.reporters import FORMATS, Page, publish  # noqa: E402
from seqcheck.session import Query, examine  # noqa: E402
from seqcheck.simulate import scenario_file  # noqa: E402
from seqcheck.sources import CaptureReader  # noqa: E402

SAMPLES = sorted((ROOT / "samples").glob("*.pcap*"))
SCENARIOS = sorted((ROOT / "samples").glob("*.toml")) + sorted((ROOT / "tests" / "scenarios").glob("*.toml"))
LAYOUT = 'name = "x"\nanchor = "udp:5000"\nmagic = ["u32be@0==0x53455143"]\nstream = ["u32be@6"]\nseq = "u64be@10"\n'
EXPECTED = 'cause = ["clean"]\nduplicates = { min = 1 }\n[causes]\nloop = 2\n[[stream]]\nkey = { a = 1 }\nmissing = 0\n'
LAYOUTS = ("seqcheck", "seqcheck", "txseq", "frame seq=u32be@46", "eth seq=u8@-1", "udp seq=u16le@0", None)
PROGRAM = program.compile(resolve("frame seq=u16be@6"))  # a frame of `packets` counts there, after a fashion
EVENTS = np.zeros(border.EVENTS, border.EVENT)  # to be used again: asking for as much takes longer than the rest
COUNTED = ("received", "duplicates", "missing", "gaps", "late", "reordered", "beyond", "unjudged")
MOST = 60_000  # bytes of a sample that are mutated
LISTED = 100


def mutated(seed: int) -> list[str]:
    """A capture with bytes changed, cut, doubled, moved; any container, any compression, any layout."""
    random = Random(seed)
    data = packed(random, mutate(random, _container(random)))
    return reported(data, _layout(random), random)


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
    data = packed(random, mutate(random, _small(random)))
    wrong = list[str]()
    with _tolerant(), CaptureReader([io.BytesIO(data)], kernel=kernel.load("native")) as reader:
        seen, decoder = 0, kernel.load("native").Decoder(PROGRAM)
        for rows, low, high in reader:
            records = border.RecordColumns(rows.capacity)
            decoder.decode(rows, low, high, records)
            ends = rows.off[low:high] + rows.cap[low:high]
            if not (0 <= records.count <= high - low and rows.off[low:high].min() >= 0 and ends.max() <= len(rows.buf)):
                wrong.append("a frame lies outside")
            seen += high - low
        if seen != reader.frames:
            wrong.append("frames that are counted and frames that are given differ")
    return wrong


def toml(seed: int) -> list[str]:
    """Layouts, expectations and scenarios with their text mangled."""
    random = Random(seed)
    text = random.choice((LAYOUT, EXPECTED, random.choice(SCENARIOS).read_text()))
    data = mutate(random, text.encode(), TOKENS) if random.random() < 0.9 else random.randbytes(random.randint(0, 99))
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
    data = mutate(random, _json(), TOKENS)
    with _tolerant():
        load(io.BytesIO(data), "fuzz")
    return []


def spec(seed: int) -> list[str]:
    """Specs: mangled ones, and their layouts on a capture."""
    random = Random(seed)
    text = mutate(random, random.choice(SPECS).encode(), WORDS).decode("utf-8", "replace")
    with _tolerant():
        layout = resolve(text)
        return reported(pcap_file(packets(50)), text, random) if layout else []
    return []


KINDS: dict[str, Callable[[int], list[str]]] = {
    "mutated": mutated, "streams": streams, "kernels": kernels, "numbers": numbers, "frames": frames, "toml": toml,
    "report": report, "spec": spec,
}  # fmt: skip


class _tolerant:  # noqa: N801 - reads as a word
    """Errors that a user may be shown are answers."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        return isinstance(error, SeqcheckError)


def reported(data: bytes, layout: str | None, random: Random | None) -> list[str]:
    """What is wrong with the reports of a capture: one drawn beside JSON, or all."""
    names = list(FORMATS) if random is None else ["json", random.choice(list(FORMATS))]
    with _tolerant(), examine([_file(data)], Query(layout=layout, keep="all-frames", listed=LISTED)) as results:
        wrong = [f"judging failed: {results.fault!r}"] if results.fault is not None else []
        if "took more than" in results.report.verdict.statement:
            wrong.append("judging spent its budget")
        for name in names:
            publish(name, results, io.BytesIO(), Page())
        return wrong + misbehaving.faults(document(results))
    return []


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


def _layout(random: Random) -> str | None:
    return random.choice(
        ("seqcheck", "seqcheck", "txseq", "frame seq=u32be@46", "eth seq=u8@-1", "udp seq=u16le@0", None)
    )


def _container(random: Random) -> bytes:
    made = packets(random.randint(0, 60), step=random.choice((0, 1000, 1 << 40)))
    if (what := random.random()) < 0.5:
        return random.choice(SAMPLES).read_bytes()[:MOST]
    if what < 0.7:
        return pcap_file(made, big=random.random() < 0.5, nano=random.random() < 0.5)
    blocks = pcapng_blocks(made, big=random.random() < 0.5)
    extra = (
        lambda: shb(), lambda: shb(big=True), lambda: idb(), lambda: idb(options=b""), lambda: isb(0, ifdrop=1 << 63),
        lambda: block(random.choice((0, 4, 9, 0x80000000)), random.randbytes(random.randint(0, 40))),
        lambda: idb(options=option(9, bytes((random.randint(0, 255),))) + bytes(4)),
        lambda: epb(made[0], interface=random.randint(0, 3)) if made else shb(),
    )  # fmt: skip
    for _ in range(random.randint(0, 5)):
        blocks.insert(random.randint(1, len(blocks)), random.choice(extra)())
    return b"".join(blocks)


def _small(random: Random) -> bytes:
    made = packets(random.randint(1, 6))
    if random.random() < 0.5:
        return pcap_file(made, big=random.random() < 0.5, nano=random.random() < 0.5)
    blocks = pcapng_blocks(made, big=random.random() < 0.5)
    for _ in range(random.randint(0, 2)):
        blocks.insert(
            random.randint(1, len(blocks)), random.choice((shb(), shb(big=True), idb(), isb(0, ifdrop=1 << 63)))
        )
    return b"".join(blocks)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def _xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)


def packed(random: Random, data: bytes) -> bytes:
    """Perhaps compressed, in members, perhaps mutated after that."""
    import lz4.frame
    from backports import zstd

    if random.random() < 0.6:
        return data
    pack = random.choice((_gzip, bz2.compress, _xz, zstd.compress, lz4.frame.compress))
    at = random.randint(0, len(data))
    made = pack(data[:at]) + pack(b"") * random.choice((0, 0, 3)) + pack(data[at:])
    return mutate(random, made) if random.random() < 0.3 else made


TOKENS = (
    b"[", b"]", b"{", b"}", b'"', b"=", b",", b".", b"\n", b"nan", b"-1", b"1e999", b"9" * 50, b"[" * 200, b"\\u0000",
    b"null", b"true", b"18446744073709551616", b"a.b.c", b"\xff", b"'''", b"1979-05-27",
)  # fmt: skip
WORDS = (
    b"seq=", b"u64be", b"u8", b"@", b"-1", b"%0", b"%1500", b"&0xff", b"==", b"magic=", b"stream=", b"key=hosts", b" ",
    b"udp:", b"frame", b"99999999999999999999", b"time=", b":ns", b"slot=", b"u24le", b"0x",
)  # fmt: skip
SPECS = (
    "udp:5000 magic=u32be@0==0x53455143 stream=u32be@4 seq=u64be@8", "eth:0x88b5 seq=u32le@0%1500",
    "frame seq=u16be@46&0x3fff", "ip:17 seq=u8@-1", "tcp:80 seq=u48be@2 time=u64be@10:ns slot=u16be@18",
    "seqcheck", "rtp:5004",
    "udp seq=u24be@0 key=none",
)  # fmt: skip


EDGES = (b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\x80", b"\x80\0\0\0")


def mutate(random: Random, data: bytes, tokens: tuple[bytes, ...] = ()) -> bytes:
    """`data` with a few changes, none now and then."""
    made = bytearray(data)
    for _ in range(random.choice((0, 1, 1, 2, 5, 20))):
        at = random.randint(0, len(made))
        some = random.choice((1, 1, 2, 4, 16, 100, 4000))
        what = random.randint(0, 6)
        if what == 0 and made:
            made[at % len(made)] ^= 1 << random.randint(0, 7)
        elif what == 1:
            made[at : at + some] = random.randbytes(min(some, 16))
        elif what == 2:
            del made[at : at + some]
        elif what == 3:
            made[at:at] = made[at : at + some]
        elif what == 4:
            made[at : at + 4] = random.choice(
                (b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\x80", b"\x80\0\0\0")
            )
        elif what == 5:
            del made[at:]
        else:
            made[at:at] = random.choice(tokens) if tokens else made[: random.randint(0, 64)]
    return bytes(made)


_JSON: list[bytes] = []


def _json() -> bytes:
    if not _JSON:
        with examine([ROOT / "samples" / "two-streams.pcap"], Query(listed=3)) as results:
            out = io.BytesIO()
            publish("json", results, out, Page())
            _JSON.append(out.getvalue())
    return _JSON[0]
