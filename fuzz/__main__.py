"""The C modules of the native kernel under libFuzzer, with AddressSanitizer and UndefinedBehaviorSanitizer.

    python -m fuzz [--seconds S] [--corpus DIR] [TARGET...]

Targets: index (any container, any bytes), decode (any program, any frames: the short ways against the long one) and
track (any numbers: cut into calls anyhow, each stream alone, and against a set). Each gets the same share of the
seconds. What was found before (found/) is tried first; a new find is kept in DIR, and the exit code is 1. Needs clang
with its sanitizers (Debian: clang, libclang-rt-dev). DIR keeps the inputs from run to run.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fuzz import seeds

HERE = Path(__file__).parent
NATIVE = HERE.parent / "seqcheck" / "kernel" / "native"
LENGTHS = {"index": 4096, "decode": 2048, "track": 600}  # bytes of an input, at most
# What a search by compared values costs (half of the time) is better spent on inputs where seeds have the values.
TRACED = {"index": [], "decode": ["-fno-sanitize-coverage=trace-cmp"], "track": ["-fno-sanitize-coverage=trace-cmp"]}
FLAGS = ["-std=c11", "-O2", "-g", "-fno-sanitize-recover=all"]
CHECKED = "-fsanitize=address,undefined"


def build(target: str, folder: Path) -> Path:
    """The target's program. CalledProcessError if it does not compile."""
    program = folder / target
    modules = [str(path) for path in sorted(NATIVE.glob("*.c"))]
    compiler = ["clang", *FLAGS, "-I", str(NATIVE), "-I", str(HERE), "-c"]
    objects = folder / f"{target}.objects"
    objects.mkdir(exist_ok=True)
    # The search is led by what happens in the modules, not by the ways of the harness.
    subprocess.run([*compiler, f"{CHECKED},fuzzer-no-link", *TRACED[target], *modules], check=True, cwd=objects)
    subprocess.run([*compiler, CHECKED, str(HERE / f"{target}.c"), "-o", "main.o"], check=True, cwd=objects)
    made = [str(path) for path in sorted(objects.glob("*.o"))]
    subprocess.run(["clang", f"{CHECKED},fuzzer", *made, "-o", str(program)], check=True)
    return program


def again(program: Path, target: str) -> bool:
    """Whether all that was found before is as it should be."""
    known = sorted((HERE / "found" / target).glob("*"))
    return (
        not known or subprocess.run([str(program), *map(str, known)], capture_output=True, check=False).returncode == 0
    )


def search(program: Path, target: str, corpus: Path, seconds: int) -> tuple[bool, int]:
    """Whether nothing was found, and how many inputs were tried."""
    kept = corpus / target
    kept.mkdir(parents=True, exist_ok=True)
    seeds.write(target, kept)
    command = [
        str(program),
        str(kept),
        f"-max_total_time={seconds}",
        f"-max_len={LENGTHS[target]}",
        "-print_final_stats=1",
    ]
    done = subprocess.run(
        [*command, f"-artifact_prefix={corpus}/{target}-"],
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stderr[-4000:])
    tried = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    return done.returncode == 0, int(tried[1]) if tried else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", default=[*LENGTHS], help=", ".join(LENGTHS))
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together (default: 60)")
    parser.add_argument("--corpus", type=Path, help="where to keep inputs and finds (default: a temporary folder)")
    args = parser.parse_args()
    if unknown := set(args.targets) - set(LENGTHS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if not shutil.which("clang"):
        parser.error("clang is not here")
    good = True
    with tempfile.TemporaryDirectory() as temporary:
        corpus = args.corpus or Path(tempfile.mkdtemp(prefix="fuzz-"))
        for target in args.targets:
            program = build(target, Path(temporary))
            clean, tried = again(program, target), 0
            if clean:
                clean, tried = search(program, target, corpus, max(1, args.seconds // len(args.targets)))
            good &= clean
            said = "nothing found" if clean else f"found something: see {corpus}"
            sys.stdout.write(f"{target}: {tried:,} inputs, {said}\n")
        if good and not args.corpus:
            shutil.rmtree(corpus)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
