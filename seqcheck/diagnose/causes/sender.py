"""The causes that are the sender's own doing, above its ring."""

from __future__ import annotations

from .entry import PKTGEN, RFC_5560, Explanation, Rival, Source, Step

RETRANSMISSION = Explanation(
    name="retransmission",
    brief="the sender sent them again on purpose, as new packets",
    what=(
        "A protocol with acknowledgements or timers, or a program that repeats what was asked for again, sends a "
        "number once more in a new packet. That is healthy where something was lost before; the duplicate then means "
        "that only the acknowledgement got lost, or that the timer is too short."
    ),
    seen=(
        "The number and the payload are the same; the IP identification is not.",
        "The copy comes a round trip or a timer later, often a whole window of neighbours.",
        "Where the first copy was lost on the way, nothing comes twice: the number is late, and fills a gap.",
        "A sender whose identification is always 0, or IPv6, leaves no such mark; then seqcheck does not guess.",
    ),
    apart=(
        Rival(name="stale-slot", apart="a ring repeats the old frame, identification and all."),
        Rival(name="ring-replay", apart="likewise; and its length is a lap's, not a window's."),
        Rival(
            name="path-copy",
            apart="a copy made on the way keeps the identification; only its hop count or addresses change.",
        ),
    ),
    steps=(
        Step(
            do="Compare time between the copies with the protocol's timer and with the round trip.",
            command="ping -c 20 SENDER",
        ),
        Step(
            do="Look at the sender's own count of what it sent again; for TCP:",
            command="nstat -az TcpRetransSegs TcpExtTCPDSACKRecv",
        ),
        Step(do="See what was lost before: look at gaps and late numbers in the same report."),
    ),
    sources=(
        RFC_5560,
        Source(title="RFC 6298: computing TCP's retransmission timer", link="https://www.rfc-editor.org/rfc/rfc6298"),
        Source(
            title="RFC 6864: the IP identification of a packet sent again",
            link="https://www.rfc-editor.org/rfc/rfc6864",
        ),
    ),
)

SENDER_REPEAT = Explanation(
    name="sender-repeat",
    brief="the sender sends each number several times on purpose",
    what=(
        "Some senders repeat each packet by design: packet generators that clone a packet (pktgen's clone_skb and "
        "burst), protocols that send everything twice to survive a loss. Others do so by mistake: a loop that flushes "
        "a burst without advancing sends the last frame of each burst twice."
    ),
    seen=(
        (
            "Each number comes n times in a row, and the next is one further, or n further where the counter counts "
            "frames."
        ),
        "Or the last frame of every burst comes twice, right after its copy, at a steady period.",
        "Each copy takes a turn of its own in the sender's rhythm.",
    ),
    apart=(
        Rival(
            name="path-copy",
            apart=(
                "a mirror's copy comes a fixed time later, out of the sender's rhythm. Where each number comes "
                "exactly twice and the rhythm cannot be told, seqcheck says path-copy."
            ),
        ),
        Rival(name="stale-slot", apart="stale slots lie a lap behind their copy, not right after it."),
    ),
    steps=(
        Step(
            do="Look at the generator's settings; for pktgen:",
            command="grep -HE 'clone_skb|burst' /proc/net/pktgen/*",
        ),
        Step(do="Look for a loop that sends a batch and does not move on before the next one."),
        Step(do="Count at the sender: more frames than numbers?", command="ip -s link show eth0"),
    ),
    sources=(
        PKTGEN,
        Source(
            title="netmap's tlem: the last packet of each burst sent twice, corrected in 46020cd4",
            link="https://github.com/luigirizzo/netmap/commits/master/apps/tlem",
        ),
    ),
)
