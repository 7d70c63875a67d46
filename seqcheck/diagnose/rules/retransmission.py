"""retransmission: the sender sent the number again on purpose.

Signature (ring-signatures 3.1 row 9; RFC 4737 section 2; tcptrace's hardware duplicates): the same number in a new
frame, so the IP identification is another one. A stale slot, a mirror and a loop repeat the old frame, identification
and all. With an identification that is always 0 this mark is missing, and seqcheck does not guess.
"""

from __future__ import annotations

from ..arrays import distinct
from ..case import Case, Claim, Evidence, plural, span, subject


def claim(case: Case) -> Claim | None:
    """Open duplicates whose IP identification differs from their copy's."""
    table = case.table
    rows = case.by_bytes(case.open & table.known, _sent_anew)
    if not rows.any():
        return None
    count = int(rows.sum())
    runs = len(distinct(table.run[rows]))
    compared = case.judged(rows)
    because = [
        f"{plural(len(compared), 'pair')} compared: the IP identification differs, so the sender made a new frame "
        f"each time; "
        "a stale slot repeats the old one.",
    ]
    if count > 2 * runs:
        because.append(f"They come in {plural(runs, 'window')} of {count / runs:.0f} neighbours on average.")
    lag = table.time_lag[rows]
    because.append(f"The second copy comes {span(lag // 1000)} µs after the first.")
    return Claim(
        cause="retransmission",
        rows=rows,
        strength="strong" if count >= 3 else "moderate",
        statement=f"{subject(count, len(table), 'was', 'were')} sent again on purpose: each is a new frame "
        f"with an "
        "old number.",
        because=tuple(because),
        caveats=("See whether the sender's protocol retransmits, and by which timer.",),
    )


def _sent_anew(evidence: Evidence) -> bool:
    return "ip.id" in evidence.differs
