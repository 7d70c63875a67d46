"""Memory at the peak: of an interpreter that does nothing, and of seqcheck on pipes of 1 and of 10 GB.

    python -m benchmarks.memory [--scale S]

The pipes carry 60-byte frames in order, made as they are read; nothing is stored.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks import launch
from benchmarks.peers import SEQCHECK

FRAME = 76  # bytes of a 60-byte frame with its header in a pcap
GB = 10**9
SIZES = (GB, 10 * GB)


def piped(frames: int) -> launch.Took:
    """seqcheck on a pipe of so many frames."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.write", "small", str(frames)], stdout=subprocess.PIPE
    )  # fmt: skip
    assert writer.stdout is not None
    command = ["-" if word == "{file}" else word for word in SEQCHECK.argv]
    took = launch.run(command, processors=0, stdin=writer.stdout.fileno())
    writer.stdout.close()
    if writer.wait() or took.code:
        raise SystemExit(f"benchmarks.memory: the writer ended with {writer.returncode}, seqcheck with {took.code}")
    return took


def table(scale: float) -> str:
    """As Markdown."""
    idle = launch.run([sys.executable, "-c", "pass"], processors=0)
    lines = ["| | peak MiB | above idle |", "| --- | ---: | ---: |"]
    lines.append(f"| an idle interpreter | {idle.peak_kib / 1024:.0f} | |")
    for size in SIZES:
        frames = max(1000, int(size * scale) // FRAME)
        took = piped(frames)
        above = (took.peak_kib - idle.peak_kib) / 1024
        lines.append(f"| a pipe of {frames * FRAME / GB:,.3g} GB | {took.peak_kib / 1024:.0f} | {above:.0f} |")
        sys.stderr.write(f"memory: {frames:,} frames by a pipe: {took.peak_kib / 1024:.0f} MiB, {took.wall:.1f} s\n")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="of the sizes (default: 1)")
    sys.stdout.write(table(parser.parse_args().scale) + "\n")
