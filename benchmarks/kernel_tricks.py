"""What each trick of the native kernel gains: it is built with and without, and both run in turn on the same input.

    python -m benchmarks.kernel_tricks [--rounds N] [--inputs DIR] [TRICK...]

A trick is a compiler's flag, or a piece of native/ that is replaced by the plain way in a copy of the sources. Prints,
for each, ns per frame with and without it where it is meant to help, and their ratio: above 1, it helps. Times are of
this thread's processor; of all rounds the second shortest counts, which a noisy machine disturbs least.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.__main__ import make
from benchmarks.shapes import SHAPES
from seqcheck import layout
from seqcheck.capture.slots import ROWS, SLOT
from seqcheck.kernel import border

ROOT = Path(__file__).resolve().parents[1]
FRAMES = {"large": 150_000, "contents": 3_000_000}  # the window of contents has to fill up first; and of all others:
MANY = 600_000
STEPS = ("index", "decode", "track")
MODULES = (
    "indexing",
    "decoding",
    "tracking",
    "contents",
)  # of seqcheck.kernel.binding, each an extension; the rest is as installed


@dataclass(frozen=True, slots=True, kw_only=True)
class Trick:
    """`flag` is left out, or in `file` the text `with_it` replaced by `without`; `where` is (shape, step): what it is
    meant to speed up. The shape "blocks" is the one of the smallest frames, as pcapng, "contents" the same frames for
    the step that tells them apart by their bytes, "chains" the same for a layout of which each may hold several."""

    name: str
    where: tuple[tuple[str, str], ...]
    flag: str = ""
    instead: str = ""  # of the flag
    file: str = ""
    with_it: str = ""
    without: str = ""


GUESSED = (("small", "index"), ("blocks", "index"))
ALL_KINDS = (
    *((shape, step) for shape in ("small", "imix") for step in STEPS),
    ("streams", "track"),
    ("twice", "track"),
)
FAR_APART = (("streams", "track"), ("shuffled", "track"))
HINTS = "native/hints.h"
LAYOUTS = {  # of shapes, where it is not the built-in that they are written for
    "contents": "content",
    "chains": "udp:5000 magic=u32be@0==0x53455143 stream=u32be@6 seq=u64be@10 each=18",
}
TRICKS = (
    Trick(name="-O3, against -O2", flag="-O3", instead="-O2", where=ALL_KINDS),
    Trick(
        name="the next length guessed", where=GUESSED, file=HINTS,
        with_it="    if (*right >= SURE) {", without="    if (0) {",
    ),
    Trick(
        name="asm behind the guess", where=GUESSED, file=HINTS,
        with_it='            __asm__("" : "+r"(guess));\n', without="",
    ),
    Trick(
        name="lines ahead of varying lengths", where=(("imix", "index"),), file=HINTS,
        with_it="    fetch_lines((uintptr_t)buf + (uintptr_t)a->fetched, FETCH);", without="",
    ),
    Trick(
        name="frames ahead, few streams", where=(("imix", "decode"),), file="native/alike.c",
        with_it="fetch_lines((uintptr_t)f.buf + (uintptr_t)f.off[row + FETCHED], 2);", without=";",
    ),
    Trick(
        name="flows ahead, many streams", where=(("streams", "decode"),), file="native/strips.c",
        with_it="        prefetch(d->flows.words + strip->place[k] * (uint64_t)d->flows.width);", without="",
    ),
    Trick(
        name="32 bytes compared at once", where=(("small", "decode"), ("imix", "decode"), ("streams", "decode")),
        file="native/alike.c", with_it="#define HAS_WIDE 1", without="#define HAS_WIDE 0",
    ),
    Trick(
        name="large pages", where=(("streams", "decode"), *FAR_APART), file="native/memory.c",
        with_it="    if (size > 2 * page)", without="    if (0)",
    ),
    Trick(
        name="lines fetched by track", where=FAR_APART, file=HINTS,
        with_it="    __builtin_prefetch(p);\n", without="    (void)p;\n",
    ),
    Trick(
        name="lines fetched to write", where=(("shuffled", "track"),), file=HINTS,
        with_it="    __builtin_prefetch(p, 1);\n", without="    (void)p;\n",
    ),
    Trick(
        name="four heads an entry, against two", where=(("contents", "decode"),), file="native/content_window.c",
        with_it="HEADS = 4", without="HEADS = 2",
    ),
    Trick(
        name="the latest stream and sender remembered", where=(("chains", "decode"),), file="native/long_way.c",
        with_it="    for (; *row < high; ++*row) {\n",
        without="    for (; *row < high; ++*row) {\n        latest.stream = latest.source = -1;\n",
    ),
)  # fmt: skip


def rules() -> dict[str, dict[str, Any]]:
    """How each of MODULES is built, from pyproject.toml."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    every = {rule["name"].rpartition(".")[2]: rule for rule in tool["setuptools"]["ext-modules"]}
    return {name: every[name] for name in MODULES}


