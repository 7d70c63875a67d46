"""seqcheck compared with other tools, on the same files in turn.

    python -m benchmarks [--scale S] [--rounds N] [--inputs DIR]

Makes the inputs (up to 10 GB at full scale; kept in DIR, else in a temporary folder), runs every tool on each in turn,
several rounds, and writes medians and ratios to benchmarks/results/offline.md, with one picture. Every tool has
one processor, the last one; seqcheck, which unpacks ahead where there are more, reads packed files again with all
of them. The loop alone is measured in this process. Run nothing else at the same time. seqcheck keeps its
privileges: started by root it would hand over to a process of somebody else, which takes 0.1 s.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import launch, loop, memory, picture
from benchmarks.peers import FEW, PLAIN, SEQCHECK, SEQCHECK_ALL, UNPACKERS, Peer
from benchmarks.shapes import MILLION, SHAPES, Shape
from benchmarks.write import write
from seqcheck import kernel

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One tool on one input: medians over the rounds of seconds for the whole process, and its peak memory."""

    name: str
    frames: int
    wall: float
    cpu: float
    peak_mib: float

    @property
    def pace(self) -> float:
        """Frames per second."""
        return self.frames / self.wall


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All tools on one input."""

    title: str
    rows: tuple[Row, ...]
    absent: tuple[str, ...]


def measure(peer: Peer, file: Path) -> tuple[float, float, float]:
    """Seconds on the wall, of CPU, and MiB at the peak, of one run."""
    took = launch.run([word.replace("{file}", str(file)) for word in peer.argv], processors=peer.processors)
    if took.code not in (0, 1):  # 1: findings
        raise SystemExit(f"benchmarks: {peer.name} ended with {took.code} on {file.name}")
    return took.wall, took.cpu, took.peak_kib / 1024


def compare(title: str, peers: list[tuple[Peer, Path, int]], rounds: int) -> Table:
    """All peers in turn, round after round, after one that does not count."""
    here = [each for each in peers if each[0].installed]
    runs: dict[str, list[tuple[float, float, float]]] = {peer.name: [] for peer, _, _ in here}
    for turn in range(rounds + 1):
        for peer, file, _ in here:
            run = measure(peer, file)
            if turn:
                runs[peer.name].append(run)
    rows = [
        Row(
            name=peer.name,
            frames=frames,
            wall=statistics.median(run[0] for run in runs[peer.name]),
            cpu=statistics.median(run[1] for run in runs[peer.name]),
            peak_mib=max(run[2] for run in runs[peer.name]),
        )
        for peer, _, frames in here
    ]
    absent = tuple(peer.name for peer, _, _ in peers if not peer.installed)
    sys.stderr.write(f"{title}: " + ", ".join(f"{row.name} {row.wall:.2f} s" for row in rows) + "\n")
    return Table(title=title, rows=tuple(rows), absent=absent)


def make(folder: Path, shape: Shape, frames: int, *, blocks: bool = False) -> Path:
    """The capture, if it is not there yet."""
    path = folder / f"{shape.name}-{frames}.{'pcapng' if blocks else 'pcap'}"
    if not path.exists():
        with path.with_suffix(".part").open("wb") as out:
            write(out, shape, frames, blocks=blocks)
        path.with_suffix(".part").rename(path)
    return path


def tables(folder: Path, scale: float, rounds: int) -> list[Table]:
    """Everything that runs as a process of its own."""
    found = []
    for shape in SHAPES.values():
        frames = max(1000, int(shape.frames * scale))
        peers = PLAIN if shape.name == "small" else FEW
        whole = make(folder, shape, frames)
        files = [(peer, max(1000, int(frames * peer.share))) for peer in peers]
        found.append(
            compare(
                f"{shape.title}, pcap",
                [(peer, whole if count == frames else make(folder, shape, count), count) for peer, count in files],
                rounds,
            )
        )
        if shape.name == "small":
            blocks = make(folder, shape, frames, blocks=True)
            found.append(compare(f"{shape.title}, pcapng", [(peer, blocks, frames) for peer in FEW], rounds))
            found += packed(whole, frames, rounds)
    return found


def packed(file: Path, frames: int, rounds: int) -> list[Table]:
    """The same compressed, against the plain decompressor into a pipe."""
    found = []
    for ending, unpacker in UNPACKERS.items():
        tool = unpacker.name.split()[0]
        if not shutil.which(tool):
            continue
        path = file.with_name(file.name + ending)
        if not path.exists():
            with path.open("wb") as out:
                subprocess.run([tool, "-c", str(file)], stdout=out, check=True, stderr=subprocess.DEVNULL)
        peers = [(peer, path, frames) for peer in (SEQCHECK, SEQCHECK_ALL, unpacker)]
        found.append(compare(f"60-byte frames, {tool}", peers, rounds))
    return found


def page(found: list[Table], loops: str, memories: str, scale: float, rounds: int) -> str:
    """The results as Markdown."""
    lines = [
        "# seqcheck against the others",
        "",
        f"`python -m benchmarks --scale {scale:g} --rounds {rounds}`: whole processes, in turn on the same file in the "
        f"page cache, medians of {rounds} rounds, one of {os.cpu_count()} processors each where nothing else is said, "
        f'kernel: {kernel.load().NAME}. "of ours" is the time per frame, seqcheck\'s being 1.',
        "",
        "![frames per second](offline.svg)",
    ]  # fmt: skip
    for table in found:
        ours = table.rows[0].pace
        lines += [
            "",
            f"## {table.title}",
            "",
            "| tool | frames | wall s | CPU s | peak MiB | million frames/s | of ours |",
        ]
        lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
        lines += [
            f"| {row.name} | {row.frames:,} | {row.wall:.3f} | {row.cpu:.3f} | {row.peak_mib:.0f} "
            f"| {row.pace / 1e6:.3g} | {ours / row.pace:.3g} |"
            for row in table.rows
        ]
        if table.absent:
            lines += ["", f"Not installed: {', '.join(table.absent)}."]
    return "\n".join([*lines, "", "## The loop alone", "", loops, "", "## Memory", "", memories, ""])


def loop_table(folder: Path, scale: float, rounds: int) -> str:
    """The kernel's steps, ns per frame, on each shape."""
    lines = ["| input | index | decode | track | all, ns per frame | million frames/s | goal |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for shape in SHAPES.values():
        frames = max(1000, int(min(shape.frames, 4 * MILLION) * scale))
        count, times = loop.rounds(make(folder, shape, frames), kernel.load(), rounds)
        each = [times[step] / count * 1e9 for step in loop.STEPS]
        goal = f"{shape.goal / 1e6:.0f}" if shape.goal else ""
        cells = " | ".join(f"{ns:.1f}" for ns in (*each, sum(each)))
        lines.append(f"| {shape.title} | {cells} | {1e3 / sum(each):.1f} | {goal} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of frames (default: 1)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--inputs", type=Path, help="where to keep the inputs")
    args = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    launch.ready()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.inputs or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = tables(folder, args.scale, args.rounds)
        loops = loop_table(folder, args.scale, args.rounds)
        memories = memory.table(args.scale)
    (RESULTS / "offline.md").write_text(page(found, loops, memories, args.scale, args.rounds), encoding="utf-8")
    bars = [(row.name, row.pace) for row in found[0].rows]
    (RESULTS / "offline.svg").write_text(picture.bars(found[0].title, bars), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
