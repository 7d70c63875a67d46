"""Findings -> Diagnosis: what the duplicates point to.

Theory of operation
    Whether the field counts at all is asked first (counter.py). The duplicates become a table of distances (table.py),
    the table populations by what the bytes say (populations.py), and for each population explanations compete
    (contest.py, explanations/) as probability models: what each makes of everything that was seen, times its prior
    (priors.py). No explanation has a turn before another. What comes of it is numbers (result.py); sentences are made
    elsewhere.

Invariants
    Pure: no I/O, no clock, no state. Every kept duplicate is in exactly one account. A ring is named only where the
    best explanation with one beats the best without, and as strongly as it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..track.tracker import Findings
from .facts import Evidence, Facts
from .table import Table, table

if TYPE_CHECKING:
    from .result import Account, CounterFault, Misfit

__all__ = ["Diagnosis", "Evidence", "Facts", "diagnose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The table, who accounts for which duplicates (the leading account first), and what is wrong with the counter or
    with a ring size that was given."""

    table: Table
    accounts: tuple[Account, ...] = ()
    counter: CounterFault | None = None
    misfit: Misfit | None = None


def diagnose(findings: Findings, facts: Facts) -> Diagnosis:
    """What the findings point to, in the light of the facts."""
    from .counter import fault

    columns, counter = table(findings), fault(findings, facts) if facts.numbered else None
    if not len(columns):
        return Diagnosis(table=columns, counter=counter)
    from .judge import judge  # here, since a clean capture needs none of it
    from .slots import placed

    judged = judge(findings, facts, columns)
    accounts = tuple(placed(one, columns, facts) for one in judged.accounts)
    return Diagnosis(table=columns, accounts=accounts, counter=counter, misfit=judged.misfit)
