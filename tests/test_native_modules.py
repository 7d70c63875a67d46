"""The C modules of the native kernel: each compiles alone, without warnings, and knows nothing of Python; and what the
fuzzer begins with, and once found, under sanitizers (`python -m fuzz` looks for more)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from c_header import NATIVE

COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
MODULES = sorted(NATIVE.glob("*.c"))
HEADERS = sorted(NATIVE.glob("*.h"))
ROOT = NATIVE.parents[2]
BINDING = NATIVE.parent / "binding"
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["ext-modules"]
EXTENSIONS = {rule["name"].rpartition(".")[2]: rule for rule in RULES}
INCLUDED = re.compile(r'^(?:#include|cdef extern from) "(.*?)"', re.MULTILINE)
CIMPORTED = re.compile(r"^from seqcheck\.kernel\.binding\.(\w+) cimport", re.MULTILINE)
FUZZ = ROOT / "fuzz"
HERE = {**os.environ, "PYTHONSAFEPATH": ""}  # what is not installed is found in the folder it is started from
TARGETS = ("index", "decode", "track")
SANITIZE = ["-std=c11", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wstrict-prototypes", "-Werror", "-O2"]


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


@pytest.fixture(scope="session")
def narrow() -> list[str]:
    """The compilers that have what 32 bits need here."""
    libc = b"#include <stdlib.h>\nint nothing(void);\n"
    tried = {
        name: subprocess.run(
            [name, "-m32", "-x", "c", "-c", "-", "-o", "/dev/null"], input=libc, stderr=subprocess.DEVNULL, check=False
        )
        for name in COMPILERS
    }
    return [name for name, done in tried.items() if not done.returncode]


@pytest.mark.skipif(not COMPILERS, reason="no C compiler here")
@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("source", [*MODULES, *HEADERS], ids=names([*MODULES, *HEADERS]))
def test_each_compiles_alone_without_a_warning(
    source: Path, compiler: str, bits: int, narrow: list[str], tmp_path: Path
) -> None:
    if bits == 32 and compiler not in narrow:
        pytest.skip("no headers for 32 bits here")
    unit = source
    if source.suffix == ".h":  # twice, and nothing before it
        unit = tmp_path / "alone.c"
        unit.write_text(f'#include "{source.name}"\n#include "{source.name}"\nint nothing(void);\n', encoding="utf-8")
    command = [
        compiler,
        *STRICT,
        f"-m{bits}" if bits == 32 else "-O2",
        "-I",
        str(NATIVE),
        "-c",
        str(unit),
        "-o",
        str(tmp_path / "alone.o"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("source", [*MODULES, *HEADERS], ids=names([*MODULES, *HEADERS]))
def test_none_knows_python_or_includes_code(source: Path) -> None:
    included = re.findall(r'^#\s*include\s+[<"](.*?)[>"]', source.read_text(encoding="utf-8"), re.MULTILINE)
    assert not [name for name in included if "Python" in name or not name.endswith(".h")]


def needed(path: Path, found: set[Path]) -> set[Path]:
    """What `path` includes or cimports, and what these do."""
    text = path.read_text(encoding="utf-8")
    others = [path.parent / name for name in INCLUDED.findall(text)]
    others += [BINDING / f"{name}.pxd" for name in CIMPORTED.findall(text)]
    others += [path.with_suffix(".pxd")] if path.suffix == ".pyx" else []
    for other in {other.resolve() for other in others if other.exists()} - found:
        found.add(other)
        needed(other, found)
    return found


def test_the_build_takes_them_all() -> None:
    """Every module is compiled, and what it includes is a reason to compile again."""
    assert {path.stem for path in BINDING.glob("*.pyx")} == set(EXTENSIONS)
    sources = {path for rule in EXTENSIONS.values() for path in rule["sources"] if path.endswith(".c")}
    assert sources == {f"seqcheck/kernel/native/{path.name}" for path in MODULES}


@pytest.mark.parametrize("name", EXTENSIONS)
def test_an_extension_names_what_it_depends_on(name: str) -> None:
    rule = EXTENSIONS[name]
    found = {path for source in rule["sources"] for path in needed(ROOT / source, set())}
    assert sorted(rule["depends"]) == sorted(path.relative_to(ROOT).as_posix() for path in found)


@pytest.fixture(scope="session")
def sanitizing() -> str:
    """A compiler whose programs can be sanitized here."""
    for compiler in COMPILERS:
        command = [compiler, *SANITIZE, "-x", "c", "-", "-o", "/dev/null"]
        if not subprocess.run(
            command, input=b"int main(void) { return 0; }", capture_output=True, check=False
        ).returncode:
            return compiler
    pytest.skip("no compiler with sanitizers here")


@pytest.mark.parametrize("module", ["pages", "program", "table", "words"])
def test_a_module_alone(module: str, sanitizing: str, tmp_path: Path) -> None:
    """Linked with nothing but its own test."""
    own = NATIVE / f"{module}.c"
    sources = [ROOT / "tests" / "native" / f"{module}.c", *([own] if own.exists() else [])]
    command = [sanitizing, *SANITIZE, "-I", NATIVE, "-I", ROOT / "tests" / "native", *sources, "-o", tmp_path / module]
    subprocess.run(command, check=True, timeout=120)
    done = subprocess.run([tmp_path / module], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_read_outside_and_every_way_says_the_same(target: str, sanitizing: str, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    subprocess.run([sys.executable, "-m", "fuzz.seeds", target, seeds], cwd=ROOT, env=HERE, check=True, timeout=60)
    inputs = [*sorted((FUZZ / "found" / target).glob("*")), *sorted(seeds.glob("*"))]
    sources = [FUZZ / "replay.c", FUZZ / f"{target}.c", *MODULES]
    command = [sanitizing, *SANITIZE, "-I", NATIVE, "-I", FUZZ, *sources, "-o", tmp_path / target]
    subprocess.run(command, check=True, timeout=300)
    done = subprocess.run([tmp_path / target, *inputs], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(inputs) >= 15


def test_the_tricks_that_are_measured_are_there() -> None:
    code = "from benchmarks.kernel_tricks import *; print(len(TRICKS), *[t.name for t in TRICKS if not is_there(t)])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=HERE, capture_output=True, text=True, check=True, timeout=60
    )
    count, _, gone = done.stdout.strip().partition(" ")
    assert int(count) > 5
    assert gone == ""
