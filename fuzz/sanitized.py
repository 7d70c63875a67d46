"""The kernel's tests against a native kernel built with AddressSanitizer and UndefinedBehaviorSanitizer.

    python -m fuzz.sanitized [PYTEST ARGUMENT...]

Builds in a temporary copy, with the compiler that Python was built with; the installed one stays unchanged. Without
arguments it runs all tests of the kernel, which takes some minutes. Exits as pytest does: the first finding ends it.
Needs setuptools and Cython (`pip install -e ".[test,build]"`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "build", "*.so", "*.egg-info", "__pycache__", "results")
FLAGS = "-fsanitize=address,undefined -fno-omit-frame-pointer -O1 -g"
BUILD = "import setuptools, sys; sys.argv = ['setup.py', '-q', 'build_ext', '--inplace']; setuptools.setup()"
LIBRARIES = ("libasan.so", "libubsan.so")


def libraries() -> str:
    """The sanitizers' own, which have to be loaded before Python."""
    compiler = str(sysconfig.get_config_var("CC")).split()[0]
    return " ".join(
        subprocess.check_output([compiler, f"-print-file-name={name}"], text=True).strip() for name in LIBRARIES
    )


def main() -> int:
    with tempfile.TemporaryDirectory() as temporary:
        tree = Path(temporary) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        built = {**os.environ, "CFLAGS": FLAGS, "LDFLAGS": FLAGS}
        subprocess.run([sys.executable, "-W", "ignore", "-c", BUILD], cwd=tree, env=built, check=True)
        binding = tree / "seqcheck" / "kernel" / "binding"
        if any(not list(binding.glob(f"{path.stem}.*.so")) for path in binding.glob("*.pyx")):
            raise SystemExit("fuzz: the native kernel was not built")
        tests = sys.argv[1:] or sorted(map(str, (tree / "tests").glob("test_kernel_*.py"))) + [
            str(tree / "tests" / name) for name in ("test_index.py", "test_decode_rules.py", "test_track.py")
        ]
        environ = {
            **os.environ, "PYTHONPATH": str(tree), "PYTHONMALLOC": "malloc", "LD_PRELOAD": libraries(),
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1", "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        }  # fmt: skip
        command = [sys.executable, "-P", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-o", "pythonpath=tests"]
        return subprocess.run([*command, *tests], cwd=tree, env=environ, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