def is_there(trick: Trick) -> bool:
    """Whether the kernel still has it, as this table says."""
    if trick.flag:
        return all(trick.flag in rule["extra-compile-args"] for rule in rules().values())
    return trick.with_it in (ROOT / "seqcheck" / "kernel" / trick.file).read_text()


def build(folder: Path, trick: Trick | None, cache: dict[str, Path]) -> dict[str, Path]:
    """The extensions, without the trick; what does not differ is taken from `cache`."""
    kernel = folder / "seqcheck" / "kernel"
    shutil.copytree(
        ROOT / "seqcheck" / "kernel", kernel, ignore=shutil.ignore_patterns("*.so", "*.c.orig", "__pycache__")
    )
    for package in (folder / "seqcheck", kernel):
        (package / "__init__.py").touch()
    if trick and not is_there(trick):
        raise SystemExit(f"{trick.name}: the kernel has no such thing any more")
    if trick and trick.file:
        path = kernel / trick.file
        path.write_text(path.read_text().replace(trick.with_it, trick.without))
    includes = "".join(
        path.read_text() for path in sorted(kernel.rglob("*")) if path.suffix in (".h", ".pxi", ".pxd", ".pyx")
    )
    made = dict[str, Path]()
    for name, rule in rules().items():
        flags = [flag for flag in rule["extra-compile-args"] if not trick or flag != trick.flag]
        if trick and trick.instead:
            flags.append(trick.instead)
        objects = [compiled(folder, source, flags, includes, cache) for source in rule["sources"]]
        made[name] = folder / f"{name}.so"
        run([*shlex.split(str(sysconfig.get_config_var("LDSHARED"))), *map(str, objects), "-o", str(made[name])])
    return made


def compiled(folder: Path, source: str, flags: list[str], includes: str, cache: dict[str, Path]) -> Path:
    """The object file of one module."""
    path = folder / source
    key = "\0".join([source, *flags, includes, path.read_text()])
    if key not in cache:
        if path.suffix == ".pyx":
            run([sys.executable, "-m", "cython", "-3", source], folder)
            path = path.with_suffix(".c")
        base = shlex.split(f"{sysconfig.get_config_var('CC')} {sysconfig.get_config_var('CFLAGS')} -fPIC -w")
        cache[key] = path.with_suffix(".o")
        run([*base, f"-I{sysconfig.get_path('include')}", *flags, "-c", str(path), "-o", str(cache[key])])
    return cache[key]


def run(command: list[str], folder: Path | None = None) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def load(made: dict[str, Path], name: str) -> SimpleNamespace:
    """What the extensions offer, beside others of the same names."""
    offered = dict[str, Any]()
    for each, path in made.items():
        loader = importlib.machinery.ExtensionFileLoader(f"{name}.{each}", str(path))
        spec = importlib.util.spec_from_file_location(f"{name}.{each}", path, loader=loader)
        assert spec
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        offered.update(vars(module))
    return SimpleNamespace(**offered)


