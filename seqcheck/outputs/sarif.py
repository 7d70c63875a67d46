"""What fails, as SARIF 2.1.0, for code scanning at GitHub and others. Source: the OASIS standard,
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

A capture has no lines: results are at line 1, which viewers need to show them at all.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from seqcheck.model import Report
from seqcheck.outputs import Page
from seqcheck.outputs.issues import Issue, issues

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def write(report: Report, out: BinaryIO, page: Page) -> None:
    """One log with one run."""
    found = list(issues(report, page.demands))
    out.write((json.dumps(log(report, found), indent=1) + "\n").encode("ascii"))


def log(report: Report, found: list[Issue]) -> dict[str, Any]:
    """The whole."""
    rules = list(dict.fromkeys(each.rule for each in found))
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "seqcheck",
                        "version": report.seqcheck.version,
                        "rules": [{"id": rule, "shortDescription": {"text": SAYS.get(rule, rule)}} for rule in rules],
                    }
                },
                "results": [result(each, rules.index(each.rule)) for each in found],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


SAYS = {
    "duplicates": "Numbers came more than once",
    "missing": "Numbers never came",
    "late": "Numbers came after higher ones",
    "damage": "The capture is damaged or cut short",
    "loss": "Numbers never came",
}


def result(issue: Issue, index: int) -> dict[str, Any]:
    """One issue."""
    location = {"artifactLocation": {"uri": issue.place}, "region": {"startLine": 1}}
    return {
        "ruleId": issue.rule,
        "ruleIndex": index,
        "level": issue.level,
        "message": {"text": issue.message},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"seqcheck/v1": issue.fingerprint},
    }
