"""The causes in a sender's TX ring."""

from __future__ import annotations

from .entry import AF_XDP, NETMAP_400, NETMAP_404, NETMAP_DRIVERS, THREAD, Explanation, Rival, Source, Step

_SIZE = Step(
    do=(
        "Find out the size of the sender's ring and pass it as --ring-size. The report then says whether that size "
        "fits."
    ),
    command="ethtool -g eth0",
)
_RESIZE = Step(
    do=(
        "Change the ring's size and capture again. If the distance changes with it, the ring is the cause: nothing "
        "else does that."
    ),
    command="ethtool -G eth0 tx 1024",
)
_ELSEWHERE = Step(
    do=(
        "Capture on a second machine or at a mirror port: a receiver whose own RX ring has the same size can show the "
        "same distances."
    ),
    command="ethtool -g eth0 | grep -A4 Current",
)
_STAMP = Step(
    do=(
        "Have the sender write its slot index into each header, and add that field to the layout. A copy that leaves "
        "from the slot it names, one lap late, is proof: nothing has to be inferred."
    ),
    command='seqcheck analyze --layout "udp:5000 seq=u32be@0 slot=u16be@4" run.pcap',
)

_OTHERS = Step(
    do=(
        "If the sender also sends frames without the number, slots that held one of them may be stale, too. A report "
        "on files lists those under Other traffic. From a pipe, during a live capture, or if the evidence is weak, it "
        "does so only if asked."
    ),
    command="seqcheck analyze --also-content run.pcap",
)

STALE_SLOT = Explanation(
    name="stale-slot",
    brief="a TX slot sent its old content again, one lap later",
    what=(
        "A sender reuses the N slots of its NIC's TX ring lap after lap. If a slot is handed to the NIC without being "
        "filled, or its new buffer never reaches the NIC, it sends what it still holds: the frame from one lap ago, "
        "with its old number. The receiver sees one old number among fresh ones, and the frame that should have gone "
        "out there never arrives. The receiver cannot see whose fault it is: program, framework, driver and NIC look "
        "the same from outside."
    ),
    seen=(
        "One old number, or a few in a row; then the count continues as if nothing had happened.",
        (
            "The distance to the earlier copy is N minus the slots that foreign frames used in that lap. Counted in "
            "all frames of the sender it is exactly N, if none was lost and none left through another queue."
        ),
        (
            "Both copies are identical. Old bytes with another packet's length mean that only the buffer address was "
            "stale, not the length."
        ),
        (
            "If the slot belonged to another packet, no number is missing there (`extra`); if it belonged to the "
            "stream, one is (`substitute`)."
        ),
        "When the rate varies, the distance in frames stays the same, but the time between the copies changes.",
        "A slot that stays stale for k laps sends its number k times, one lap apart.",
    ),
    apart=(
        Rival(
            name="ring-replay",
            apart="a replay is a long run of old numbers in order; stale slots come alone or in short batches.",
        ),
        Rival(
            name="early-overwrite",
            apart=(
                "there the first copy is the one out of place: one number arrives too early, and another never arrives."
            ),
        ),
        Rival(
            name="path-copy",
            apart=(
                "a path delivers the copy at once or after a constant delay, and may change addresses, VLAN tag or hop "
                "count."
            ),
        ),
        Rival(
            name="retransmission",
            apart="a retransmitted packet has a new IP identification, if the sender counts it up.",
        ),
        Rival(
            name="loop",
            apart="a loop repeats many different frames many times, at constant time rather than once per lap.",
        ),
        Rival(
            name="sender-repeat",
            apart=(
                "a program may send an old record instead of a new one, too, but rarely one that is always the same "
                "number of frames old; one that repeats a record by count does so regularly."
            ),
        ),
        Rival(
            name="restart",
            apart="after a restart the count continues from the old number; a stale slot is a single step back.",
        ),
    ),
    steps=(
        _SIZE,
        _RESIZE,
        Step(
            do=(
                "Copy packets instead of swapping buffers, and see whether the duplicates disappear, as they did for "
                "the first person to report this. With netmap's bridge that is `-c`."
            ),
            command="bridge -i netmap:eth0 -i netmap:eth0^ -c",
        ),
        Step(
            do=(
                "Check the sender's code: is every slot between the old and the new head filled? Is NS_BUF_CHANGED set "
                "in each slot whose buffer changed, before head moves? Does only one thread touch the ring?"
            ),
        ),
        Step(
            do=(
                "Check whether the driver writes the descriptor's address every time, or only with NS_BUF_CHANGED "
                "(r8169, stmmac; FreeBSD's em, lem, re). Old bytes with a new length point to the latter."
            ),
            command="ethtool -i eth0",
        ),
        _OTHERS,
        _STAMP,
        _ELSEWHERE,
    ),
    sources=(
        THREAD,
        NETMAP_400,
        NETMAP_DRIVERS,
        Source(
            title="netmap's API: slots, NS_BUF_CHANGED, head and tail",
            link="https://github.com/luigirizzo/netmap/blob/master/sys/net/netmap.h",
        ),
    ),
)

