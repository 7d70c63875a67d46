/* What repeats by nature, and is no copy, as portable/content_frame.py states the rules: by its ethertype, by its IP
 * protocol, and by being bare; in a frame's own headers, and in those inside tunnels. */
#ifndef SEQCHECK_CONTENT_NATURE_H
#define SEQCHECK_CONTENT_NATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"

enum { SIZES = 0x0600, SNAP = 0xAA };       /* ethertypes begin here; the LLC address of what has one behind it */

static inline bool repeats_by_type(int kind)
{
    switch (kind) {
    case 0x0806:    /* ARP */
    case 0x8035:    /* RARP */
    case 0x8808:    /* flow control */
    case 0x8809:    /* link aggregation, OAM */
    case 0x888E:    /* 802.1X */
    case 0x88CC:    /* LLDP */
    case 0x9000:    /* loopback tests */
        return true;
    default:
        return kind < SIZES;    /* an 802.3 length: spanning tree and the like */
    }
}

static inline bool repeats_by_protocol(int protocol)
{
    return protocol == 2 || protocol == 88 || protocol == 89 || protocol == 103 || protocol == 112;
}

/* Whether the header at `p` is TCP's without a payload behind it, or one of neighbour discovery; of `length` bytes from
 * there on, `captured` are there. */
static inline bool repeats_bare(const uint8_t *p, int protocol, int64_t captured, int64_t length)
{
    enum { TCP_HERE = 6, ICMP6_HERE = 58 };

    if (protocol == ICMP6_HERE)
        return captured > 0 && ((p[0] >= 130 && p[0] <= 137) || p[0] == 143);
    return protocol == TCP_HERE && captured >= 20 && (p[12] >> 4) * 4 >= length;
}

/* Whether a frame whose own headers end with this IP protocol, whose header is at `p` (its first four bytes, if `four` are
 * there), may have more of them behind it: extension headers, or a tunnel. */
bool repeats_may_enter(int version, int protocol, const uint8_t *p, bool four);

/* Whether the frame repeats by nature, going by all headers that it has. */
bool repeats_inside(const struct frame *x);

#endif
