"""The causes on the way: between the sender's NIC and the capture."""

from __future__ import annotations

from .entry import EDITCAP, RFC_5560, Explanation, Rival, Source, Step

PATH_COPY = Explanation(
    name="path-copy",
    brief="the network or the capture delivered frames twice",
    what=(
        "A mirror port that copies both ports of a path, a bond or VLAN captured together with its members, the "
        "`any` device, a tap with a delay: the sender sent each frame once, and the capture holds it twice. Usually "
        "nothing is wrong but the place of the capture."
    ),
    seen=(
        (
            "The copy follows at once, within 8 frames of the sender, or after a constant time however much is sent "
            "meanwhile."
        ),
        "Often nearly all frames come twice; a mirror under load may copy only some.",
        "The copies are identical, or differ as if by another path: MAC addresses, VLAN tag, hop count one less.",
        "The IP identification is the same.",
        "The copy is squeezed in between two frames of the sender's rhythm; it took no turn of its own.",
    ),
    apart=(
        Rival(
            name="stale-slot",
            apart="a ring counts frames and not time, is larger than a few frames, and rewrites no header.",
        ),
        Rival(name="loop", apart="looped frames come again and again, not twice."),
        Rival(name="sender-repeat", apart="what was sent twice takes two turns in the sender's rhythm."),
        Rival(
            name="retransmission",
            apart="a packet sent again has a new IP identification, where the sender counts it.",
        ),
    ),
    steps=(
        Step(
            do="Capture on one port, inbound only, not on `any`, and see whether the copies vanish.",
            command="tcpdump -i eth0 -Q in -w run.pcap",
        ),
        Step(
            do="See whether the interface is a bond, a bridge or a VLAN whose parts are captured too.",
            command="ip -d link show",
        ),
        Step(do="Look at the mirror session: one direction of one port is enough."),
        Step(
            do="Remove copies that follow soon, and analyse what is left: anything else shows then.",
            command="editcap -D 10 run.pcap once.pcap",
        ),
        Step(
            do=(
                "With a delayed copy and a steady rate a ring would look alike: vary the rate, and see whether time "
                "or distance stays."
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
    brief="two paths on purpose: what both deliver comes twice",
    what=(
        "Some senders put every frame on two paths, so that one may fail: PRP and HSR in substations, 802.1CB, "
        "SMPTE ST 2022-7 for video, the A and B feeds of exchanges. A receiver that sees both paths gets most numbers "
        "twice. That is as it should be, so the exit code goes by what came on neither path. Look at what came on one "
        "path only, since each of those frames was lost on the other."
    ),
    seen=(
        "The copies differ only in what names the path: the LAN of a PRP trailer, the path of an HSR tag, addresses.",
        "Or the layout is one that is sent over two paths by design, and the copies are identical.",
        "Nearly every number comes exactly twice, the second time after the skew between the two paths.",
        "With PRP and HSR tags the report counts frames on A only, on B only, on both and on neither, and the skew.",
    ),
    apart=(
        Rival(
            name="path-copy",
            apart="a mirror copies by accident, and its copies name no path; for a header that is not sent twice by "
            "design seqcheck says path-copy.",
        ),
        Rival(name="sender-repeat", apart="a sender that repeats its frames does so on one path, in its own rhythm."),
        Rival(name="stale-slot", apart="a ring resends few frames, a lap behind; redundancy doubles nearly all."),
        Rival(name="loop", apart="looped frames come many times; HSR removes what went round the ring once."),
    ),
    steps=(
        Step(do="Compare A only with B only: the path that lacks more frames is the bad one."),
        Step(
            do="Count on each path by itself, and see which one loses.",
            command='seqcheck analyze --layout "frame magic=u16be@-2==0x88fb stream=u8@-4&0xf0 seq=u16be@-6" run.pcap',
        ),
        Step(
            do="If the application itself gets duplicates, look at the receiver's elimination: its window must be "
            "longer than the skew.",
        ),
        Step(
            do="Where there should be one path only, treat copies as findings.",
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
    brief="frames go round in the network, and come again after a constant time",
    what=(
        "A frame that finds its way back to where it was passes the receiver once each round: in a loop of switches "
        "until the loop breaks, in a loop of routers until its hop count is used up."
    ),
    seen=(
        "Many copies of a number, not one; three in ten duplicates or more are a third copy or a later one.",
        "Each comes the same time after the one before, however much is sent meanwhile.",
        "In a loop of routers the hop count falls from copy to copy. In a loop of switches the copies are identical.",
        "Many different numbers are concerned, and other traffic too. Often the loop's load makes others go missing.",
    ),
    apart=(
        Rival(
            name="stale-slot",
            apart="a stuck slot repeats one number for a few laps, a lap of frames apart, and few slots are stuck.",
        ),
        Rival(name="path-copy", apart="a copy made on the way comes once."),
        Rival(name="sender-repeat", apart="a sender that repeats each number does so in a row."),
    ),
    steps=(
        Step(
            do="Look at the hop counts of a number that came often.",
            command=(
                "tshark -r run.pcap -Y 'udp.port == 5000' -T fields -e frame.number -e frame.time_relative -e ip.id "
                "-e ip.ttl"
            ),
        ),
        Step(do="Falling: look at the routes between sender and receiver.", command="tracepath -n RECEIVER"),
        Step(
            do="Not falling: look at the spanning tree, and at addresses that move between ports of a switch.",
            command="bridge fdb show",
        ),
        Step(do="Look for storms: broadcasts go round as well.", command="tcpdump -nn -c 200 -i eth0 broadcast"),
    ),
    sources=(
        Source(
            title="RFC 1812, section 5.3.1: time to live",
            link="https://www.rfc-editor.org/rfc/rfc1812#section-5.3.1",
        ),
        Source(
            title="RFC 5556: why frames go round in bridged networks, where no hop count ends it",
            link="https://www.rfc-editor.org/rfc/rfc5556",
        ),
    ),
)
