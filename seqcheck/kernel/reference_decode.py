"""Decode, the reference: Frames x Program -> Records. What the native twin must equal bit for bit.

Assumes: 0 <= off[i], off[i] + cap[i] <= len(buf), cap[i] <= wire[i]. Never reads a byte at or behind off + cap, never
raises on data. `reference_frame.examine` says the same for one frame in plain code.

The rules
=========
All positions below count from the frame's first byte; words are big endian unless said; the first rule that fails
decides the status. Two numbers bound the data at every layer, both `wire` at first:

    end     what the frame really holds: no byte at or behind it belongs to the layer
    stated  where the lengths in the headers say that the layer ends; it may lie behind `end`. A stale slot sent with
            another packet's length looks so, and so does a first fragment: neither is an error.

need(n), at position p: p + n > end is SHORT, else p + n > cap is CUT.

Link layer (`link`)
    1           need(14). ethertype at 12, p = 14.              source = bytes 6..11, target = bytes 0..5
    113         need(16). ethertype at 14, p = 16.              source = bytes 6..6+min(word16 at 4, 8), no target
    276         need(20). ethertype at 0, p = 20.               source = bytes 12..12+min(byte 11, 8), no target
                while the ethertype is 0x8100, 0x88a8, 0x9100 or 0x9200: need(4), ethertype = word at p+2, p += 4
    101, 12, 14, 228, 229   raw IP. p = 0. IP version 4 or 6; 228 only 4, 229 only 6
    0, 108      need(4). family = word32 at 0, or the same bytes as little endian where that is no known family: 2 is
                IPv4; 10, 24, 28, 30 are IPv6; else PROTOCOL. p = 4
    others      LINK
Anchors
    FRAME       start = 0, any link type, no header is read
    ETH         LINK for unknown link types, PROTOCOL for those without an ethertype; selector other than the ethertype:
                PROTOCOL. start = p. (A 802.3 length is an ethertype like any other here.)
    IP UDP TCP  ethertype 0x0800 announces version 4, 0x86dd version 6, any other is PROTOCOL. Then IP:
IP: need(1), version = upper nibble at p; not what the link layer announced: MALFORMED.
    4   need(20). header = 4 * lower nibble, total = word at p+2. header < 20, or 0 < total < header: MALFORMED.
        total != 0: stated = p + total, end = min(end, stated). (0: segmentation was left to the NIC.)
        Fragment offset (word at p+6 & 0x1fff) != 0: FRAGMENT. protocol = byte at p+9. p += header
    6   need(40). length = word at p+4, != 0: stated = p + 40 + length, end = min(end, stated). protocol = byte at
        p+6. p += 40
    then while the protocol is an extension header, and is not the selector of an IP anchor:
        for version 4: 51; for version 6: 0, 43, 44, 51, 60, 135, 139, 140. A seventeenth: MALFORMED.
        need(8). 44: word at p+2 & 0xfff8 != 0: FRAGMENT; length 8. 51: length = 4 * (byte at p+1) + 8.
        Others: length = 8 * (byte at p+1) + 8. protocol = byte at p, p += length
    IP anchor: selector other than the protocol: PROTOCOL. start = p. The key has no ports.
UDP: protocol != 17: PROTOCOL. need(8). Neither port is the selector: PORT. length = word at p+4, 0 < length < 8:
    MALFORMED. length != 0: stated = p + length, end = min(end, stated). start = p + 8
TCP: protocol != 6: PROTOCOL. need(20). Neither port is the selector: PORT. header = 4 * upper nibble at p+12, < 20:
    MALFORMED. start = p + header
At last, start > stated: MALFORMED.

Fields, in the order of the program, roles other than SEQ, STREAM and MATCH left out:
    at = start + offset for offset >= 0, stated + offset for offset < 0
    at < start or at + width > end: SHORT.  at + width > cap: remember CUT and go on with the next field.
    word of `width` bytes in the field's byte order, & mask.
    MATCH that does not hold (EQ, NE: value; EQ_LENGTH: stated - start): MAGIC.
    SEQ: word >> shift >= modulus (modulus != 0): MAGIC.
    After the last field, where CUT was remembered: CUT. So a CUT frame agrees as far as it was captured, and a field
    that was captured and is wrong outweighs one that was cut.

Sources: every frame has one, whatever its status and anchor: the link-layer source address above, cut to its length,
if the link header (14, 16, 20 bytes) was captured whole and the length is not 0; else NO_SOURCE. Two are the same if
length and bytes are. Ids 1..MAX_SOURCES in order of the first frame of any status; further ones are NO_SOURCE.
`ordinal` counts the frames of that source id before this one (NO_SOURCE too); `counts[status]` grows by one per frame.

Streams: key = STREAM_KEY. IP, UDP and TCP anchors: version, addresses of the IP header, the protocol reached, ports
for UDP and TCP. FRAME and ETH: version and protocol 0, the link-layer addresses as above (also where a cut header
leaves them empty). fields[i] = value of the i-th STREAM field. Ids in order of first record. A record that would need
a stream beyond MAX_STREAMS is STREAMS instead.
"""
