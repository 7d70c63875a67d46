"""The verdicts that name no cause."""

from __future__ import annotations

from .entry import RFC_5560, Explanation, Rival, Source, Step

CLEAN = Explanation(
    name="clean",
    brief="no number came twice",
    what=(
        "Every record carried a number that had not been received before. Restarts, wraps and late numbers are not "
        "duplicates. Numbers may still be missing; then the report says so, and the exit code is 1."
    ),
    seen=(
        "No duplicate in any stream.",
        "If `missing` is 0, every number between the first and the highest arrived, in whatever order.",
    ),
    apart=(
        Rival(
            name="stale-slot",
            apart=(
                "a stale slot that held a frame without the header resends no number, so it goes unseen. And if the "
                "ring size is a multiple of the counter's range, a frame one lap old carries exactly the number that "
                "is due."
            ),
        ),
        Rival(name="missing", apart="nothing came twice, but some numbers never arrived."),
    ),
    steps=(
        Step(
            do="Was the capture long enough? A fault that occurs once an hour needs hours.",
            command="seqcheck live eth0 --until-duplicate",
        ),
        Step(
            do="Was the right header read? Compare the number of records with the number of packets sent.",
            command="seqcheck layouts",
        ),
        Step(
            do="Pass the ring's size: a caveat then says whether this counter can show the fault at all.",
            command="seqcheck analyze --ring-size 512 run.pcap",
        ),
    ),
    sources=(RFC_5560,),
)

UNEXPLAINED = Explanation(
    name="unexplained",
    brief="duplicates that match no known cause",
    what=(
        "Numbers came twice, but the distances fit neither a ring nor a constant delay, and the bytes point to no "
        "other cause. seqcheck then names none, because a wrong accusation is worse than no answer. Some faults leave "
        "no pattern, and some captures are too short to tell."
    ),
    seen=(
        (
            "Scattered distances. For example, buffers from a pool that are sent unfilled come back after as many "
            "frames as there are buffers in circulation, and that number varies."
        ),
        "A counter that hardly changes: it is not a sequence number, or the layout reads the wrong bytes.",
        (
            "Copies that differ in the payload: part of the frame is old and part is new (caches that were not "
            "flushed), or two senders use the same numbers."
        ),
        ("Earlier copies too far back to be remembered: these duplicates are counted, but without a distance."),
        "So few duplicates that their distances could be chance.",
    ),
    apart=(
        Rival(
            name="stale-slot",
            apart=(
                "a ring's distances agree. If they nearly do, pass --ring-size and capture the sender's other traffic "
                "too."
            ),
        ),
        Rival(
            name="path-copy",
            apart="a path has a constant delay; two paths with different delays give two groups.",
        ),
        Rival(
            name="restart",
            apart=(
                "after a restart the count continues from there; senders that restart every few records can look like "
                "this."
            ),
        ),
    ),
    steps=(
        Step(do="Pass the ring's size, if the sender has a ring.", command="seqcheck analyze --ring-size 512 run.pcap"),
        Step(
            do=(
                "Capture without a filter and with whole frames: the other frames settle the distances, the bytes "
                "settle the rest."
            ),
            command="tcpdump -s 0 -i eth0 -w run.pcap",
        ),
        Step(
            do="Check the layout field by field, and that no two senders share addresses, ports and stream number.",
            command="seqcheck layouts NAME",
        ),
        Step(
            do="Look at the frames themselves in Wireshark.",
            command="seqcheck analyze --report pcapng=strange.pcapng run.pcap",
        ),
        Step(
            do="Capture at the sender too: what leaves it once but arrives twice was duplicated on the path.",
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
        "numbers mean nothing, so no cause is named and the exit code is 2. Usually the layout is wrong: offset, "
        "width, byte order or port, or a stream field that makes every record its own stream."
    ),
    seen=(
        "Hardly any number follows the one before it; most steps jump far ahead or back.",
        "Or nearly every step is the same but not 1: a time stamp or a byte count.",
        "Or the count keeps starting over, or many numbers go back although none is lost.",
        "Or no stream has two records, or one frame among thousands matched the layout by chance.",
    ),
    apart=(
        Rival(name="missing", apart="loss leaves gaps here and there; between them the numbers go up by one."),
        Rival(name="restart", apart="a sender that restarts counts up for more than a few records in between."),
        Rival(name="not-judged", apart="there the field may count properly, but judging failed or took too long."),
        Rival(name="unexplained", apart="there the field counts properly, and some numbers came twice."),
    ),
    steps=(
        Step(
            do="Look for the counter: discover tries every field of the frames.", command="seqcheck discover run.pcap"
        ),
        Step(
            do="Compare the first values that the layout reads with what the sender writes.",
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
    brief="the counts are valid, but no cause was judged",
    what=(
        "Judging failed, or exceeded its limit of time or memory; the report says which. Everything else in the report "
        "is valid: records, streams, duplicates, gaps, late records, restarts and damage are counted independently, "
        "and they decide the exit code. A cause given to `--fail-on` counts as found, since it could not be ruled out. "
        "You also get this verdict if nothing was found but a limit may have hidden something (more streams than "
        "memory allows, numbers too old to be judged). The statement then says what, and the exit code is 2."
    ),
    seen=(
        "The verdict's statement says what was counted, and why it was not judged.",
        "`by_cause` has all duplicates under `not-judged`.",
    ),
    apart=(
        Rival(name="unexplained", apart="there the duplicates were judged, and no cause fits."),
        Rival(name="clean", apart="there nothing came twice, and everything was checked."),
    ),
    steps=(
        Step(
            do="Was the right header read? A wrong offset reads random numbers: millions of gaps and copies.",
            command="seqcheck layouts",
        ),
        Step(do="Judge a part of the capture.", command="editcap -r run.pcap part.pcap 1-1000000"),
        Step(
            do="If it says that the fault is in seqcheck, please report it with the lines that -v adds.",
            command="seqcheck analyze -v run.pcap",
        ),
    ),
    sources=(RFC_5560,),
)
