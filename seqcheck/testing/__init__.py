"""For tests of senders, drivers and networks: assertions about a capture, whose failure reads like the report.

    from seqcheck.testing import assert_clean, assert_expected, assert_verdict

    assert_clean("run.pcap", layout="udp:5000 seq=u32be@0", max_missing="0.1%")
    assert_verdict("broken.pcap", "stale-slot", strength="moderate", ring_size=4096)
    assert_expected("broken.pcap", "expect.toml")

A capture is whatever `seqcheck.analyze` takes, or a Report that it gave. Each returns the Report. Trouble with the
capture or the arguments is a SeqcheckError, as usual. Nothing here needs pytest; the fixture is in `plugin`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import arguments
from ..demands import Demands, Expectation, Limit, Unmet
from ..errors import UsageError
from ..model import Report

if TYPE_CHECKING:
    from ..engine.session import Source

__all__ = ["assert_clean", "assert_demands", "assert_expected", "assert_verdict"]

WIDTH = 100  # of the report in a failure


def assert_clean(
    capture: Source | Iterable[Source] | Report,
    *,
    layout: str | None = None,
    max_duplicates: int | str = 0,
    max_missing: int | str = 0,
    max_late: int | str | None = None,
) -> Report:
    """Nothing came twice and nothing is missing, except what the limits allow: a count (3) or a share ("0.1%"). Late
    records count where they have a limit."""
    __tracebackhide__ = True
    demands = Demands(
        duplicates=_limit(max_duplicates),
        missing=_limit(max_missing),
        late=None if max_late is None else _limit(max_late),
    )
    return assert_demands(_report(capture, layout), demands)


def assert_verdict(
    capture: Source | Iterable[Source] | Report,
    cause: str | Sequence[str],
    *,
    layout: str | None = None,
    strength: str = "none",
    ring_size: int | None = None,
) -> Report:
    """The verdict is `cause` (or one of them), at least that strong; and the ring has that many slots, if given."""
    __tracebackhide__ = True
    table: dict[str, Any] = {"cause": list(arguments.texts("cause", cause)), "strength": strength}
    if ring_size is not None:
        table["ring_size"] = ring_size
    return assert_expected(capture, table, layout=layout)


def assert_expected(
    capture: Source | Iterable[Source] | Report, expected: str | Path | Mapping[str, Any], *, layout: str | None = None
) -> Report:
    """Everything in `expected` holds: the path of a TOML file as for `--expect`, or the same as a dict."""
    __tracebackhide__ = True
    demands = Demands(
        expected=Expectation.of(expected, "expected") if isinstance(expected, Mapping) else Expectation.load(expected)
    )
    return assert_demands(_report(capture, layout), demands)


def assert_demands(report: Report, demands: Demands) -> Report:
    """All that is demanded of the report holds; else an AssertionError that names all that does not."""
    __tracebackhide__ = True
    if unmet := demands.unmet(report):
        raise AssertionError(failure(report, unmet))
    return report


def failure(report: Report, unmet: Sequence[Unmet]) -> str:
    """What is not as demanded, and below that the report."""
    from ..outputs import Page, reporter

    drawn = io.BytesIO()
    reporter("terminal").write(report, drawn, Page(width=WIDTH))
    return "\n".join([*map(str, unmet), "", drawn.getvalue().decode("utf-8")]).rstrip()


def _report(capture: Source | Iterable[Source] | Report, layout: str | None) -> Report:
    if isinstance(capture, Report):
        if layout is not None and layout not in (capture.layout.name, capture.layout.spec):
            raise UsageError(f"the report was made with the layout {capture.layout.spec}, not {layout}")
        return capture
    from ..engine.session import analyze

    return analyze(capture, layout=layout)


def _limit(limit: int | str) -> Limit:
    try:
        return Limit.parse(str(limit))
    except ValueError as error:
        raise UsageError(str(error)) from error
