"""Makes the sample captures again: `python -m seqcheck.simulate.samples [FOLDER]`.

For every scenario NAME.toml in the folder (default: samples) it writes NAME.pcap or NAME.pcapng and NAME.truth.json
beside it, byte for byte the same each time, and replaces what is there.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from seqcheck.simulate.run import simulate, write
from seqcheck.simulate.scenario_file import load
from seqcheck.simulate.truth_file import dump

FOLDER = Path("samples")


def sample(path: Path) -> dict[str, bytes]:
    """The files that a scenario file makes, by name."""
    made = simulate(load(path))
    capture = io.BytesIO()
    write(made, capture)
    return {
        f"{path.stem}.{made.scenario.capture.format}": capture.getvalue(),
        f"{path.stem}.truth.json": "".join(dump(made)).encode(),
    }


def make(folder: Path) -> list[Path]:
    """Write the files of all scenarios in `folder`; their paths."""
    paths = []
    for scenario in sorted(folder.glob("*.toml")):
        for name, data in sample(scenario).items():
            paths.append(folder / name)
            paths[-1].write_bytes(data)
    return paths


if __name__ == "__main__":
    for made in make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        sys.stdout.write(f"{made}\n")
