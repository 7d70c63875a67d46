"""The causes that are the sender's own doing, above its ring."""

from __future__ import annotations

from .entry import PKTGEN, RFC_5560, Explanation, Rival, Source, Step

RETRANSMISSION = Explanation(
    name="retransmission",
    brief="the sender sent them again on purpose, in new packets",
    what=(
        "A protocol with acknowledgements or timers, or a program that answers a repeated request, sends a number "
        "again in a new packet. That is normal after a loss. A duplicate then means that only the acknowledgement was "
        "lost, or that the timer is too short."
    ),
    seen=(
        "The number and the payload are the same; the IP identification is not.",
        "The copy comes a round trip or a timeout later, often together with a whole window of neighbours.",
        "If the first copy was lost on the path, nothing comes twice: the number is late, and fills a gap.",
        "With IPv6, or if the identification is always 0, there is no such mark, and seqcheck does not guess.",
    ),
    apart=(
        Rival(name="stale-slot", apart="a ring repeats the old frame, including its identification."),
        Rival(
            name="ring-replay",
            apart="a ring repeats the old identifications too, and its run is as long as a lap, not a window.",
        ),
        Rival(
            name="path-copy",
            apart="a copy made on the path keeps the identification; only its hop count or addresses change.",
        ),
    ),
    steps=(
        Step(
            do="Compare the time between the copies with the protocol's timeout and with the round-trip time.",
            command="ping -c 20 SENDER",
        ),
        Step(
            do="Check the sender's own count of retransmissions; for TCP:",
            command="nstat -az TcpRetransSegs TcpExtTCPDSACKRecv",
        ),
        Step(do="Look for earlier losses: gaps and late numbers in the same report."),
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
        "Some senders repeat each packet by design: packet generators that clone packets (pktgen's clone_skb and "
        "burst), protocols that send everything twice in case one is lost. Others do so by mistake: a loop that "
        "flushes a burst without advancing sends the last frame of each burst twice."
    ),
    seen=(
        ("Each number comes n times in a row, and the next is one higher, or n higher if the counter counts frames."),
        "Or the last frame of every burst comes twice in a row, at a steady period.",
        "Each copy takes a turn of its own in the sender's pacing.",
    ),
    apart=(
        Rival(
            name="path-copy",
            apart=(
                "a mirror's copy comes a fixed time later, outside the sender's pacing. If each number comes exactly "
                "twice and the pacing cannot be seen, seqcheck says path-copy."
            ),
        ),
        Rival(name="stale-slot", apart="a stale slot's copy comes one lap later, not right after."),
    ),
    steps=(
        Step(
            do="Check the generator's settings; for pktgen:",
            command="grep -HE 'clone_skb|burst' /proc/net/pktgen/*",
        ),
        Step(do="Look for a loop that sends a batch without advancing before the next one."),
        Step(do="Count at the sender: does it send more frames than numbers?", command="ip -s link show eth0"),
    ),
    sources=(
        PKTGEN,
        Source(
            title="netmap's tlem: the last packet of each burst sent twice, corrected in 46020cd4",
            link="https://github.com/luigirizzo/netmap/commits/master/apps/tlem",
        ),
    ),
)
