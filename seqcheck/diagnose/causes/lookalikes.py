"""What is not a duplicate, though it looks like trouble: restarts, wraps, late numbers, missing ones."""

from __future__ import annotations

from .entry import PACKET_7, RFC_3550, RFC_4737, Explanation, Rival, Source, Step

RESTART = Explanation(
    name="restart",
    brief="the sender restarted: old numbers that go on counting up",
    what=(
        "A sender that was started again, or that begins each object at 0, sends numbers that were sent before. No "
        "frame was sent twice. seqcheck takes a step back for a restart when what follows goes on counting up from "
        "there instead of returning; from then on the old numbers are forgotten. `restarts` counts them for each "
        "stream."
    ),
    seen=(
        "A step back, or far ahead, and then numbers that go on from there; often from 0, often after a pause.",
        "The new frames' payload and IP identification are new.",
        (
            "Numbers that were under way when the sender stopped do not count as missing; what was never sent cannot "
            "be told."
        ),
    ),
    apart=(
        Rival(name="stale-slot", apart="a stale slot is one step back; the very next frame is fresh again."),
        Rival(
            name="ring-replay",
            apart="a replay ends after a lap at the latest and the count returns; a restart never does.",
        ),
        Rival(
            name="wrap",
            apart="a wrap goes from the counter's last number to its first, without a step anywhere else.",
        ),
    ),
    steps=(
        Step(
            do="Check whether the sender was restarted at that time.",
            command="journalctl -u SENDER --since '1 hour ago'",
        ),
        Step(
            do="If it counts each object from 0, name the object's number as part of the stream.",
            command='seqcheck analyze --layout "udp:5000 stream=u32be@4 seq=u32be@8" run.pcap',
        ),
    ),
    sources=(
        RFC_3550,
        Source(
            title="toit pull request 3127: a backstep that persists is a restart, a lone one is a stale frame",
            link="https://github.com/toitlang/toit/pull/3127",
        ),
    ),
)

WRAP = Explanation(
    name="wrap",
    brief="the counter rolled over",
    what=(
        "A counter of fixed width, or one that a program takes modulo some number, begins again at 0 after its "
        "highest value. The layout says where (`seq=u16be`, `seq=u32be@24%1500`), and seqcheck counts on behind it: "
        "no duplicate, no gap. `wraps` counts them. Senders that cycle through the same numbers for ever are read "
        "the same way."
    ),
    seen=(
        "The counter's last number, then its first, also with losses or late frames around it.",
        "A modulus that the layout does not name looks like a restart each time round.",
    ),
    apart=(
        Rival(name="restart", apart="a restart may come anywhere; a wrap comes at the end of the range."),
        Rival(
            name="stale-slot",
            apart=(
                "where the range divides the ring's size, a frame one lap old carries the number that is due, and no "
                "number shows it. seqcheck says so for counters of up to 4096 values, and where a ring's size is "
                "given or found."
            ),
        ),
    ),
    steps=(
        Step(
            do="Name the counter's modulus in the layout, if it is not a power of two.",
            command='seqcheck analyze --layout "udp:5000 seq=u32be@0%1500" run.pcap',
        ),
        Step(
            do="Give the ring's size to learn whether the counter can show a stale slot at all.",
            command="seqcheck analyze --ring-size 4096 run.pcap",
        ),
    ),
    sources=(
        Source(title="RFC 1982: serial number arithmetic", link="https://www.rfc-editor.org/rfc/rfc1982"),
        RFC_4737,
        RFC_3550,
    ),
)

LATE = Explanation(
    name="late",
    aliases=("reordering", "reordered"),
    brief="a number came after a higher one, for the first time",
    what=(
        "Frames that take several queues, links or paths can overtake one another. A late number closes a gap that "
        "had opened before: it came once, so it is neither missing nor a duplicate. RFC 4737 calls it reordered. "
        "`late` leaves out what RFC 4737 counts behind a lone number that ran ahead and came again in its place "
        "(early-overwrite): those in between were in order, and the one ahead was not. `metrics.reordered` keeps to "
        "the RFC."
    ),
    seen=(
        "A number below the highest one, whose place was open until then.",
        "Usually late by a few places, and by a short time.",
    ),
    apart=(
        Rival(name="stale-slot", apart="a stale slot's number has come before."),
        Rival(name="early-overwrite", apart="there the number that came too early comes again in its place."),
        Rival(
            name="retransmission",
            apart=(
                "a number that was lost and sent again is late as well; it comes a timer later, with a new IP "
                "identification."
            ),
        ),
    ),
    steps=(
        Step(
            do="See how far and how long they lag: `reordering_extent_max` and `late_time_max_ns` of the stream.",
            command="seqcheck analyze --report json run.pcap | jq '.streams[].metrics'",
        ),
        Step(
            do="Look for several queues at the receiver: what one flow spreads over can overtake.",
            command="ethtool -n eth0 rx-flow-hash udp4",
        ),
        Step(do="Look for bonds and equal-cost routes on the path.", command="ip route get RECEIVER"),
    ),
    sources=(
        RFC_4737,
        Source(title="RFC 5236: reorder density", link="https://www.rfc-editor.org/rfc/rfc5236"),
    ),
)

