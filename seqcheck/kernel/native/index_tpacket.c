/* Index of a TPACKET_V3 block; see index.h. The header's layout is in portable/tpacket.py. Its words are in the
 * byte order of this machine. */
#include "hints.h"
#include "index.h"
#include "words.h"

enum {
    HEADER = 48,
    VLAN_VALID = 0x10,
    VLAN_TPID_VALID = 0x40,
    TAG_BYTES = 4,
    ADDRESS_BYTES = 12,
    ETHERNET = 1,
    COOKED2 = 276,
    COOKED_BYTES = 20,      /* of its header, and of the struct sockaddr_ll after the packet's */
    OUTGOING = 4,           /* PACKET_OUTGOING */
    NS_PER_SECOND = 1000000000,
    AHEAD = 8               /* packets */
};

/* `frame` is where it begins now; there are TAG_BYTES before it. */
static void put_tag_back(uint8_t *frame, uint16_t protocol, uint16_t tag)
{
    memmove(frame - TAG_BYTES, frame, ADDRESS_BYTES);
    frame += ADDRESS_BYTES - TAG_BYTES;
    frame[0] = (uint8_t)(protocol >> 8);
    frame[1] = (uint8_t)protocol;
    frame[2] = (uint8_t)(tag >> 8);
    frame[3] = (uint8_t)tag;
}

/* Put a header of LINKTYPE_LINUX_SLL2 before `frame`, of what the kernel says of it at `from`, a sockaddr_ll. */
static void put_cooked(uint8_t *frame, const uint8_t *from)
{
    const uint32_t place = raw32(from + 4);
    const uint16_t hardware = raw16(from + 8);
    uint8_t *const to = frame - COOKED_BYTES;
    memcpy(to, from + 2, 2);
    to[2] = to[3] = 0;
    for (int i = 0; i < 4; i++)
        to[4 + i] = (uint8_t)(place >> (24 - 8 * i));
    to[8] = (uint8_t)(hardware >> 8);
    to[9] = (uint8_t)hardware;
    memcpy(to + 10, from + 10, 10);
}

/* Whether the host received it, and its stack takes no frames of that protocol. `from` is a sockaddr_ll. */
static int unhandled(const uint8_t *from)
{
    const int protocol = from[2] << 8 | from[3];
    return from[10] != OUTGOING && protocol != 0x0800 && protocol != 0x0806 && protocol != 0x86DD;
}

int walk_tpacket(struct frame_columns *f, struct tpacket_walk *w)
{
    uint8_t *const bytes = w->bytes;
    int64_t *const totals = f->totals;
    const int64_t stop = w->stop;
    int64_t pos = w->pos, row = f->count;
    uint64_t total = 0;
    int why = MORE;

    while (pos < stop) {
        if (row == f->capacity) {
            why = FULL;
            break;
        }
        if (stop - pos < HEADER) {
            why = BAD;
            break;
        }
        const uint8_t *const p = bytes + pos;
        const uint32_t following = raw32(p), fraction = raw32(p + 8), status = raw32(p + 20);
        const uint16_t mac = raw16(p + 24);
        uint32_t cap = raw32(p + 12), wire = raw32(p + 16);
        int64_t off = pos + mac;
        /* The lines were written by another core. Those of packets to come, if they are alike, are fetched meanwhile. */
        fetch_lines((uintptr_t)p + AHEAD * (uintptr_t)following, 3);
        if (mac < HEADER || cap > MAX_FRAME || wire > MAX_WIRE || off + cap > stop) {
            why = BAD;
            break;
        }
        if (following != 0 && (following < HEADER || following > stop - pos)) {
            why = BAD;
            break;
        }
        if (rarely((status & VLAN_VALID) && mac >= HEADER + COOKED_BYTES))
            totals[T_UNHANDLED] += unhandled(p + HEADER);
        if (rarely((status & VLAN_VALID) && w->link == ETHERNET && cap >= ADDRESS_BYTES
                   && cap <= MAX_FRAME - TAG_BYTES && mac >= HEADER + TAG_BYTES)) {
            put_tag_back(bytes + off, status & VLAN_TPID_VALID ? raw16(p + 36) : 0x8100, (uint16_t)raw32(p + 32));
            off -= TAG_BYTES;
            cap += TAG_BYTES;
            wire += TAG_BYTES;
        }
        if (rarely(w->link == COOKED2)) {
            if (mac < HEADER + 2 * COOKED_BYTES || cap > MAX_FRAME - COOKED_BYTES) {
                why = BAD;
                break;
            }
            put_cooked(bytes + off, p + HEADER);
            off -= COOKED_BYTES;
            cap += COOKED_BYTES;
            wire += COOKED_BYTES;
        }
        if (wire < cap)
            wire = cap;
        if (rarely(fraction >= NS_PER_SECOND)) {
            totals[T_ODD]++;
            if (totals[T_ODD_AT] < 0)
                totals[T_ODD_AT] = pos;
        }
        const int64_t ns = (int64_t)raw32(p + 4) * NS_PER_SECOND + fraction;
        totals[T_FIRST] = min64(totals[T_FIRST], ns);
        totals[T_LAST] = max64(totals[T_LAST], ns);
        totals[T_CUT] += cap < wire;
        total += wire;
        f->off[row] = off;
        f->cap[row] = cap;
        f->wire[row] = wire;
        f->ns[row] = ns;
        f->link[row] = w->link;
        row++;
        pos = following != 0 ? pos + following : stop;
    }
    totals[T_BYTES] = (int64_t)((uint64_t)totals[T_BYTES] + total);
    f->count = row;
    w->pos = pos;
    return why;
}
