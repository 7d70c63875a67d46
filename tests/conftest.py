"""Settings for every test."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import netns
import pytest
from hypothesis import settings

from seqcheck.kernel import MODULES, protocols

os.environ.pop("GITHUB_ACTIONS", None)  # what the tests run are no jobs of their own, even where the tests are
os.environ["XDG_CONFIG_HOME"] = "/nonexistent"  # nobody's own settings; tshark gives up where it is no folder at all
os.environ["PYTHONSAFEPATH"] = "1"  # what they start is what was installed, not the folder that they are started from
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # under nohup
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background jobs; what we start inherits it
    signal.signal(signal.SIGINT, signal.default_int_handler)
# How long a machine takes says nothing of what is tested. The examples are the same in every run, so that a run says
# something about a change and not about chance; `--hypothesis-profile random` draws others, and is for searching.
settings.register_profile("random", deadline=None)
settings.register_profile("seqcheck", deadline=None, derandomize=True)
settings.load_profile("seqcheck")


def _benchmarks() -> None:
    """The package of that name beside the tests, without its folder on the path: seqcheck is the installed one."""
    folder = Path(__file__).resolve().parent.parent / "benchmarks"
    spec = importlib.util.spec_from_file_location(
        "benchmarks", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["benchmarks"] = module
    spec.loader.exec_module(module)


_benchmarks()


@pytest.fixture
def pair() -> Iterator[netns.Pair]:
    """Two network namespaces with a veth pair between them; skips the test where they cannot be made."""
    if why_not := netns.why_not():
        pytest.skip(why_not)
    with netns.pair() as made:
        yield made


@pytest.fixture(scope="session", params=MODULES)
def kernel(request: pytest.FixtureRequest) -> protocols.Kernel:
    """Each kernel in turn: a test that asks for it runs on all. The native one is skipped where it was not built (and
    test_kernel_choice.py sees to it that it is used where it was)."""
    loaded: protocols.Kernel = pytest.importorskip(
        MODULES[request.param], reason=f"the {request.param} kernel is not here"
    )
    return loaded
