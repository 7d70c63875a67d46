"""The layouts that seqcheck knows by name, as data: spec, description and source.

They are listed in this order. Each is a plain spec.
"""

from __future__ import annotations

from seqcheck.dataclass import dataclass
from seqcheck.layout import header


@dataclass(frozen=True, slots=True, kw_only=True)
class Builtin:
    """A named layout. Where no port is given and the magic is weak, `description` says to give one: `rtp:5004`."""

    name: str
    spec: str
    description: str
    source: str


_OWN = (
    f"magic=u32be@0=={header.MAGIC:#x} magic=u8@4=={header.VERSION} stream=u32be@6 seq=u64be@10"
    f" time=u64be@18:ns?u8@5&{header.TIME} slot=u32be@26?u8@5&{header.SLOT} buf=u32be@30?u8@5&{header.BUF}"
)
_PKTGEN = "magic=u32be@0==0xbe9be955 seq=u32be@4 time=u32be@8:s time=u32be@12:us"
_IPERF2_TIME = "time=u32be@4:s time=u32be@8:us"
_SFLOW = "move=28 magic=u32be@0==5 magic=u32be@4==1"  # agents with an IPv4 address
_PTP_SYNC = "magic=u8@0&0x0f==0 magic=u8@1&0x0f==2 stream=u8@4 stream=u64be@20 stream=u16be@28 seq=u16be@30"