MISSING = Explanation(
    name="missing",
    aliases=("gap", "gaps", "loss"),
    brief="numbers between the first and the highest that never came",
    what=(
        "A gap is a stretch of numbers that were passed over and never came, not even late. The frames were not "
        "sent, were lost on the way, or were not captured: the numbers alone do not say which. Each gap is listed "
        "with the frame behind it."
    ),
    seen=(
        "Single numbers here and there: errors on the line. Bursts: a queue that overflowed.",
        (
            "A stretch of up to N - 1 numbers with a pause: a link that flapped, or a NIC that was reset, forgets "
            "what its ring held."
        ),
        "One number missing at the place of a duplicate: that slot sent its old content instead.",
        (
            "A constant step (every second number): a sender that counts by more than one, or half of the traffic "
            "taking another path."
        ),
    ),
    apart=(
        Rival(
            name="capture-drops",
            apart="what the capturing side dropped was on the wire; its own count says how many.",
        ),
        Rival(name="late", apart="a late number came, after a higher one."),
        Rival(
            name="restart",
            apart="a step ahead that goes on from there, far off, is taken for a restart and not for an endless gap.",
        ),
    ),
    steps=(
        Step(do="Rule out the capture first.", command="seqcheck explain capture-drops"),
        Step(
            do="Count along the path: at the sender, at each switch port, at the receiver.",
            command="ethtool -S eth0 | grep -iE 'drop|err|miss|fifo'",
        ),
        Step(do="Look for resets and links that went down.", command="dmesg -T | grep -iE 'eth0|link|reset'"),
        Step(do="Capture at the sender as well, and compare.", command="tcpdump -Q out -i eth0 -w sender.pcap"),
    ),
    sources=(
        Source(title="RFC 7680: one-way loss", link="https://www.rfc-editor.org/rfc/rfc7680"),
        Source(title="RFC 3357: loss patterns", link="https://www.rfc-editor.org/rfc/rfc3357"),
        Source(
            title="netmap: what is pending when a NIC is reset counts as sent (netmap_reset)",
            link="https://github.com/luigirizzo/netmap/blob/master/sys/dev/netmap/netmap.c",
        ),
    ),
)

CAPTURE_DROPS = Explanation(
    name="capture-drops",
    aliases=("drops", "dropped"),
    brief="frames that arrived, but that the capture missed",
    what=(
        "A capture that cannot keep up drops frames, and each dropped record looks like a number that never came. "
        "Where the capturing side says how many it dropped (pcapng statistics, live captures), the report says so "
        "before anything else, and a live capture knows at which gaps it dropped (`ours`): those are nobody else's "
        "fault."
    ),
    seen=(
        "Gaps in bursts, in all streams and in foreign traffic at the same time.",
        "`capture.dropped` above 0; classic pcap files have no place for it, so `null` does not mean none.",
        (
            "No duplicates come of it. Distances get shorter by what was dropped between the copies, which seqcheck "
            "adds back."
        ),
    ),
    apart=(
        Rival(
            name="missing", apart="what was lost on the way never reached the NIC, and is not in its counters either."
        ),
    ),
    steps=(
        Step(do="Look at what the NIC itself dropped.", command="ethtool -S eth0 | grep -iE 'drop|miss|no_buf|fifo'"),
        Step(
            do="Capture only the front of each frame, into a larger ring.",
            command="sudo seqcheck live eth0 --snap 128 --ring 256M",
        ),
        Step(
            do=(
                "With tcpdump, enlarge its buffer and write to a fast disk or to memory; when it ends it says "
                "what the kernel dropped."
            ),
            command="tcpdump -B 262144 -s 128 -i eth0 -w /dev/shm/run.pcap",
        ),
        Step(do="Enlarge the receiver's own ring.", command="ethtool -G eth0 rx 4096"),
    ),
    sources=(
        PACKET_7,
        Source(
            title="pcapng: Interface Statistics Block, isb_ifdrop and isb_osdrop",
            link="https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html#section-4.6",
        ),
    ),
)
