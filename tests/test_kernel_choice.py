"""Which kernel is used: the native one where it is built, else the reference, never silently; what loading costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from seqcheck import kernel
from seqcheck.errors import UsageError

BUILT = find_spec("seqcheck.kernel.binding.tracking") is not None


def test_a_kernel_that_was_built_is_the_one_in_use() -> None:
    chosen = kernel.choice({})
    assert chosen.name == ("native" if BUILT else "reference")
    assert chosen.name == kernel.load(chosen.name).NAME
    assert bool(chosen.fallback) == (not BUILT)


def test_the_reference_can_be_asked_for_and_then_is_no_fallback() -> None:
    assert kernel.choice({kernel.VARIABLE: "reference"}) == kernel.Choice(name="reference")


def test_a_kernel_that_is_none() -> None:
    with pytest.raises(UsageError, match="quick"):
        kernel.choice({kernel.VARIABLE: "quick"})


def test_falling_back_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "seqcheck.kernel.binding.kernel", None)
    chosen = kernel.choice({})
    assert chosen.name == "reference"
    assert "native" in chosen.fallback
    with pytest.raises(UsageError, match="native"):
        kernel.choice({kernel.VARIABLE: "native"})


@pytest.mark.skipif(not BUILT, reason="the native kernel is not built here")
def test_the_native_kernel_loads_without_numpy() -> None:
    """So that `--version` can name it and stay quick."""
    code = "import sys, json; from seqcheck import kernel; print(json.dumps([kernel.choice().name, *sys.modules]))"
    environ = {name: value for name, value in os.environ.items() if name != kernel.VARIABLE}
    name, *loaded = json.loads(subprocess.check_output([sys.executable, "-c", code], env=environ))
    assert name == "native"
    assert not {"numpy", "scapy", "dpkt", "seqcheck.kernel.border"} & set(loaded)
