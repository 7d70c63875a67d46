"""Reports made by hand, one per situation that a reporter has to draw. Numbers in each agree with one another."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace

from seqcheck import model
from seqcheck.model import (
    Also,
    Bin,
    Capture,
    Damage,
    Duplicate,
    Duplicates,
    Gap,
    Gaps,
    LayoutInfo,
    Records,
    Report,
    Rival,
    Stream,
    Tool,
    Verdict,
)

BEGIN = 1_511_557_884_000_000_000  # 2017-11-24 21:11:24 UTC
SPEC = "udp magic=u32be@0==0x53455143 stream=u32be@8 seq=u64be@16 time=u64be@24:ns"


def stream(number: int = 0, *, received: int = 100_000, duplicates: int = 0, missing: int = 0, late: int = 0) -> Stream:
    return Stream(
        id=number,
        key={
            "source": "10.0.0.1", "target": "10.0.0.2", "protocol": 17, "sport": 5000, "dport": 5001 + number,
            "stream": number + 7,
        },
        received=received,
        unique=received - duplicates,
        duplicates=duplicates,
        missing=missing,
        late=late,
        restarts=0,
        wraps=0,
        first_seq=1,
        last_seq=received - duplicates + missing,
        metrics={"rfc5560_duplication_fraction": duplicates / (received - duplicates), "rfc4737_extent_max": None},
    )  # fmt: skip


CLEAN = Report(
    seqcheck=Tool(version="1.2.3", kernel="native"),
    capture=Capture(
        inputs=("clean.pcap",),
        frames=100_000,
        bytes=6_000_000,
        first_ns=BEGIN,
        last_ns=BEGIN + 1_234_567_890,
        dropped=0,
        cut_frames=0,
        damage=(),
    ),
    layout=LayoutInfo(name="seqcheck", spec=SPEC),
    records=Records(sequenced=100_000, foreign=0, skipped={}),
    streams=(stream(),),
    duplicates=Duplicates(total=0, by_cause={}, distances=(), listed=(), complete=True),
    gaps=Gaps(total=0, missing=0, listed=(), complete=True),
    verdict=Verdict(
        cause="clean",
        strength="none",
        ring_size=None,
        ring_given=False,
        explained=0,
        of=0,
        bracket=None,
        statement="Clean: each of the 100,000 numbers came exactly once.",
        because=(),
        rivals=(),
        caveats=(),
    ),
)


def stale(number: int, distance: int, frame: int) -> Duplicate:
    return Duplicate(
        stream=0,
        seq=frame - 4140,
        frame=frame,
        earlier_frame=frame - 4096,
        ns=BEGIN + frame * 12_345,
        distance=distance,
        frame_distance=4096,
        lag=distance,
        time_lag_ns=4096 * 12_345 + number * 1000,
        copies=1,
        identical=True,
        same_length=True,
        differs=(),
        place="extra",
        cause="stale-slot",
        laps=1,
        shortfall=4096 - distance,
    )


_DISTANCES = (4096, 4096, 4095, 4096, 4093, 4096, 4095, 4096, 4096, 4094, 4096, 4095)

STALE = replace(
    CLEAN,
    capture=replace(CLEAN.capture, inputs=("ring-4096.pcap",), frames=100_040, bytes=6_002_400),
    records=Records(sequenced=100_000, foreign=28, skipped={"protocol": 12}),
    streams=(stream(duplicates=12),),
    duplicates=Duplicates(
        total=12,
        by_cause={"stale-slot": 12},
        distances=(
            Bin(low=4093, high=4093, count=1),
            Bin(low=4094, high=4094, count=1),
            Bin(low=4095, high=4095, count=3),
            Bin(low=4096, high=4096, count=7),
        ),
        listed=tuple(stale(i, distance, 5000 + 7919 * i) for i, distance in enumerate(_DISTANCES)),
        complete=True,
    ),
    verdict=Verdict(
        cause="stale-slot",
        strength="strong",
        ring_size=4096,
        ring_given=True,
        explained=12,
        of=12,
        bracket=(4096, 4096),
        statement="Consistent with a stale TX slot in a ring of 4096: all 12 duplicates carry what the slot held one"
        " lap before.",
        because=(
            "All 12 copies came 4093 to 4096 records after the first, never more than one lap.",
            "Counted in frames of the sender, the distance is 4096 every time; foreign frames fill the difference.",
            "Each copy is identical to the earlier frame, byte for byte, and equally long.",
            "Each stands alone between fresh records, and no number is missing at its place.",
        ),
        rivals=(
            Rival(
                cause="path-copy",
                why_not="A mirror port or a bond copies most frames at once; here 12 of 100,000, a lap apart.",
            ),
            Rival(
                cause="retransmission",
                why_not="It would follow a timer; the distance is constant in frames while the rate varied.",
            ),
        ),
        caveats=(
            "A capture cannot tell the driver from the program that fills the ring.",
            "The receiver's own RX ring may have the same size: a second capture point would exclude it.",
        ),
    ),
)

THREAD = replace(
    STALE,
    capture=replace(CLEAN.capture, inputs=("thread-32.pcap",), frames=104, bytes=6_240, last_ns=BEGIN + 1_040_000),
    records=Records(sequenced=104, foreign=0, skipped={}),
    streams=(stream(received=104, duplicates=1),),
    duplicates=Duplicates(
        total=1,
        by_cause={"stale-slot": 1},
        distances=(Bin(low=31, high=31, count=1),),
        listed=(
            replace(
                stale(0, 31, 101), seq=70, earlier_frame=70, frame_distance=31, shortfall=1, time_lag_ns=310_000, lag=31
            ),
        ),
        complete=True,
    ),
    verdict=replace(
        STALE.verdict,
        strength="weak",
        ring_size=32,
        explained=1,
        of=1,
        bracket=(31, None),
        statement="Weakly consistent with a stale TX slot in a ring of 32: the only duplicate is 31 records old, one"
        " short of a lap.",
        because=("The copy is 31 records old: one lap of 32, less one slot that other traffic used.",),
        rivals=(Rival(cause="retransmission", why_not="Cannot be excluded by a single duplicate."),),
        caveats=("One duplicate is too few to be sure.",),
    ),
)


def odd(number: int) -> Duplicate:
    return replace(
        stale(number, 17 + 977 * number % 9000, 90_000 + 431 * number),
        earlier_frame=90_000 + 431 * number - (17 + 977 * number % 9000) if number % 3 else None,
        distance=(17 + 977 * number % 9000) if number % 3 else None,
        frame_distance=None,
        time_lag_ns=(17 + 977 * number % 9000) * 10_000 if number % 3 else None,
        copies=None,
        identical=False if number % 2 else None,
        same_length=bool(number % 4) if number % 2 else None,
        differs=("ip.ttl", "ip.sum") if number % 4 == 1 else (),
        cause="unexplained",
        laps=None,
        shortfall=None,
        place="substitute" if number % 5 == 0 else "extra",
    )


UNEXPLAINED = replace(
    CLEAN,
    capture=replace(
        CLEAN.capture,
        inputs=("part-1.pcapng", "part-2.pcapng", "part-3.pcapng", "part-4.pcapng"),
        dropped=1203,
        cut_frames=17,
        damage=(
            Damage(input="part-3.pcapng", offset=48_211_904, what="a block of 1,718,973,556 bytes; 16 MiB make sense"),
            Damage(input="part-4.pcapng", offset=9_120, what="the file ends 44 bytes into a record of 60"),
        ),
    ),
    records=Records(sequenced=99_000, foreign=400, skipped={"port": 512, "short": 88}),
    streams=tuple(
        replace(
            stream(n, received=49_500, duplicates=150 - 60 * n, missing=5 + n, late=3), restarts=n, wraps=2 * n,
            key={"source": "fe80::1", "target": "ff02::1", "protocol": 17, "sport": 5000, "dport": 5001, "stream": n},
        )
        for n in range(2)
    ),
    duplicates=Duplicates(
        total=240,
        by_cause={"unexplained": 200, "path-copy": 40},
        distances=tuple(Bin(low=1 + 97 * n, high=1 + 97 * n, count=1 + n % 3) for n in range(80)),
        listed=tuple(
            replace(odd(n), stream=n % 2, cause="path-copy" if n % 6 == 1 else "unexplained") for n in range(20)
        ),
        complete=False,
    ),
    gaps=Gaps(
        total=11,
        missing=11,
        listed=tuple(
            Gap(stream=n % 2, first_seq=4_000 + 1_000 * n, count=1, frame=8_000 + 2_000 * n, ns=BEGIN + 98_765_432 * n)
            for n in range(11)
        ),
        complete=True,
    ),
    verdict=Verdict(
        cause="unexplained",
        strength="none",
        ring_size=None,
        ring_given=False,
        explained=200,
        of=240,
        bracket=None,
        statement="240 duplicates, and no cause explains them: their distances agree on no ring size.",
        because=("The distances are spread evenly from 1 to 7,664 records.",),
        rivals=(Rival(cause="stale-slot", why_not="A ring would gather the distances below a multiple of its size."),),
        caveats=("1,203 frames were dropped while capturing.",),
    ),
    also=(
        Also(cause="path-copy", explained=40, statement="40 frames came twice within 3 µs, with another hop count."),
    ),
)  # fmt: skip

MANY = replace(
    STALE,
    capture=replace(CLEAN.capture, inputs=("many.pcap",), frames=10_000_000, bytes=600_000_000, dropped=None),
    records=Records(sequenced=10_000_000, foreign=0, skipped={}),
    streams=tuple(stream(n, received=1_000, duplicates=1 if n % 700 == 3 else 0) for n in range(10_000)),
    duplicates=replace(
        STALE.duplicates,
        total=15,
        by_cause={"stale-slot": 15},
        distances=(Bin(low=509, high=509, count=2), Bin(low=511, high=512, count=9), Bin(low=1024, high=1024, count=1)),
        listed=tuple(
            replace(duplicate, stream=3 + 700 * n, distance=512, frame_distance=512, lag=1, shortfall=0)
            for n, duplicate in enumerate(STALE.duplicates.listed)
        ),
        complete=False,
    ),
    verdict=replace(
        STALE.verdict,
        strength="moderate",
        ring_size=512,
        ring_given=False,
        explained=12,
        of=15,
        bracket=(509, 512),
        statement="12 of 15 duplicates are consistent with a stale TX slot in a ring of 512.",
    ),
)

HOSTILE = replace(
    CLEAN,
    capture=replace(
        CLEAN.capture,
        inputs=("\x1b]0;owned\x07[red]x[/red]\u202egpj.pcap", "caf\udce9.pcap"),
        damage=(Damage(input="\x1b[2J", offset=1, what="\x9b31m\r\nseqcheck: clean"),),
    ),
    streams=(
        replace(
            stream(), key={"source": "[bold]1[/bold]", "target": "\x1b[31m2", "sport": 1, "dport": 2, "x": "\u2028"}
        ),
    ),
    verdict=replace(CLEAN.verdict, statement="[link=http://x]Clean[/link]\x1b[8m:smile:", because=("\x00", "\u2066y")),
)  # fmt: skip

ALL = {
    "clean": CLEAN, "stale": STALE, "thread": THREAD, "unexplained": UNEXPLAINED, "many": MANY, "hostile": HOSTILE,
}  # fmt: skip


def reachable(name: str, known: set[str]) -> set[str]:
    """The dataclasses of the model that a report can hold, by name."""
    known.add(name)
    for field in fields(getattr(model, name)):
        for word in re.findall(r"[A-Za-z]+", str(field.type)):
            if word not in known and is_dataclass(getattr(model, word, None)):
                reachable(word, known)
    return known