_TABLE = (
    ("seqcheck", f"udp {_OWN}",
     "seqcheck's own header, version 1, in UDP: what `simulate` and `send` write",
     "docs/header.md"),
    ("seqcheck-eth", f"eth:{header.ETHERTYPE:#x} {_OWN}",
     "seqcheck's own header directly on Ethernet, local experimental ethertype",
     "docs/header.md"),
    ("pktgen", f"udp {_PKTGEN}",
     "Linux kernel pktgen, and xdpsock -t -y. With clone_skb N or burst N, each number is sent N times on purpose",
     "Linux 6.1 net/core/pktgen.c, struct pktgen_hdr; xdp-project/bpf-examples AF_XDP-example/xdpsock.c"),
    ("txseq", "udp:1234 seq=u32be@0",
     "netmap pkt-gen -f txseq; one counter per sending thread",
     "luigirizzo/netmap apps/pkt-gen/pkt-gen.c, txseq_body"),
    ("republic", "udp:25186 stream=u64be@0 stream=u64be@8 stream=u64be@16 seq=u32be@24",
     ("republic_agent: the counter runs per data id and starts over after each object; give the packets per object "
      "as the modulus, as in republic%1500"),
     "sunxiaoye0116/republic_agent protocol/src/msg.h, thread_data.c"),
    ("iperf2", f"udp:5001 magic=u32be@12&0xffff0000==0 magic=u32be@4!=0 seq=u32be@0 {_IPERF2_TIME}",
     ("iperf 2.1 and newer, UDP, either direction, low 32 bits of its 64-bit sequence; the final negative datagram and"
      " the server's report are not records"),
     "iperf2 2.1.8 include/payloads.h, struct UDP_datagram; flag HEADER_SEQNO64B"),
    ("iperf2-32", f"udp:5001 magic=u32be@0&0x80000000==0 magic=u32be@4!=0 seq=u32be@0 {_IPERF2_TIME}",
     "iperf 2.0, UDP, 32-bit sequence",
     "iperf2 2.1.8 include/payloads.h, struct UDP_datagram without HEADER_SEQNO64B"),
    ("iperf3", "udp:5201 seq=u32be@8",
     "iperf3 UDP, 32-bit sequence (the default). Its time stamp is an uptime and is left out",
     "esnet/iperf src/iperf_udp.c, iperf_udp_send"),
    ("iperf3-64", "udp:5201 seq=u64be@8",
     "iperf3 UDP with --udp-counters-64bit",
     "esnet/iperf src/iperf_udp.c, iperf_udp_send"),
    ("rtp", "udp magic=u8@0&0xc0==0x80 magic=u8@1&0xe0!=0xc0 stream=u32be@8 seq=u16be@2",
     "RTP by SSRC, without RTCP. Its magic has only two bits, so give the port, as in rtp:5004",
     "RFC 3550 section 5.1; RFC 5761 section 4 for telling RTCP apart"),
    ("st2022-7", "udp magic=u8@0&0xc0==0x80 magic=u8@1&0xe0!=0xc0 stream=u32be@8 key=none seq=u16be@2",
     ("RTP sent over two paths on purpose, by SSRC, with any addresses and ports. Give the ports, as in "
      "st2022-7:5004,5006"),
     "SMPTE ST 2022-7:2019; RFC 3550 section 5.1"),
    ("mgen", ("udp magic=u16be@0==len magic=u8@2==2 magic=u8@22&0xfc==0 magic=u8@23&0xeb==0 stream=u32be@4"
      " seq=u32be@8 time=u32be@12:s time=u32be@16:us"),
     "MGEN 5, protocol version 2, by flow",
     "USNavalResearchLaboratory/mgen src/common/mgenMsg.cpp, MgenMsg::Pack"),
    ("sockperf", "udp magic=u32be@10==len magic=u16be@8&0xfff9==0x0001 seq=u64be@0",
     "sockperf, client to server; the server's replies copy the number and are not records",
     "Mellanox/sockperf src/message.h, class MsgHeader"),
    ("owamp", "udp seq=u32be@0 time=u64be@4:ntp",
     "OWAMP-Test, TWAMP-Test or STAMP sender, unauthenticated; no magic: give the port, as in owamp:8760",
     "RFC 4656 section 4.1.2; RFC 5357 section 4.1.2"),
    ("stamp", "udp:862 seq=u32be@0 time=u64be@4:ntp",
     "STAMP or TWAMP Light, unauthenticated, NTP time; sender and reflector count separately",
     "RFC 8762 section 4.2.1; RFC 5357 section 4.2.1"),
    ("ping", "ip:1 magic=u16be@0==0x0800 stream=u16be@4 seq=u16be@6",
     "ping: ICMP echo requests by identifier; the replies copy the number and are not records",
     "RFC 792; iputils ping/ping.c"),
    ("ping6", "ip:58 magic=u16be@0==0x8000 stream=u16be@4 seq=u16be@6",
     "ping over IPv6: ICMPv6 echo requests by identifier; the replies are not records",
     "RFC 4443 section 4.1; iputils ping/ping6_common.c"),
    ("wireguard", "udp:51820 magic=u32le@0==4 stream=u32le@4 seq=u64le@8",
     "WireGuard transport data by receiver index; handshakes are not records",
     "wireguard.com/papers/wireguard.pdf section 5.4.6; Linux drivers/net/wireguard/messages.h"),
    ("openvpn", "udp:1194 magic=u32be@0&0xf8000000==0x48000000 stream=u32be@0&0x00ffffff seq=u32be@4",
     "OpenVPN data, P_DATA_V2 with an AEAD cipher, by peer id",
     "OpenVPN src/openvpn/ssl_pkt.h and crypto.c; openvpn-rfc section on data channel packets"),
    ("gre-csum-key", "ip:47 magic=u16be@0&0xf007==0xb000 stream=u32be@8 seq=u32be@12",
     "GRE with a checksum, a key and a sequence number, by key",
     "RFC 2890 section 2"),
    ("sctp", "ip:132 move=12 magic=u8@+0&0xbf==0 stream=u32be@4 seq=u32be@+4 each=u16be@+2/4",
     "SCTP by verification tag: the transmission sequence number of every DATA and I-DATA chunk",
     "RFC 9260 sections 3.1, 3.2 and 3.3.1; RFC 8260 section 2.1"),
    ("l2tp", "udp:1701 magic=u16be@0&0xcb0f==0x4802 stream=u32be@4 seq=u16be@8",
     "L2TP version 2 data with length and sequence numbers, by tunnel and session",
     "RFC 2661 section 3.1"),
    ("pw-cw", "eth:0x8847 magic=u24be@0&0x000001==1 magic=u8@4&0xf0==0 stream=u24be@0&0xfffff0 seq=u16be@6 from=1",
     "MPLS pseudowire with one label and a control word with a number, by label; 0 means no number",
     "RFC 4385 sections 3 and 4"),
    ("esp", "ip:50 stream=u32be@0 seq=u32be@4",
     "IPsec ESP by SPI, low 32 bits of the sequence",
     "RFC 4303 section 2"),
    ("esp-udp", "udp:4500 magic=u32be@0!=0 stream=u32be@0 seq=u32be@4",
     "IPsec ESP in UDP, without IKE",
     "RFC 3948 section 2"),
    ("ah", "ip:51 stream=u32be@4 key=source seq=u32be@8",
     "IPsec AH by sender and SPI, for any target, low 32 bits of the sequence",
     "RFC 4302 section 2"),
    ("gre", "ip:47 magic=u16be@0&0xf007==0x1000 seq=u32be@4",
     "GRE with a sequence number, without checksum and key",
     "RFC 2890 section 2"),
    ("gre-key", "ip:47 magic=u16be@0&0xf007==0x3000 stream=u32be@4 seq=u32be@8",
     "GRE with a key and a sequence number, without checksum, by key",
     "RFC 2890 section 2"),
    ("pptp", "ip:47 magic=u16be@0&0xf007==0x3001 magic=u16be@2==0x880b stream=u16be@6 seq=u32be@8",
     "PPTP's enhanced GRE by call, packets with a sequence number",
     "RFC 2637 section 4.1"),
    ("erspan", "ip:47 magic=u16be@0&0xf007==0x1000 magic=u16be@2==0x88be stream=u16be@10&0x3ff seq=u32be@4",
     "ERSPAN type II by session",
     "draft-foschiano-erspan-03 section 4.2; wireshark packet-cisco-erspan.c"),
    ("srt", "udp magic=u32be@0&0x80000000==0 magic=u32be@4&0x04000000==0 stream=u32be@12 seq=u32be@0&0x7fffffff",
     "SRT data by socket; SRT marks its own retransmissions, which are left out. Give the port, as in srt:9000",
     "Haivision/srt srtcore/packet.cpp"),
    ("irtt", "udp:2112 magic=u32be@0==0x14a75b00 stream=u64le@4 seq=u32le@12",
     "IRTT, client to server without HMAC, by connection; the server's replies copy the number and are not records",
     "heistp/irtt packet.go"),
    ("netperfmeter", "udp:9000 magic=u8@0==5 stream=u64be@8 stream=u32be@4 stream=u16be@16 seq=u64be@24",
     "NetPerfMeter data by measurement, flow and stream",
     "netperfmeter src/netperfmeterpackets.h, struct NetPerfMeterDataMessage"),
    ("ptp", f"eth:0x88f7 {_PTP_SYNC}",
     "PTPv2 Sync on Ethernet by domain and port identity; MoonGen's time stamp probes",
     "IEEE 1588-2008 clause 13.3; wireshark packet-ptp.c"),
    ("ptp-udp", f"udp:319 {_PTP_SYNC}",
     "PTPv2 Sync in UDP by domain and port identity",
     "IEEE 1588-2008 clause 13.3 and annex D"),
    ("trex-stl", ("frame magic=u16be@12==0x0800 magic=u16be@18==0xffff magic=u8@-16==0xab stream=u16le@-14"
      " seq=u32le@-12"),
     "TRex stateless latency stream, untagged IPv4, by hardware id, from the trailer",
     "cisco trex-core src/stx/stl/trex_stl_fs.h, struct flow_stat_payload_header"),
    ("trex-tpg", ("frame magic=u32le@-16==0xe50b5cc1 magic=u16be@12==0x8100 stream=u32le@-12 stream=u16be@14&0xfff"
      " seq=u32le@-8"),
     "TRex tagged packet group, one 802.1Q tag, by group and tag, from the trailer",
     "cisco trex-core src/stx/stl/trex_stl_tpg.h"),
    ("trex-stl-vlan", ("frame magic=u16be@12==0x8100 magic=u16be@16==0x0800 magic=u16be@22==0xffff magic=u8@-16==0xab"
      " stream=u16le@-14 seq=u32le@-12"),
     "TRex stateless latency stream, IPv4 with one 802.1Q tag, by hardware id, from the trailer",
     "cisco trex-core src/stx/stl/trex_stl_fs.h, struct flow_stat_payload_header"),
    ("pktgen-dpdk", "frame magic=u32le@48==0xf00dcafe seq=u32le@52",
     "Pktgen-DPDK latency packets; its plain traffic carries no number",
     "Pktgen-DPDK app/pktgen.h and pktgen.c, tstamp_t"),
    ("pktgen-dpdk-vlan", "frame magic=u16be@12==0x8100 magic=u32le@52==0xf00dcafe seq=u32le@56",
     "Pktgen-DPDK latency packets with one 802.1Q tag",
     "Pktgen-DPDK app/pktgen.h and pktgen.c, tstamp_t"),
    ("mavlink", "udp:14550 magic=u8@0==0xfd stream=u16be@5 seq=u8@4 each=12+u8@1 each=13?u8@2&0x01",
     "MAVLink 2 by system and component, all messages of a datagram, signed or not",
     "mavlink.io/en/guide/serialization.html"),
    ("mavlink1", "udp:14550 magic=u8@0==0xfe stream=u16be@3 seq=u8@2 each=8+u8@1",
     "MAVLink 1 by system and component, all messages of a datagram",
     "mavlink.io/en/guide/serialization.html"),
    ("syslog", "udp:514 seq=text@'sequenceId=\"'%2147483647 from=1",
     "syslog messages with the structured data element meta and its sequenceId",
     "RFC 5424 section 7.3.1"),
    ("d-itg", "udp:8999 stream=u32be@0 seq=u32be@4",
     "D-ITG data by flow",
     "D-ITG 2.8.1 src/ITGSend, as seen on the wire"),
    ("dtls", ("udp:4433 magic=u8@0&0xf0==0x10 magic=u8@0!=25 magic=u16be@1&0xfffd==0xfefd stream=u16be@3 seq=u48be@5"
      " each=13+u16be@11"),
     "DTLS 1.0 and 1.2 by epoch, every record of each datagram; records with a connection id are left out: their "
     "length cannot be read",
     "RFC 6347 section 4.1"),
    ("gtpu", "udp:2152 magic=u8@0&0xf2==0x32 magic=u8@1==0xff stream=u32be@4 seq=u16be@8",
     "GTP-U with sequence numbers, by tunnel",
     "3GPP TS 29.281 section 5.1"),
    ("netflow9", "udp:2055 magic=u16be@0==9 stream=u32be@16 seq=u32be@12 time=u32be@8:s",
     "NetFlow version 9 by exporter and source id",
     "RFC 3954 section 5.1"),
    ("sflow", "udp:6343 magic=u32be@0==5 magic=u32be@4==1 stream=u32be@8 stream=u32be@12 seq=u32be@16",
     "sFlow version 5 datagrams of agents with an IPv4 address, by agent and sub-agent",
     "sflow.org/sflow_version_5.txt section 5, struct sample_datagram_v5"),
    ("sflow-samples", (f"udp:6343 {_SFLOW} magic=u32be@+0&0xfffffffc==0 magic=u32be@+0!=0 magic=u32be@+0!=3"
      " stream=u32be@8 stream=u32be@12 stream=u32be@+0 stream=u32be@+12 seq=u32be@+8 each=8+u32be@+4"),
     "sFlow version 5 samples (flow and counter samples) by agent, sub-agent, kind of sample and source",
     "sflow.org/sflow_version_5.txt section 5, struct flow_sample, counters_sample"),
    ("sflow-expanded", (f"udp:6343 {_SFLOW} magic=u32be@+0&0xfffffff8==0 magic=u32be@+0&6!=0 magic=u32be@+0&6!=6"
      " magic=u32be@+0!=2 magic=u32be@+0!=5 stream=u32be@8 stream=u32be@12 stream=u32be@+0 stream=u64be@+12"
      " seq=u32be@+8 each=8+u32be@+4"),
     "sFlow version 5 expanded samples (flow and counter samples) by agent, sub-agent, kind of sample and source",
     "sflow.org/sflow_version_5.txt section 5, struct flow_sample_expanded, counters_sample_expanded"),
    ("moldudp64", "udp magic=u16be@18!=0xffff stream=u64be@0 stream=u16be@8 seq=u64be@10 step=u16be@18",
     ("MoldUDP64 by session, message by message; the end of a session is not a record. It has no fixed port: give "
      "it, as in moldudp64:26400"),
     "Nasdaq MoldUDP64 protocol specification 1.00, downstream packet"),
    ("pitch", "udp magic=u16le@0==len magic=u32le@4!=0 stream=u8@3 seq=u32le@4 step=u8@2",
     ("Cboe sequenced units (PITCH, TOP) by unit, message by message; unsequenced units are not records. There is "
      "no fixed port: give it, as in pitch:30501"),
     "Cboe US Equities Multicast PITCH specification, Sequenced Unit Header"),
    ("netflow5", "udp:2055 magic=u16be@0==5 stream=u16be@20 seq=u32be@16 step=u16be@2",
     "NetFlow version 5 by engine, flow record by flow record",
     "Cisco NetFlow Export Datagram Format, table B-3"),
    ("ipfix", "udp:4739 magic=u16be@0==10 magic=u16be@2==len stream=u32be@12 seq=u32be@8 step=ipfix@16",
     ("IPFIX by exporter and observation domain, data record by data record. Messages before a stream's first "
      "templates are not records, nor are those whose template has not been seen"),
     "RFC 7011 section 3"),
    ("softflowd", "udp:2055 magic=u16be@0==10 magic=u16be@2==len stream=u32be@12 seq=u32be@8 step=ipfix-last@16",
     "IPFIX as softflowd sends it: the number is that of a message's last record, and option records do not count",
     "RFC 7011 section 3; softflowd 1.0, as seen on the wire"),
    ("mpeg-ts", ("udp magic=u8@0==0x47 magic=u8@3&0x10==0x10 magic=u16be@1&0x1fff!=0x1fff stream=u16be@1&0x1fff"
      " seq=u8@3&0x0f each=188"),
     ("MPEG transport stream in UDP by program identifier; packets without payload and null packets are left out. Give"
      " the port, as in mpeg-ts:1234"),
     "ISO/IEC 13818-1 section 2.4.3.2"),
    ("mdp3", "udp seq=u32le@0 time=u64le@4:ns",
     "CME MDP 3.0 market data packets; no magic: give the port, as in mdp3:14310",
     "CME Group client systems wiki, MDP 3.0 - Binary Packet Header"),
    ("sacn", "udp:5568 magic=u32be@4==0x4153432d magic=u32be@8==0x45312e31 stream=u16be@113 seq=u8@111",
     "sACN, streaming ACN, by universe",
     "ANSI E1.31-2018 section 4"),
    ("gvsp", "udp magic=u8@4&0xf8==0 magic=u8@4!=0 stream=u16be@2 seq=u24be@5",
     ("GigE Vision stream packets; each block is a stream whose packets count from 0. There is no fixed port: give "
      "it, as in gvsp:50000"),
     "AIA GigE Vision 2.0 section 24; wireshark packet-gvsp.c"),
    ("gvsp-64", "udp magic=u8@4&0xf8==0x80 magic=u8@4&0x07!=0 stream=u64be@8 seq=u32be@16",
     "GigE Vision stream packets with extended ids; each block is a stream",
     "AIA GigE Vision 2.0 section 24; wireshark packet-gvsp.c"),
    ("vita49", "udp:4991 magic=u8@0&0xd0==0x10 stream=u32be@4 seq=u8@1&0x0f",
     "VITA 49 signal data by stream id; context packets have their own count; the counter has four bits",
     "ANSI/VITA 49.2-2017 section 5.1.1"),
    ("artnet", ("udp:6454 magic=u64be@0==0x4172742d4e657400 magic=u16le@8==0x5000 stream=u16le@14&0x7fff"
      " seq=u8@12 from=1"),
     "Art-Net DMX data by port address; 0 means no number",
     "Artistic Licence, Art-Net 4 specification, ArtDmx"),
    ("profinet", "eth:0x8892 magic=u16be@0&0xc000==0x8000 stream=u16be@0 seq=u16be@-4&0xffe0",
     ("PROFINET RT class 1 by frame id, one frame a millisecond: the cycle counter goes up by 32; for another "
      "cycle, use this spec with another mask"),
     "IEC 61158-6-10, APDU status; wireshark plugins/epan/profinet/packet-pn-rt.c"),
    ("someip", "udp magic=u8@12==1 stream=u32be@0 stream=u16be@8 seq=u16be@10 from=1",
     "SOME/IP sessions by message and client; 0 means no session. There is no fixed port: give it, as in someip:30501",
     "AUTOSAR PRS SOME/IP Protocol R22-11 section 4.1.2"),
    ("rocev1", "eth:0x8915 magic=u8@0&0xf0==0x60 stream=u24be@45 seq=u24be@49",
     "RoCE v1 packets by destination queue pair; acknowledgements count along with what they acknowledge",
     "InfiniBand Architecture Specification volume 1 sections 8.3 and 9.2, and annex A16"),
    ("rocev2", "udp:4791 stream=u24be@5 seq=u24be@9",
     "RoCE v2 packets by destination queue pair; acknowledgements count along with what they acknowledge",
     "InfiniBand Architecture Specification volume 1 section 9.2 and annex A17"),
    ("ecpri", "eth:0xaefe magic=u8@0&0xf0==0x10 magic=u8@1==0 stream=u16be@4 seq=u16be@6",
     "eCPRI IQ data by PC_ID, the whole SEQ_ID as one number; for O-RAN fronthaul use ecpri-oran",
     "eCPRI Specification V2.0 section 3.2.4.1"),
    ("ecpri-oran", "eth:0xaefe magic=u8@0&0xf0==0x10 magic=u8@1==0 magic=u8@7==0x80 stream=u16be@4 seq=u8@6",
     "O-RAN fronthaul user plane by eAxC: 8-bit sequence id, messages that are not fragmented",
     "O-RAN.WG4.CUS.0 section 5.1.3.2 (ecpriSeqid)"),
    ("ccm", "eth:0x8902 magic=u8@1==1 stream=u16be@8 seq=u32be@4",
     "continuity check messages of connectivity fault management, by maintenance end point",
     "IEEE 802.1Q-2018 clause 21.6; ITU-T G.8013/Y.1731 section 9.2"),
    ("macsec", "eth:0x88e5 magic=u8@0&0x20==0x20 stream=u8@0&0x03 stream=u64be@6 seq=u32be@2",
     "MACsec with an SCI in the tag, by SCI and association, low 32 bits of the packet number",
     "IEEE 802.1AE-2018 clause 9.3"),
    ("avtp", "eth:0x22f0 magic=u8@1&0x80==0x80 stream=u8@0 stream=u64be@4 seq=u8@2",
     "AVTP streams by subtype and stream id",
     "IEEE 1722-2016 clause 4.4.4"),
    ("prp", "frame magic=u16be@-2==0x88fb seq=u16be@-6",
     "PRP trailers; each frame is sent on both LANs on purpose",
     "IEC 62439-3:2021 section 4.2.7"),
    ("hsr", "eth:0x892f seq=u16be@2",
     "HSR tags; each frame is sent both ways round the ring on purpose",
     "IEC 62439-3:2021 section 5.6"),
    ("r-tag", "eth:0xf1c1 seq=u16be@2",
     "redundancy tags of 802.1CB; each frame is sent over several paths on purpose",
     "IEEE 802.1CB-2017 clause 7.8"),
    ("goose", "eth:0x88b8 magic=u8@8==0x61 move=8 move=ber:0x61 stream=ber@0x80 stream=ber@0x85 seq=ber@0x86",
     ("IEC 61850 GOOSE by control block; each state (stNum) is a stream of its repetitions (sqNum). A state whose "
      "messages are all lost is not seen as missing"),
     "IEC 61850-8-1:2011 clause 18.1.2 and annex A; wireshark epan/dissectors/asn1/goose"),
    ("sv", ("eth:0x88ba magic=u8@8==0x60 move=8 move=ber:0x60 move=ber:0xa2 move=ber:0x30 stream=ber@0x80"
      " seq=ber@0x82%4000"),
     ("IEC 61850 sampled values by svID, one sample per frame, 80 per 50 Hz cycle; for another rate give the "
      "samples per second, as in sv%4800"),
     "IEC 61850-9-2:2011 clause 8.5 and annex A; UCA 9-2LE; wireshark epan/dissectors/asn1/sv"),
    ("rtps", ("udp magic=u32be@0==0x52545053 move=20 magic=u16be@+0&0xff01==0x1501 stream=u64be@8 stream=u32be@16"
      " stream=u32be@+12 seq=u32le@+20 each=4+u16le@+2?u16le@+2"),
     ("RTPS (DDS) by writer: all DATA submessages of a frame, little endian, as nearly all writers send them, by the "
      "low 32 bits of their numbers; what a writer sends again on request is a duplicate"),
     "OMG DDSI-RTPS 2.3 clauses 8.3.7.2 and 9.4.5.3"),
    ("rtp-extended", ("udp magic=u8@0&0xc0==0x80 move=12+4*u8@0&0x0f move=4+4*u16be@+2?u8@0&0x10 stream=u32be@8"
      " seq=u16be@+0:u16be@2"),
     ("uncompressed video in RTP by SSRC (RFC 4175, SMPTE ST 2110-20); the payload holds the number's high half. "
      "Give the port, as in rtp-extended:5004"),
     "RFC 4175 section 4; RFC 3550 sections 5.1 and 5.3.1"),
    ("ip-id", "eth:0x0800 stream=u8@9 stream=u32be@12 stream=u32be@16 seq=u16be@4",
     ("the identification of IPv4 headers by protocol, source and target, for traffic without its own number; many "
      "hosts do not count it up, or share one count among all targets"),
     "RFC 791 section 3.1; RFC 6864"),
)  # fmt: skip

BUILTINS = tuple(Builtin(name=row[0], spec=row[1], description=row[2], source=row[3]) for row in _TABLE)

REDUNDANT = ("st2022-7",)  # sent over two paths on purpose, which the frames themselves do not say

# The layouts that are tried, in this order, when none is given. A stranger's frame must not fit one by accident, so
# each fixes at least 32 bits that nothing but its sender has a reason to set; 32 of them fit a random frame once in
# four thousand million. (trex-stl is not here: most of its bits are those of any IPv4 frame.)
TRIED = ("seqcheck", "seqcheck-eth", "pktgen", "mgen", "sockperf", "trex-tpg", "pktgen-dpdk")