RING_REPLAY = Explanation(
    name="ring-replay",
    brief="part of the ring, or all of it, was sent again in order",
    what=(
        "The sender's head pointer moved over slots that nobody had filled: past the tail, or around a free-running "
        "ring whose refill came too late. These slots send what they held one lap earlier, in order, for up to a whole "
        "lap."
    ),
    seen=(
        "A run of 12 to N - 1 old numbers in order; then the stream continues where it was.",
        (
            "Each comes one lap after its earlier copy: N minus the slots of other frames. The lag falls by one from "
            "each to the next, because old numbers do not advance the count; so the first of the run measures the lap."
        ),
        "All are identical to their earlier copies.",
    ),
    apart=(
        Rival(name="stale-slot", apart="stale slots come alone or in short batches, with fresh frames between them."),
        Rival(
            name="retransmission",
            apart="a retransmitted window has new IP identifications, and is as long as a window, not a lap.",
        ),
        Rival(
            name="restart",
            apart=(
                "after a restart the count continues from the old number; after a replay it returns to where the "
                "stream was."
            ),
        ),
        Rival(name="loop", apart="a loop repeats the same frames again and again, at a constant time."),
    ),
    steps=(
        _SIZE,
        Step(
            do=("Find the code that moves head (or cur): it must never go past tail, nor move twice for one batch."),
        ),
        Step(
            do="Look for stalls just before a run: a refill that came more than one lap late.",
            command="dmesg -T | tail",
        ),
        _RESIZE,
        _STAMP,
        _ELSEWHERE,
    ),
    sources=(
        Source(
            title="netmap issue 883: head moved past tail, all old buffers are sent again",
            link="https://github.com/luigirizzo/netmap/issues/883",
        ),
        Source(
            title="ASFireWire pull request 80: a free-running ring of 48 slots, refilled too late",
            link="https://github.com/mrmidi/ASFireWire/pull/80",
        ),
    ),
)

EARLY_OVERWRITE = Explanation(
    name="early-overwrite",
    brief="slots were refilled before they were sent: numbers too early, others never",
    what=(
        "The mirror image of a stale slot: new content too early instead of old content too late. The sender fills a "
        "slot (or reuses a buffer) that the NIC has not sent yet. The frame that was waiting there is lost. The new "
        "one goes out in its place, about one lap early, and again when its turn comes."
    ),
    seen=(
        "One number, or a few, far ahead of the count; then the count continues where it was.",
        "The number that was due at that point never arrives.",
        "About N numbers later the early number comes again, where it belongs. That second copy is the duplicate in "
        "the report.",
        "If it is less than a lap early, and different each time, the buffer was reused, not the slot.",
        (
            "A frame that changed while the NIC was reading it is torn: a bad checksum, the head of one packet and the "
            "tail of another."
        ),
    ),
    apart=(
        Rival(name="stale-slot", apart="a stale slot sends an old number late; here a new number comes early."),
        Rival(name="late", apart="reordered frames each come once; here one number comes twice and another never."),
        Rival(name="path-copy", apart="a copy made on the path comes after the original's turn, never before it."),
    ),
    steps=(
        _SIZE,
        Step(
            do=(
                "Check when the sender considers a slot free: it may refill only what the NIC has reported as sent "
                "(tail moved, completion ring, error queue of MSG_ZEROCOPY)."
            ),
        ),
        Step(do="See whether more room between head and tail, or a smaller batch, makes it go away."),
        Step(do="Check the NIC's error counters.", command="ethtool -S eth0 | grep -iE 'err|abort|drop'"),
        _STAMP,
    ),
    sources=(
        NETMAP_404,
        AF_XDP,
        Source(
            title="Linux: MSG_ZEROCOPY, why data in flight must not change",
            link="https://docs.kernel.org/networking/msg_zerocopy.html",
        ),
    ),
)
