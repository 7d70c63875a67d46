"""seqcheck: finds duplicated and missing sequence numbers, and says whether a NIC ring resent old slots.

    import seqcheck
    report = seqcheck.analyze("capture.pcap", layout="seqcheck", ring_sizes=[4096])
    print(report.verdict.statement)

Names in `__all__` are loaded on first use, so that `seqcheck --version` does not wait for NumPy.
"""

from __future__ import annotations

from seqcheck.version import VERSION as __version__  # noqa: N811 - the name that all packages have

# As typing has it, which takes longer to load than all else that runs before Ctrl-C is answered quietly (__main__.py).
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from seqcheck.capture.selection import Selection
    from seqcheck.engine.analyzer import Analyzer
    from seqcheck.engine.following import Live, live
    from seqcheck.engine.session import Progress, analyze
    from seqcheck.errors import (
        InputError,
        OutputError,
        PrivilegeError,
        SeqcheckError,
        UsageError,
    )
    from seqcheck.layout import Layout
    from seqcheck.model import Report
    from seqcheck.model.snapshot import Found, Snapshot

__all__ = [
    "Analyzer", "Found", "InputError", "Layout", "Live", "OutputError", "PrivilegeError", "Progress", "Report",
    "Selection", "SeqcheckError", "Snapshot", "UsageError", "__version__",
    "analyze", "live",
]  # fmt: skip

_HOME = {
    "Analyzer": "seqcheck.engine.analyzer",
    "Found": "seqcheck.model.snapshot",
    "Layout": "seqcheck.layout",
    "Live": "seqcheck.engine.following",
    "InputError": "seqcheck.errors",
    "OutputError": "seqcheck.errors",
    "PrivilegeError": "seqcheck.errors",
    "Progress": "seqcheck.engine.session",
    "Report": "seqcheck.model",
    "Selection": "seqcheck.capture.selection",
    "SeqcheckError": "seqcheck.errors",
    "Snapshot": "seqcheck.model.snapshot",
    "UsageError": "seqcheck.errors",
    "analyze": "seqcheck.engine.session",
    "live": "seqcheck.engine.following",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
