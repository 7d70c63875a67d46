"""Runs ended at random moments by KILL, TERM, INT and HUP in turn: are the files they leave complete or absent?

    python -m benchmarks.kills [--rounds N] [--seed N] [--live]

Every report at once, half of them over files that exist; with --live, evidence and report of live captures (as root).
Exit code 1 if something is wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import killing  # noqa: E402 - of the tests
import killing_live  # noqa: E402 - likewise

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--live", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.live:
            wrong = killing_live.rounds(Path(folder), args.rounds, args.seed)
        else:
            wrong = killing.rounds(ROOT / "samples" / "stale-slot.pcap", Path(folder), args.rounds, args.seed)
    for each in wrong:
        sys.stdout.write(f"{each}\n")
    sys.stdout.write(f"{args.rounds} runs ended, {len(wrong)} faults\n")
    sys.exit(1 if wrong else 0)
