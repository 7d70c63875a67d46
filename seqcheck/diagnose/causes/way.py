"""The causes on the way: between the sender's NIC and the capture."""

from __future__ import annotations

from .entry import EDITCAP, RFC_5560, Explanation, Rival, Source, Step

PATH_COPY = Explanation(
    name="path-copy",
    brief="the network or the capture delivered frames twice",
    what=(
        "A mirror port that copies both ports of a path, a bond or VLAN captured together with its members, the `any` "
        "device, a delayed tap: the sender sent each frame once, but the capture has it twice. Usually nothing is "
        "wrong except where the capture was taken."
    ),
    seen=(
        (
            "The copy follows at once, within 8 frames of the sender, or after a constant time, however much is sent "
            "in between."
        ),
        "Often nearly all frames come twice; a mirror under load may copy only some.",
        "The copies are identical, or differ as if they took another path: MAC addresses, VLAN tag, hop count one "
        "lower.",
        "The IP identification is the same.",
        "The copy is squeezed in between two regularly paced frames of the sender: it had no time slot of its own.",
    ),
    apart=(
        Rival(
            name="stale-slot",
            apart="a ring counts frames, not time; it is larger than a few frames, and it rewrites no header.",
        ),
        Rival(name="loop", apart="looped frames come again and again, not just twice."),
        Rival(name="sender-repeat", apart="a frame that the sender sends twice takes two turns in its pacing."),
        Rival(
            name="retransmission",
            apart="a retransmitted packet has a new IP identification, if the sender counts it up.",
        ),
    ),
    steps=(
        Step(
            do="Capture on one port, inbound only, not on `any`, and see whether the copies disappear.",
            command="tcpdump -i eth0 -Q in -w run.pcap",
        ),
        Step(
            do="Check whether the interface is a bond, a bridge or a VLAN whose members are captured too.",
            command="ip -d link show",
        ),
        Step(do="Check the mirror session: one direction of one port is enough."),
        Step(
            do="Remove the copies that follow at once, and analyze what is left; anything else then shows.",
            command="editcap -D 10 run.pcap once.pcap",
        ),
        Step(
            do=(
                "At a steady rate, a delayed copy looks like a ring: vary the rate, and see whether the time or the "
                "distance stays the same."
            ),
        ),
    ),
    sources=(
        RFC_5560,
        EDITCAP,
        Source(
            title="netmap issue 196: tcpdump sees each frame twice on an emulated adapter",
            link="https://github.com/luigirizzo/netmap/issues/196",
        ),
    ),
)

REDUNDANCY = Explanation(
    name="redundancy",
    brief="frames sent on two paths on purpose arrive twice",
    what=(
        "Some senders send every frame on two paths, so that one may fail: PRP and HSR in substations, 802.1CB, SMPTE "
        "ST 2022-7 for video, the A and B feeds of exchanges. A receiver that sees both paths gets most numbers twice. "
        "That is intended, so only numbers that arrived on neither path count as findings. Also look at the numbers "
        "that arrived on one path only: each of those frames was lost on the other."
    ),
    seen=(
        "The copies differ only in what identifies the path: the LAN in a PRP trailer, the path in an HSR tag, "
        "addresses.",
        "Or the layout belongs to a protocol that uses two paths by design, and the copies are identical.",
        "Nearly every number comes exactly twice; the second copy is late by the skew between the paths.",
        "With PRP and HSR tags, the report counts frames on A only, on B only, on both and on neither, and measures "
        "the skew.",
    ),
    apart=(
        Rival(
            name="path-copy",
            apart=(
                "a mirror copies by accident, and its copies name no path. If the protocol does not use two paths by "
                "design, seqcheck says path-copy."
            ),
        ),
        Rival(name="sender-repeat", apart="a sender that repeats its frames does so on one path, at its own pace."),
        Rival(name="stale-slot", apart="a ring resends few frames, one lap late; redundancy duplicates nearly all."),
        Rival(name="loop", apart="looped frames come many times; HSR removes a frame after one trip around the ring."),
    ),
    steps=(
        Step(do="Compare `A only` with `B only`: the path that lost more frames is the bad one."),
        Step(
            do="Count each path by itself, and see which one loses frames.",
            command='seqcheck analyze --layout "frame magic=u16be@-2==0x88fb stream=u8@-4&0xf0 seq=u16be@-6" run.pcap',
        ),
        Step(
            do=(
                "If the application itself gets duplicates, check the receiver's duplicate elimination: its window "
                "must be longer than the skew."
            ),
        ),
        Step(
            do="If there should be only one path, treat copies as findings.",
            command="seqcheck analyze --fail-on redundancy run.pcap",
        ),
    ),
    sources=(
        Source(
            title="Wireshark: PRP and HSR (IEC 62439-3), redundancy control trailer and tag",
            link="https://wiki.wireshark.org/PRP",
        ),
        Source(
            title="IEEE 802.1CB: frame replication and elimination for reliability",
            link="https://1.ieee802.org/tsn/802-1cb/",
        ),
        Source(
            title="RFC 7198: duplicating RTP streams",
            link="https://www.rfc-editor.org/rfc/rfc7198",
        ),
    ),
)

LOOP = Explanation(
    name="loop",
    brief="frames circle in the network, and come back after a constant time",
    what=(
        "A looping frame passes the receiver once per round: in a loop of switches until the loop breaks, in a loop of "
        "routers until its hop count runs out."
    ),
    seen=(
        "Many copies of each number, not just one: at least 30 % of the duplicates are a third or later copy.",
        "Each comes the same time after the one before, however much is sent in between.",
        "In a loop of routers, the hop count falls from copy to copy. In a loop of switches, the copies are identical.",
        "Many different numbers are affected, and other traffic too. The loop's load often causes loss as well.",
    ),
    apart=(
        Rival(
            name="stale-slot",
            apart="a stuck slot repeats one number for a few laps, one lap of frames apart, and few slots are stuck.",
        ),
        Rival(name="path-copy", apart="a copy made on the path comes only once."),
        Rival(name="sender-repeat", apart="a sender that repeats each number sends the copies back to back."),
    ),
    steps=(
        Step(
            do="Look at the hop counts of a number with many copies.",
            command=(
                "tshark -r run.pcap -Y 'udp.port == 5000' -T fields -e frame.number -e frame.time_relative -e ip.id "
                "-e ip.ttl"
            ),
        ),
        Step(do="If they fall, check the routes between sender and receiver.", command="tracepath -n RECEIVER"),
        Step(
            do="If not, check the spanning tree, and look for addresses that move between a switch's ports.",
            command="bridge fdb show",
        ),
        Step(do="Look for storms: broadcasts loop as well.", command="tcpdump -nn -c 200 -i eth0 broadcast"),
    ),
    sources=(
        Source(
            title="RFC 1812, section 5.3.1: time to live",
            link="https://www.rfc-editor.org/rfc/rfc1812#section-5.3.1",
        ),
        Source(
            title="RFC 5556: why frames loop in bridged networks, where no hop count stops them",
            link="https://www.rfc-editor.org/rfc/rfc5556",
        ),
    ),
)
