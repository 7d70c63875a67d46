"""The causes in a sender's TX ring."""

from __future__ import annotations

from .entry import AF_XDP, NETMAP_400, NETMAP_404, NETMAP_DRIVERS, THREAD, Explanation, Rival, Source, Step

_SIZE = Step(
    do=(
        "Find out the size of the sender's ring, and pass it as --ring-size: that closes the bracket, and the report "
        "says if the size does not fit."
    ),
    command="ethtool -g eth0",
)
_RESIZE = Step(
    do=(
        "Change the ring's size and capture again. If the distance follows the size, it is the ring: nothing else "
        "does that."
    ),
    command="ethtool -G eth0 tx 1024",
)
_ELSEWHERE = Step(
    do=(
        "Capture on a second machine, or at a mirror port: a receiver's own RX ring of the same size shows the same "
        "distances."
    ),
    command="ethtool -g eth0 | grep -A4 Current",
)
_STAMP = Step(
    do=(
        "Have the sender stamp the slot into each header, and name the stamp in the layout: a frame that comes out "
        "of the slot that it names, a lap late, is proof, and needs no inference."
    ),
    command='seqcheck analyze --layout "udp:5000 seq=u32be@0 slot=u16be@4" run.pcap',
)

STALE_SLOT = Explanation(
    name="stale-slot",
    brief="a TX slot was sent again with what it held one lap before",
    what=(
        "A sender reuses the N slots of its NIC's TX ring lap after lap. A slot that is passed on without being "
        "filled, or whose new buffer does not reach the NIC, sends what it still holds: the frame that it sent one "
        "lap ago, old number and all. A receiver sees one old number among fresh ones, and what was to be sent there "
        "never arrives. It cannot see who forgot what: program, framework, driver and NIC look the same from outside."
    ),
    seen=(
        "One old number, or a few neighbours; then the count goes on as if nothing had happened.",
        (
            "The distance to the copy before is N, less the slots that frames without the header took in that lap. "
            "Counted in frames of the sender it is exactly N, if nothing was lost and nothing left by other "
            "queues."
        ),
        (
            "Both copies are identical. Old bytes with another packet's length: only the address was stale, the "
            "length was not."
        ),
        (
            "No number is missing at the place (`extra`) where the slot was another packet's; one is (`substitute`) "
            "where it was the stream's own."
        ),
        "When the rate varies, the distance in frames stays and the time between the copies does not.",
        "A slot that stays stale for k laps sends its number k times, each a lap behind the one before.",
    ),
    apart=(
        Rival(
            name="ring-replay",
            apart="a replay is a long run of old numbers that count up; stale slots are single ones or short batches.",
        ),
        Rival(
            name="early-overwrite",
            apart="there the first copy is the one out of place: a number comes too early, and another never.",
        ),
        Rival(
            name="path-copy",
            apart=(
                "a path delivers the copy at once or after a constant time, and may change addresses, VLAN tag or hop "
                "count."
            ),
        ),
        Rival(
            name="retransmission",
            apart="a packet sent again has a new IP identification, where the sender counts it.",
        ),
        Rival(name="loop", apart="looped frames come many times, many different ones, in time and not in laps."),
        Rival(
            name="restart",
            apart="after a restart the old numbers go on counting up; a stale slot is one step back and straight on.",
        ),
    ),
    steps=(
        _SIZE,
        _RESIZE,
        Step(
            do=(
                "Copy instead of swapping buffers, and see whether the copies vanish: they did for the person "
                "who first reported this. With netmap's bridge that is `-c`."
            ),
            command="bridge -i netmap:eth0 -i netmap:eth0^ -c",
        ),
        Step(
            do=(
                "Look at the sender's code: is every slot between the old and the new head filled? Is NS_BUF_CHANGED "
                "set in each slot whose buffer changed, before head moves? Does only one thread touch the ring?"
            ),
        ),
        Step(
            do=(
                "Look up whether the driver writes the descriptor's address each time, or only with NS_BUF_CHANGED "
                "(r8169, stmmac; FreeBSD's em, lem, re): old bytes with a new length point at the latter."
            ),
            command="ethtool -i eth0",
        ),
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
    brief="a stretch of the ring, or all of it, went out once more",
    what=(
        "The sender's head ran on over slots that nobody had filled: past the tail, or round a ring that the "
        "hardware sends without end while the refill is late. What these slots held one lap before goes out again, "
        "in order, up to a whole lap."
    ),
    seen=(
        "A run of old numbers that count up, from a dozen to N - 1 of them; then the stream goes on where it was.",
        (
            "Each lies one lap behind its copy, N less the slots of other frames. The lag falls by one from member "
            "to member, since old numbers do not move the count on; so the first of the run measures the lap."
        ),
        "All are identical to their copies.",
    ),
    apart=(
        Rival(name="stale-slot", apart="there single slots are stale, or short batches; fresh frames stand between."),
        Rival(
            name="retransmission",
            apart="a window sent again has new IP identifications, and its length is a window's, not a lap's.",
        ),
        Rival(
            name="restart",
            apart="a restart goes on counting from the old number; a replay jumps back to where the stream was.",
        ),
        Rival(name="loop", apart="a loop repeats after a constant time, and the same frames again and again."),
    ),
    steps=(
        _SIZE,
        Step(
            do=(
                "Look for the place that moves head (or cur): it must never go past tail, nor be moved twice for one "
                "batch."
            ),
        ),
        Step(
            do="Look for stalls just before a run: a refill that comes later than a lap takes.",
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
        "The mirror image of a stale slot: newer content too early instead of older content too late. The sender "
        "fills a slot (or reuses a buffer) that the NIC has not sent yet. The frame that waited there is lost; the "
        "new one goes out in its place, about a lap ahead of its time, and once more when its turn comes."
    ),
    seen=(
        "A lone number, or a few, far ahead of the count; then the count goes on where it was.",
        "The number in whose place it came never comes.",
        "About N numbers later it comes again, in its place. That second copy is the duplicate in the report.",
        "Less than a lap, and different each time: the buffer was used again, not the slot.",
        (
            "A frame that changed while it was being read is torn: a bad checksum, the head of one and the tail of "
            "another."
        ),
    ),
    apart=(
        Rival(name="stale-slot", apart="there the old number comes back late; here the new one comes early."),
        Rival(name="late", apart="of reordered frames each comes once; here one comes twice and another never."),
        Rival(name="path-copy", apart="a copy made on the way comes after its turn, never before it."),
    ),
    steps=(
        _SIZE,
        Step(
            do=(
                "Look at what the sender takes for sent: only what the NIC has reported (tail moved, completion "
                "ring, error queue of MSG_ZEROCOPY) may be filled again."
            ),
        ),
        Step(do="See whether it goes away with more room between head and tail, or with a smaller batch."),
        Step(do="Look at errors that the NIC counts.", command="ethtool -S eth0 | grep -iE 'err|abort|drop'"),
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
