"""The verdicts that name no cause."""

from __future__ import annotations

from .entry import RFC_5560, Explanation, Rival, Source, Step

CLEAN = Explanation(
    name="clean",
    brief="no number came twice",
    what=(
        "Every record carried a number that had not come before. Restarts, wraps and late numbers are not duplicates. "
        "Numbers may still be missing: then the report says so, and the exit code is 1."
    ),
    seen=(
        "No duplicate in any stream.",
        "With `missing` 0: every number between the first and the highest came, in whatever order.",
    ),
    apart=(
        Rival(
            name="stale-slot",
            apart=(
                "stale slots that held frames without the header resend no number and are not seen; and where the "
                "counter's range divides the ring, a frame one lap old carries the number that is due."
            ),
        ),
        Rival(name="missing", apart="nothing came twice, but some numbers never came."),
    ),
    steps=(
        Step(
            do="Was the capture long enough? A fault that shows once an hour needs hours.",
            command="seqcheck live eth0 --until-duplicate",
        ),
        Step(
            do="Was the right header read? Compare the number of records with what was sent.",
            command="seqcheck layouts",
        ),
        Step(
            do="Give the ring's size: a caveat then says whether the counter can show the fault at all.",
            command="seqcheck analyze --ring-size 512 run.pcap",
        ),
    ),
    sources=(RFC_5560,),
)

UNEXPLAINED = Explanation(
    name="unexplained",
    brief="duplicates, and nothing that seqcheck knows fits",
    what=(
        "Numbers came twice, but the distances fit neither a ring nor a constant time, and the bytes point to no "
        "other cause. That is an answer: a wrong accusation is worse than none. Some faults are like that, and some "
        "captures hold too little to tell."
    ),
    seen=(
        (
            "Distances that scatter: buffers of a pool that are sent without being filled come back after as many "
            "frames as there are buffers in circulation, which is not a fixed number."
        ),
        "A counter that hardly changes: not a sequence number, or the layout reads the wrong bytes.",
        (
            "Copies that differ in the payload: part of the frame is old and part is new (caches that were not "
            "flushed), or two senders use the same numbers."
        ),
        (
            "Earlier copies that lie beyond the window in which places are remembered: these are counted, without a "
            "distance."
        ),
        "So few duplicates that chance could have placed them.",
    ),
    apart=(
        Rival(
            name="stale-slot",
            apart=(
                "a ring's distances agree; if they nearly do, give --ring-size and capture the sender's other traffic, "
                "too."
            ),
        ),
        Rival(
            name="path-copy",
            apart="a path keeps time; with two paths of different delay the times fall into two groups.",
        ),
        Rival(
            name="restart",
            apart=(
                "a restart goes on counting up; senders that restart all the time within few records may look like "
                "this."
            ),
        ),
    ),
    steps=(
        Step(do="Give the ring's size, if the sender has a ring.", command="seqcheck analyze --ring-size 512 run.pcap"),
        Step(
            do=(
                "Capture without a filter and with whole frames: the other frames settle distances, the bytes settle "
                "the rest."
            ),
            command="tcpdump -s 0 -i eth0 -w run.pcap",
        ),
        Step(
            do="Check the layout field by field, and that no two senders share addresses, ports and stream number.",
            command="seqcheck layouts NAME",
        ),
        Step(do="Look at the frames themselves.", command="seqcheck analyze --report pcapng=strange.pcapng run.pcap"),
        Step(
            do="Capture at the sender as well: what leaves it once was doubled on the way.",
            command="tcpdump -Q out -i eth0 -w sender.pcap",
        ),
    ),
    sources=(
        Source(
            title="Pktgen-DPDK issue 349: the same buffers are sent again and again, far fewer than the pool has",
            link="https://github.com/pktgen/Pktgen-DPDK/issues/349",
        ),
        Source(
            title="netmap issue 455: the first bytes of a frame are stale, the rest is fresh",
            link="https://github.com/luigirizzo/netmap/issues/455",
        ),
        Source(
            title="Suricata bug 5437: senders of ERSPAN whose sequence number is always 0",
            link="https://redmine.openinfosecfoundation.org/issues/5437",
        ),
    ),
)

NO_COUNTER = Explanation(
    name="no-counter",
    brief="the field does not count, so nothing was judged",
    what=(
        "The bytes that the layout reads as a sequence number do not behave like one. Duplicates and gaps in such "
        "numbers mean nothing, so no cause is named and the exit code is 2. Mostly the layout is wrong: another "
        "offset, width or byte order, another port, or a stream field that makes every record a stream of its own."
    ),
    seen=(
        "Hardly any number follows the one before it; most steps jump far ahead, or back.",
        "Or nearly every step is the same, but not 1: a time stamp, or a count of bytes.",
        "Or the count starts over again and again, or many numbers go back although none is lost.",
        "Or no stream has two records, or a single record matched by chance among thousands of frames.",
    ),
    apart=(
        Rival(name="missing", apart="loss leaves gaps here and there; between them the numbers go up by one."),
        Rival(name="restart", apart="a sender that restarts counts up in between, for more than a few records."),
        Rival(name="not-judged", apart="there the field may well count; judging failed or took too long."),
        Rival(name="unexplained", apart="there the field counts, and some numbers came twice."),
    ),
    steps=(
        Step(do="Look for the counter: every field of the frames is tried.", command="seqcheck discover run.pcap"),
        Step(
            do="Read the first values that the layout finds, and compare them with what the sender writes.",
            command="seqcheck layouts 'udp:5000 seq=u32be@0' --on run.pcap",
        ),
        Step(
            do="Try the other byte order.",
            command="seqcheck analyze --layout 'udp:5000 seq=u32le@0' run.pcap",
        ),
        Step(
            do="If the number counts bytes, samples or time, seqcheck cannot use it: choose one that counts frames.",
        ),
    ),
    sources=(
        Source(
            title="Suricata bug 5437: senders of ERSPAN whose sequence number is always 0",
            link="https://redmine.openinfosecfoundation.org/issues/5437",
        ),
        Source(
            title="RFC 3550, section 5.1: what a sequence number and a time stamp count",
            link="https://www.rfc-editor.org/rfc/rfc3550#section-5.1",
        ),
    ),
)

NOT_JUDGED = Explanation(
    name="not-judged",
    brief="the counts stand, but nothing was judged",
    what=(
        "Judging failed, or took more time or memory than it may. The report says why. Everything else in it stands: "
        "records, streams, duplicates, gaps, late records, restarts and damage are counted without the judgement, and "
        "the exit code goes by them. A cause to fail on (`--fail-on`) counts as found, since nobody looked. The same "
        "verdict is given where nothing was found, but a limit may have hidden something (more streams than memory "
        "allows, numbers too old to be judged): the statement says what, and the exit code is 2."
    ),
    seen=(
        "The verdict's statement says what was counted and why it was not judged.",
        "`by_cause` has all duplicates under `not-judged`.",
    ),
    apart=(
        Rival(name="unexplained", apart="there the duplicates were judged, and nothing fits."),
        Rival(name="clean", apart="there nothing came twice, and nothing was left out."),
    ),
    steps=(
        Step(
            do="Was the right header read? A wrong offset gives numbers by chance: millions of gaps and copies.",
            command="seqcheck layouts",
        ),
        Step(do="Judge a part of the capture.", command="editcap -r run.pcap part.pcap 1-1000000"),
        Step(
            do="If it says that the fault is in seqcheck, report it, with the lines that -v adds.",
            command="seqcheck analyze -v run.pcap",
        ),
    ),
    sources=(RFC_5560,),
)
