"""What fails, as GitLab's code quality report. Source: https://docs.gitlab.com/ci/testing/code_quality/, "implement a
custom tool"."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from seqcheck.model import Report
from seqcheck.outputs import Page
from seqcheck.outputs.issues import Issue, issues

SEVERITY = {"error": "major", "warning": "minor", "note": "info"}


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """A list, empty if nothing is wrong."""
    found = [entry(each) for each in issues(report, page.demands)]
    out.write((json.dumps(found, indent=1) + "\n").encode("ascii"))


def entry(issue: Issue) -> dict[str, Any]:
    """One issue."""
    return {
        "description": issue.message,
        "check_name": f"seqcheck/{issue.rule}",
        "fingerprint": issue.fingerprint,
        "severity": SEVERITY[issue.level],
        "location": {"path": issue.place, "lines": {"begin": 1}},
    }
