"""All candidates of a sample, ranked: what the search finds at every place, built-ins that count, the last resorts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqcheck.dataclass import dataclass, replace
from seqcheck.kernel.border import Frames
from seqcheck.kernel.protocols import Kernel
from seqcheck.layout.discovery.because import because
from seqcheck.layout.discovery.candidate import DOUBTLESS, Candidate
from seqcheck.layout.discovery.columns import HEAD
from seqcheck.layout.discovery.make import Found
from seqcheck.layout.discovery.named import believed, known
from seqcheck.layout.discovery.places import Place, headers, places
from seqcheck.layout.discovery.ports import partners, together
from seqcheck.layout.discovery.score import caution, score
from seqcheck.layout.discovery.search import search
from seqcheck.layout.discovery.subject import Subject
from seqcheck.layout.discovery.trial import Trial, trial
from seqcheck.layout.model import Pieces

# What the last resort looks at: bytes of the header, and where the lowest byte of a counter may be in them.
HEADERS = {"eth": (20, range(4, 6)), "ip": (4, range(4))}
WORTH = 0.05  # score, below which nothing is told
STREAMS, VALUES = 3, 8  # numbers that a candidate shows
NAMED = 0.8  # score, from which on a built-in is one
NAME = 0.2  # worth of a name, where two candidates are as good
COMMON = 0.9  # of the frames and the numbers of two candidates, that are one
START = 0.01  # worth of a number that begins with 0 or 1
FAR, DEEP = 100, 0.0003  # each byte of distance counts so little, up to so many
INSIDE = 0.1  # worth of being read inside a tunnel, where copies that take several ways are one stream
AS_GOOD = 0.005  # less score, for which other traffic is left out
END = 0.05  # from the end, where it is the same from the start: a frame that was cut short would not be read
MANY = 0.1  # worth of having all records of the sample, likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranked:
    found: Found
    candidate: Candidate
    tried: Trial
    rank: float


def discover(frames: Frames, kernel: Kernel) -> list[Candidate]:
    """The layouts that count in these frames, the best first; of those that read the same numbers, the best alone."""
    subject = Subject(frames, kernel)
    where = places(frames)
    found = [*_builtin(subject, where), *_searched(subject, where, last=False)]
    found += _together(subject, found)
    found += _searched(subject, headers(frames), last=True)
    best: list[_Ranked] = []
    candidates: list[Candidate] = []
    read = np.zeros(frames.count, np.bool_)
    for each in sorted(found, key=lambda one: -one.rank):
        if any(_same(each.tried, other.tried) for other in best):
            continue
        best.append(each)
        candidates.append(replace(each.candidate, apart=int(np.count_nonzero(~read[each.tried.row]))))
        read[each.tried.row] = True
    return candidates


def _searched(subject: Subject, where: list[Place], *, last: bool) -> Iterator[_Ranked]:
    """What the search finds."""
    for place in where:
        head, only = HEADERS[place.anchor] if last else (HEAD, None)
        for one in search(subject.frames, place, head=head, only=only):
            tried = trial(subject, one.layout)
            value = score(one, tried, last=last)
            if value >= WORTH and not last:
                one, tried, value = _narrowed(subject, one, tried, value)
            if value >= WORTH:
                ranked = _ranked(subject, one, tried, value, last=last)
                yield replace(ranked, rank=ranked.rank + INSIDE) if place.inside else ranked


def _narrowed(subject: Subject, one: Found, tried: Trial, value: float) -> tuple[Found, Trial, float]:
    """The same by the port that only those flows have in which it counts, if it counts as well."""
    for other in partners(subject, one, tried):
        again = trial(subject, other.layout)
        better = score(other, again)
        if better >= value - AS_GOOD:
            return other, again, better
    return one, tried, value


def _together(subject: Subject, found: list[_Ranked]) -> Iterator[_Ranked]:
    """What is beyond doubt on several ports, as one."""
    sure = sorted((each for each in found if each.candidate.score > DOUBTLESS), key=lambda one: -one.rank)
    for one in together(each.found for each in sure):
        tried = trial(subject, one.layout)
        yield _ranked(subject, one, tried, score(one, tried), last=False)


def _builtin(subject: Subject, where: list[Place]) -> Iterator[_Ranked]:
    """The built-ins that count."""
    for layout, own in known(where):
        tried = trial(subject, layout)
        one = Found(layout=layout, own=own and layout.selector is not None)
        value = score(one, tried)
        if value >= NAMED and believed(layout, own, tried, subject.frames):
            yield _ranked(subject, one, tried, value, last=False)


def _ranked(subject: Subject, one: Found, tried: Trial, value: float, *, last: bool) -> _Ranked:
    candidate = Candidate(
        layout=one.layout,
        records=len(tried.row),
        streams=tried.streams,
        apart=len(tried.row),
        score=value * caution(one, tried),
        because=because(one, tried, last=last),
        values=_values(tried),
    )
    share = len(tried.row) / max(subject.frames.count, 1)
    start = START * bool(len(tried.seq) and int(tried.seq[0]) <= 1)
    seq = one.layout.seq
    offset = (seq.words[-1] if isinstance(seq, Pieces) else seq).offset
    deep = min(abs(offset), FAR) * DEEP + END * (offset < 0)
    return _Ranked(
        found=one,
        candidate=candidate,
        tried=tried,
        rank=value + MANY * share + NAME * bool(one.layout.name) + start - deep,
    )


def _same(one: Trial, other: Trial) -> bool:
    """Whether two trials read the same numbers, in the frames that both of them read."""
    _, mine, others = np.intersect1d(one.row, other.row, assume_unique=True, return_indices=True)
    if len(mine) < COMMON * min(len(one.row), len(other.row)):
        return False
    alike = one.seq[mine] & np.uint64(0x0F) == other.seq[others] & np.uint64(0x0F)
    return bool(np.mean(alike) >= COMMON)


def _values(tried: Trial) -> tuple[tuple[int, ...], ...]:
    """The first numbers of the first streams."""
    return tuple(
        tuple(tried.seq[np.flatnonzero(tried.stream == stream)[:VALUES]].tolist())
        for stream in range(min(tried.streams, STREAMS))
    )
