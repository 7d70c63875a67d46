"""Workers on many machines: a Dask cluster, by the address of its scheduler.

    with connected("tcp://host:8786") as cluster:
        analyze(captures, executor=cluster.executor)

"local:4" starts four processes on this machine, which end with the context. Dask is loaded here and nowhere else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

from ..dataclass import dataclass
from ..errors import InputError, UsageError
from ..spawning import CTRL_C, undisturbed

PATIENCE_S = 20  # for the scheduler to answer, and for its first worker
_LOCAL = re.compile(r"local:([1-9]\d{0,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """`executor` has the workers; `link` is that of the scheduler's dashboard, empty if there is none."""

    executor: Executor
    link: str


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The cluster at that address. UsageError if there can be none, InputError if it does not answer."""
    try:
        distributed: Any = import_module("distributed")  # untyped in part
    except ImportError as error:
        raise UsageError(
            f"--cluster needs a package that is missing: {error.name}", hint="pip install 'seqcheck[cluster]'"
        ) from error
    local = _LOCAL.fullmatch(address)
    if not local and "://" not in address:
        raise UsageError(
            f"{address} is not the address of a cluster",
            hint="A scheduler's address is tcp://HOST:8786; local:4 is four processes on this machine.",
        )
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised
    with ExitStack() as stack:
        where: Any = address
        if local:
            with undisturbed(CTRL_C):
                made = distributed.LocalCluster(
                    n_workers=int(local[1]), threads_per_worker=1, processes=True, dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )  # fmt: skip
            where = stack.enter_context(made)
        try:
            client = stack.enter_context(distributed.Client(where, timeout=PATIENCE_S))
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(f"there is no scheduler at {address}: {error}") from error
        try:
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError as error:
            raise InputError(f"the scheduler at {address} has no worker") from error
        executor = client.get_executor()
        stack.callback(executor.shutdown, wait=False)
        yield Cluster(executor=executor, link="" if local else client.dashboard_link)
