"""What is not a duplicate, though it looks like trouble: restarts, wraps, late numbers, missing ones."""

from __future__ import annotations

from .entry import PACKET_7, RFC_3550, RFC_4737, Explanation, Rival, Source, Step

RESTART = Explanation(
    name="restart",
    brief="the sender restarted: old numbers, counting up from there",
    what=(
        "A sender that was restarted, or that starts at 0 for each object, sends numbers it has used before. No frame "
        "was sent twice. seqcheck treats a step back as a restart if the count then continues from there instead of "
        "returning; the old numbers are forgotten from then on. `restarts` counts them for each stream."
    ),
    seen=(
        "A step back, or far ahead, after which the count continues from there; often from 0, often after a pause.",
        "The new frames' payload and IP identification are new.",
        (
            "Numbers in flight when the sender stopped do not count as missing; seqcheck cannot know whether they were "
            "sent."
        ),
    ),
    apart=(
        Rival(name="stale-slot", apart="a stale slot is one step back; the next frame is fresh again."),
        Rival(
            name="ring-replay",
            apart="a replay ends after one lap at most, and the count returns; after a restart it never does.",
        ),
        Rival(
            name="wrap",
            apart="a wrap goes from the counter's last number to its first, and from nowhere else.",
        ),
    ),
    steps=(
        Step(
            do="Check whether the sender was restarted at that time.",
            command="journalctl -u SENDER --since '1 hour ago'",
        ),
        Step(
            do="If it counts each object from 0, make the object's number a stream field.",
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
        "A counter of fixed width, or one that a program takes modulo some number, starts again at 0 after its highest "
        "value. The layout says where (`seq=u16be`, `seq=u32be@24%1500`), and seqcheck keeps counting across it: no "
        "duplicate, no gap. `wraps` counts them. A sender that cycles through the same numbers forever is read the "
        "same way."
    ),
    seen=(
        "The counter's last number, then its first, possibly with lost or late frames around it.",
        "Without the right modulus in the layout, each wrap looks like a restart.",
    ),
    apart=(
        Rival(name="restart", apart="a restart may come anywhere; a wrap comes at the end of the range."),
        Rival(
            name="stale-slot",
            apart=(
                "if the ring size is a multiple of the range, a frame one lap old carries exactly the number that is "
                "due, so it goes unseen. seqcheck warns about this for counters of up to 4096 values, and if a ring "
                "size is given or found."
            ),
        ),
    ),
    steps=(
        Step(
            do="Put the counter's modulus in the layout, if it is not a power of two.",
            command='seqcheck analyze --layout "udp:5000 seq=u32be@0%1500" run.pcap',
        ),
        Step(
            do="Pass the ring's size to learn whether this counter can show a stale slot at all.",
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
        "Frames that take different queues, links or paths can overtake one another. A late number fills a gap that "
        "had opened before: it came once, so it is neither missing nor a duplicate. RFC 4737 calls it reordered. There "
        "is one difference: if a single number came too early and again in its place (early-overwrite), the RFC counts "
        "all numbers in between as reordered, and `late` does not. `metrics.reordered` follows the RFC."
    ),
    seen=(
        "A number below the highest one that had not been received before.",
        "Usually late by a few places, and by a short time.",
    ),
    apart=(
        Rival(name="stale-slot", apart="a stale slot's number has been received before."),
        Rival(name="early-overwrite", apart="there the number that came too early comes again where it belongs."),
        Rival(
            name="retransmission",
            apart=(
                "a number that was lost and sent again is late as well; it comes a timeout later, with a new IP "
                "identification."
            ),
        ),
    ),
    steps=(
        Step(
            do="See how late they are: `reordering_extent_max` and `late_time_max_ns` of the stream.",
            command="seqcheck analyze --report json run.pcap | jq '.streams[].metrics'",
        ),
        Step(
            do=("Check whether the receiver spreads one flow over several queues, where frames can overtake."),
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
    brief="numbers between the first and the highest that never arrived",
    what=(
        "A gap is a run of numbers that were skipped and never arrived, not even late. The frames were not sent, were "
        "lost on the path, or were not captured: the numbers alone do not say which. Each gap is listed with the frame "
        "after it."
    ),
    seen=(
        "Single numbers here and there suggest errors on the line; bursts suggest a queue that overflowed.",
        (
            "Up to N - 1 numbers in a row together with a pause: a link that flapped or a NIC that was reset loses "
            "what its ring held."
        ),
        "One number missing where a duplicate came: that slot sent its old content instead.",
        (
            "A constant step (say, every second number): the sender counts by more than one, or half of the traffic "
            "takes another path."
        ),
    ),
    apart=(
        Rival(
            name="capture-drops",
            apart="frames that the capture dropped did arrive; the capture's own count says how many.",
        ),
        Rival(name="late", apart="a late number did arrive, after a higher one."),
        Rival(
            name="restart",
            apart=("a step far ahead, if the count continues from there, is treated as a restart, not as a huge gap."),
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
    brief="frames that arrived but were not captured",
    what=(
        "A capture that cannot keep up drops frames, and each dropped record looks like a missing number. If the "
        "capture says how many frames it dropped (pcapng statistics, live captures), the report says so first. A live "
        "capture also knows which gaps are its own (`ours`): those are nobody else's fault."
    ),
    seen=(
        "Bursts of gaps, in all streams and in foreign traffic at the same time.",
        "`capture.dropped` is above 0. Classic pcap files cannot record drops, so `null` does not mean none.",
        (
            "Drops cause no duplicates. They shorten distances by what was dropped between the copies, which seqcheck "
            "adds back."
        ),
    ),
    apart=(
        Rival(
            name="missing",
            apart="frames lost on the path never reached the NIC, so they are not in its counters either.",
        ),
    ),
    steps=(
        Step(do="Check what the NIC itself dropped.", command="ethtool -S eth0 | grep -iE 'drop|miss|no_buf|fifo'"),
        Step(
            do="Capture only the start of each frame, into a larger buffer.",
            command="sudo seqcheck live eth0 --snap 128 --ring 256M",
        ),
        Step(
            do=(
                "With tcpdump, use a larger buffer and write to a fast disk or to memory. When it ends, it says how "
                "many packets the kernel dropped."
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
