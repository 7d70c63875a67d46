"""The pytest plugin: a fixture `check_capture`, loaded by itself where seqcheck is installed beside pytest.

    def test_the_driver(check_capture):
        check_capture.clean("run.pcap", max_missing="0.1%")

It asserts as seqcheck.testing does; and where an assertion fails, the JSON report is left in the test's `tmp_path`, and
the failure says so. The ini option `seqcheck_layout` is the layout where a test gives none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from ..engine.session import Source
    from ..model import Report

LAYOUT = "seqcheck_layout"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our ini option."""
    parser.addini(LAYOUT, "where check_capture finds the sequence number: a layout as for seqcheck analyze", default="")


@pytest.fixture
def check_capture(tmp_path: Path, pytestconfig: pytest.Config) -> CheckCapture:
    """Assertions about captures: clean(...), verdict(...), expected(...)."""
    return CheckCapture(tmp_path, pytestconfig.getini(LAYOUT) or None)


class CheckCapture:
    """What the fixture gives. The arguments are those of seqcheck.testing's functions."""

    def __init__(self, folder: Path, layout: str | None) -> None:
        self._folder = folder
        self._layout = layout

    def clean(self, capture: Source | Iterable[Source], **limits: Any) -> Report:
        """See assert_clean."""
        __tracebackhide__ = True
        from . import assert_clean

        report = self._report(capture, limits.pop("layout", None))
        try:
            return assert_clean(report, **limits)
        except AssertionError as error:
            self._fail(report, error)

    def verdict(self, capture: Source | Iterable[Source], cause: str, **more: Any) -> Report:
        """See assert_verdict."""
        __tracebackhide__ = True
        from . import assert_verdict

        report = self._report(capture, more.pop("layout", None))
        try:
            return assert_verdict(report, cause, **more)
        except AssertionError as error:
            self._fail(report, error)

    def expected(
        self, capture: Source | Iterable[Source], expected: str | Path | Mapping[str, Any], *, layout: str | None = None
    ) -> Report:
        """See assert_expected."""
        __tracebackhide__ = True
        from . import assert_expected

        report = self._report(capture, layout)
        try:
            return assert_expected(report, expected)
        except AssertionError as error:
            self._fail(report, error)

    def _report(self, capture: Source | Iterable[Source], layout: str | None) -> Report:
        from ..engine.session import analyze

        return analyze(capture, layout=layout or self._layout)

    def _fail(self, report: Report, error: AssertionError) -> NoReturn:
        __tracebackhide__ = True
        from ..outputs import Page, reporter

        number = len([*self._folder.glob("seqcheck*.json")])
        path = self._folder / (f"seqcheck-{number}.json" if number else "seqcheck.json")
        with open(path, "xb") as out:
            reporter("json").write(report, out, Page())
        pytest.fail(f"{error}\nAs JSON: {path}", pytrace=False)