def loop(path: Path, engine: Any, shape: str) -> dict[str, float]:
    """ns per frame of each step, over the whole file of that shape."""
    one, blocks = layout.resolve(LAYOUTS.get(shape, "seqcheck")), path.suffix == ".pcapng"
    decoder = engine.Content() if one.content else engine.Decoder(layout.compile(one))
    tracker = engine.Tracker(one.modulus)
    frames, events = border.Frames(ROWS), np.zeros(border.EVENTS, border.EVENT)
    records = border.RecordColumns(SLOT if one.each else ROWS)
    rule = border.PcapRule(big=False, nano=False, header=16, link=1)
    interfaces = np.array([(1, border.TIMES, 0, 1, 0)], border.INTERFACE)
    frames.buf = np.zeros(SLOT, np.uint8)
    spent, clock, total, start, stop = dict.fromkeys(STEPS, 0.0), time.thread_time, 0, 0, 0
    with path.open("rb", buffering=0) as file:
        file.seek(60 if blocks else 24)
        while True:
            frames.buf[: stop - start] = frames.buf[start:stop].copy()
            start, stop = 0, stop - start
            stop += file.readinto(memoryview(frames.buf)[stop:]) or 0
            frames.first, frames.count = total + 1, 0
            t0 = clock()
            if blocks:
                start, _ = engine.index_pcapng(frames.buf, 0, stop, False, interfaces, frames)
            else:
                start, _ = engine.index_pcap(frames.buf, 0, stop, rule, frames)
            t1 = clock()
            if not frames.count:
                return {step: seconds / total * 1e9 for step, seconds in spent.items()}
            decoder.decode(frames, 0, frames.count, records)
            t2, low = clock(), 0
            while low < records.count:
                low, _ = tracker.feed(frames, records, low, events)
            for step, seconds in zip(STEPS, (t1 - t0, t2 - t1, clock() - t2), strict=True):
                spent[step] += seconds
            total += frames.count


def side_by_side(path: Path, shape: str, engines: tuple[Any, Any], rounds: int) -> tuple[dict[str, float], ...]:
    """The second shortest times of both, by step."""
    times: list[list[dict[str, float]]] = [[], []]
    for turn in range(rounds + 1):
        for which in (0, 1) if turn % 2 else (1, 0):
            took = loop(path, engines[which], shape)
            if turn:
                times[which].append(took)
    first, second = (
        {step: sorted(each[step] for each in some)[min(1, rounds - 1)] for step in STEPS} for some in times
    )
    return first, second


def report(trick: Trick, path_of: Any, engines: tuple[Any, Any], rounds: int) -> Iterable[str]:
    for shape in dict.fromkeys(shape for shape, _ in trick.where):
        with_it, without = side_by_side(path_of(shape), shape, engines, rounds)
        for step in (step for where, step in trick.where if where == shape):
            ratio = without[step] / with_it[step]
            yield f"| {trick.name} | {shape} | {step} | {with_it[step]:.2f} | {without[step]:.2f} | {ratio:.2f} |\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tricks", nargs="*", metavar="TRICK", help="a part of its name (default: all)")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--inputs", type=Path, help="where to keep the inputs")
    args = parser.parse_args()
    chosen = [trick for trick in TRICKS if not args.tricks or any(word in trick.name for word in args.tricks)]
    with tempfile.TemporaryDirectory() as temporary:
        inputs = args.inputs or Path(temporary) / "inputs"
        inputs.mkdir(parents=True, exist_ok=True)
        cache: dict[str, Path] = {}

        def path_of(shape: str) -> Path:
            name = "small" if shape in ("blocks", *LAYOUTS) else shape
            return make(inputs, SHAPES[name], FRAMES.get(shape, MANY), blocks=shape == "blocks")

        plain = load(build(Path(temporary) / "with", None, cache), "with")
        sys.stdout.write("| trick | input | step | with, ns | without, ns | ratio |\n")
        sys.stdout.write("| --- | --- | --- | ---: | ---: | ---: |\n")
        for n, trick in enumerate(chosen):
            engine = load(build(Path(temporary) / f"without-{n}", trick, cache), f"without_{n}")
            for line in report(trick, path_of, (plain, engine), args.rounds):
                sys.stdout.write(line)
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
