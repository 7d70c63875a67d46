"""Findings -> Diagnosis: what the duplicates point at.

Theory of operation
    The duplicates become a table of distances (table.py). The rules (rules/, one cause each) look at those that are
    still open, in a fixed order, and claim the ones they explain. The claims become one verdict and what was found
    beside it (verdict.py). Odds and ring sizes are in odds.py, ring.py and sizes.py.

Invariants
    Pure: no I/O, no clock, no state. Every kept duplicate is claimed by exactly one rule. Nothing is blamed on a ring
    unless the distances agree on one better than chance allows.
"""

from __future__ import annotations

import numpy as np

from ..dataclass import dataclass
from ..track import Findings
from .case import Case, Claim, Evidence, Facts
from .table import Table, table
from .verdict import Judgement, judge

__all__ = ["Diagnosis", "Evidence", "Facts", "diagnose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The table, who claimed what, and the judgement over all."""

    table: Table
    claims: tuple[Claim, ...]
    judgement: Judgement


def diagnose(findings: Findings, facts: Facts) -> Diagnosis:
    """What the findings point at, in the light of the facts."""
    columns = table(findings)
    case = Case(
        findings=findings,
        facts=facts,
        table=columns,
        open=np.ones(len(columns), np.bool_),
        aside=np.zeros(len(columns), np.bool_),
    )
    claims: list[Claim] = []
    if len(columns):
        from .rules import RULES  # here, since a clean capture needs none of them

        for rule in RULES:
            claim = rule(case)
            if claim is not None and claim.rows.any():
                claims.append(claim)
                case = case.without(claim)
            if not case.open.any():
                break
    return Diagnosis(table=columns, claims=tuple(claims), judgement=judge(case, tuple(claims)))
