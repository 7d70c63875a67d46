"""The kernel's loop alone: index, decode and track, block by block, without reading.

    python -m benchmarks.loop CAPTURE... [--kernel native|reference] [--layout seqcheck|content] [--rounds N]

Prints ns per frame of each step and frames/s of all three together, the median of the rounds. Classic pcap, little
endian, microseconds. Blocks and columns are of the sizes that the sources use.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from seqcheck import kernel, layout
from seqcheck.capture.slots import ROWS, SLOT
from seqcheck.kernel import border, protocols

STEPS = ("index", "decode", "track")
Times = dict[str, float]  # seconds by step


def run(path: Path, engine: protocols.Kernel, name: str = "seqcheck") -> tuple[int, Times]:
    """Frames, and the seconds that each step took over the whole file, with the layout of that name."""
    one = layout.resolve(name)
    decoder: protocols.DecoderLike = engine.Content() if one.content else engine.Decoder(layout.compile(one))
    tracker = engine.Tracker(one.modulus)
    frames, records, events = border.Frames(ROWS), border.RecordColumns(ROWS), np.zeros(border.EVENTS, border.EVENT)
    rule = border.PcapRule(big=False, nano=False, header=16, link=1)
    frames.buf = np.zeros(SLOT, np.uint8)
    spent, clock, total, start, stop = dict.fromkeys(STEPS, 0.0), time.perf_counter, 0, 0, 0
    with path.open("rb", buffering=0) as file:
        file.seek(24)
        while True:
            frames.buf[: stop - start] = frames.buf[start:stop].copy()
            start, stop = 0, stop - start
            stop += file.readinto(memoryview(frames.buf)[stop:]) or 0
            frames.first, frames.count = total + 1, 0
            t0 = clock()
            start, _ = engine.index_pcap(frames.buf, 0, stop, rule, frames)
            t1 = clock()
            if not frames.count:
                return total, spent
            decoder.decode(frames, 0, frames.count, records)
            t2 = clock()
            low = 0
            while low < records.count:
                low, _ = tracker.feed(frames, records, low, events)
            t3 = clock()
            for step, seconds in zip(STEPS, (t1 - t0, t2 - t1, t3 - t2), strict=True):
                spent[step] += seconds
            total += frames.count


def rounds(path: Path, engine: protocols.Kernel, count: int, name: str = "seqcheck") -> tuple[int, Times]:
    """Frames, and the medians over `count` rounds, by step."""
    frames, _ = run(path, engine, name)  # which also brings the file into the page cache
    all_times = [run(path, engine, name)[1] for _ in range(count)]
    return frames, {step: statistics.median(times[step] for times in all_times) for step in STEPS}


def main() -> None:
    parser = argparse.ArgumentParser(description="The kernel's loop alone, ns per frame.")
    parser.add_argument("capture", nargs="+", type=Path)
    parser.add_argument("--kernel", choices=("native", "reference"), default="native")
    parser.add_argument("--layout", choices=("seqcheck", "content"), default="seqcheck")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    say = sys.stdout.write
    say(f"{'':24}" + "".join(f"{step:>9}" for step in STEPS) + f"{'all':>9}  ns/frame\n")
    for path in args.capture:
        frames, times = rounds(path, kernel.load(args.kernel), args.rounds, args.layout)
        each = [times[step] / frames * 1e9 for step in STEPS]
        say(f"{path.name:24}" + "".join(f"{ns:9.2f}" for ns in (*each, sum(each))))
        say(f"  {1e3 / sum(each):6.1f} million frames/s\n")


if __name__ == "__main__":
    main()
