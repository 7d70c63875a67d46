/* The ways into tunnels, each with where it is written down; see frame.h. Their conditions are in portable/inside.py. */
#include <string.h>

#include "frame.h"
#include "frame_inside.h"
#include "frame_steps.h"
#include "words.h"

enum {                      /* ethertypes */
    BRIDGED = 0x6558,       /* RFC 1701: transparent Ethernet bridging */
    MPLS = 0x8847,          /* RFC 3032 */
    MPLS_MULTICAST = 0x8848,
    PPPOE = 0x8864,         /* RFC 2516 */
    ERSPAN = 0x88BE,        /* draft-foschiano-erspan-03 */
    ERSPAN_III = 0x22EB,
    MACSEC = 0x88E5,        /* IEEE 802.1AE */
    I_TAG = 0x88E7,         /* IEEE 802.1ah */
    VN_TAG = 0x8926,        /* IEEE 802.1BR's predecessor, as Cisco writes it */
    HSR = 0x892F,           /* IEC 62439-3 */
    R_TAG = 0xF1C1,         /* IEEE 802.1CB */
    LEAST_TYPE = 0x0600     /* below: a length, IEEE 802.3 */
};

enum { MOST_LABELS = 16, MOST_EXTENSIONS = 16 };

static bool has(const struct frame *x, const struct place *f, int64_t length, struct marks *m)
{
    return frame_need(x, f, length, m) == RECORD;
}

/* The tunnel's id, `width` bytes at `at`: the two innermost ones tell streams apart. */
static void name(const struct frame *x, struct place *f, int64_t at, int width, uint32_t mask, struct marks *m)
{
    uint32_t id = 0;

    for (int j = 0; j < width; j++)
        id = id << 8 | x->p[at + j];
    frame_mark_key(m, at, width);
    f->key.tunnel = f->key.tunnel << 32 | (id & mask);
}

/* `length` bytes further, `way` is what is there. */
static bool behind(struct place *f, int64_t length, int *way, int what)
{
    f->start += length;
    *way = what;
    return true;
}

/* A tag of six bytes whose last two are an ethertype. */
static bool tag(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    if (!has(x, f, 6, m))
        return false;
    frame_mark(m, f->start + 4, 0xFFFF, 2);
    return behind(f, 6, way, be16(x->p + f->start + 4));
}

/* What an Ethernet header that begins with 0 is told by from a control word, which does so, too. */
static bool is_common(int type)
{
    return type == 0x0800 || type == 0x86DD || type == 0x8100 || type == 0x88A8;
}

static bool mpls(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    bool bottom = false;

    for (int count = 0; !bottom; count++) {
        if (count == MOST_LABELS || !has(x, f, 4, m))
            return false;
        bottom = (x->p[f->start + 2] & 1) != 0;
        frame_mark(m, f->start + 2, 0x01, 1);
        if (bottom)
            name(x, f, f->start, 3, 0xFFFFFF, m);
        f->start += 4;
    }
    f->key.tunnel = (f->key.tunnel & ~(uint64_t)0xFFFFFFFF) | (f->key.tunnel & 0xFFFFFFFF) >> 4;
    if (!has(x, f, 1, m))
        return false;
    frame_mark(m, f->start, 0xF0, 1);
    const int first = x->p[f->start] >> 4;
    if (first == 4 || first == 6)
        return behind(f, 0, way, IP_HERE);
    if (first != 0)
        return behind(f, 0, way, ETHERNET_HERE);
    if (!has(x, f, 14, m))
        return false;
    frame_mark(m, f->start + 12, 0xFFFF, 2);
    return behind(f, is_common(be16(x->p + f->start + 12)) ? 0 : 4, way, ETHERNET_HERE);    /* RFC 4385: a control word */
}

static bool ppp(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    if (!has(x, f, 2, m))
        return false;
    frame_mark(m, f->start, 0xFFFF, 2);
    if (be16(x->p + f->start) == 0xFF03) {  /* RFC 1662: address and control */
        f->start += 2;
        if (!has(x, f, 2, m))
            return false;
        frame_mark(m, f->start, 0xFFFF, 2);
    }
    const int protocol = be16(x->p + f->start);
    return (protocol == 0x0021 || protocol == 0x0057) && behind(f, 2, way, IP_HERE);
}

static bool pppoe(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    if (!has(x, f, 6, m))
        return false;
    frame_mark(m, f->start, 0xFFFF, 2);
    if (be16(x->p + f->start) != 0x1100)
        return false;
    name(x, f, f->start + 2, 2, 0xFFFF, m);
    f->start += 6;
    return ppp(x, f, way, m);
}

/* Without encryption (E and C are 0). */
static bool macsec(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    if (!has(x, f, 6, m))
        return false;
    const int control = x->p[f->start], length = control & 0x20 ? 14 : 6;
    frame_mark(m, f->start, 0xAC, 1);
    if ((control & 0x8C) != 0 || !has(x, f, length + 2, m))
        return false;
    frame_mark(m, f->start + length, 0xFFFF, 2);
    return behind(f, length + 2, way, be16(x->p + f->start + length));
}

/* LLC and SNAP behind a length (IEEE 802.2; RFC 1042). */
static bool snap(const struct frame *x, struct place *f, int length, int *way, struct marks *m)
{
    static const uint8_t head[6] = {0xAA, 0xAA, 0x03, 0, 0, 0};

    frame_state(f, f->start + length);
    if (!has(x, f, 8, m))
        return false;
    frame_mark(m, f->start, 0xFFFFFFFF, 4);
    frame_mark(m, f->start + 4, 0xFFFFFFFF, 4);
    return memcmp(x->p + f->start, head, sizeof head) == 0 && behind(f, 8, way, be16(x->p + f->start + 6));
}

static bool by_type(const struct frame *x, struct place *f, int type, int *way, struct marks *m)
{
    switch (type) {
    case BRIDGED:
        return behind(f, 0, way, ETHERNET_HERE);
    case MPLS:
    case MPLS_MULTICAST:
        return mpls(x, f, way, m);
    case PPPOE:
        return pppoe(x, f, way, m);
    case MACSEC:
        return macsec(x, f, way, m);
    case I_TAG:
        if (!has(x, f, 4, m))
            return false;
        name(x, f, f->start + 1, 3, 0xFFFFFF, m);
        return behind(f, 4, way, ETHERNET_HERE);
    case VN_TAG:
    case HSR:
    case R_TAG:
        return tag(x, f, way, m);
    default:
        return type < LEAST_TYPE && snap(x, f, type, way, m);
    }
}

static bool erspan(const struct frame *x, struct place *f, int type, bool numbered, int *way, struct marks *m)
{
    int64_t length = type == ERSPAN_III ? 12 : numbered ? 8 : 0;

    if (!has(x, f, length, m))
        return false;
    if (length == 12) {
        frame_mark(m, f->start + 11, 0x01, 1);
        length += x->p[f->start + 11] & 1 ? 8 : 0;
    }
    if (length != 0)
        name(x, f, f->start + 2, 2, 0x03FF, m);
    return behind(f, length, way, ETHERNET_HERE);
}

static bool gre(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    if (!has(x, f, 4, m))
        return false;
    frame_mark(m, f->start, 0xFFFFFFFF, 4);
    const int flags = be16(x->p + f->start), type = be16(x->p + f->start + 2);
    const int64_t checksum = flags & 0x8000 ? 4 : 0, key = flags & 0x2000 ? 4 : 0, number = flags & 0x1000 ? 4 : 0;
    if ((flags & 0x4007) != 0 || !has(x, f, 4 + checksum + key + number, m))    /* routing, or another version */
        return false;
    if (key != 0)
        name(x, f, f->start + 4 + checksum, 4, 0xFFFFFFFF, m);
    f->start += 4 + checksum + key + number;
    if (type == ERSPAN || type == ERSPAN_III)
        return erspan(x, f, type, number != 0, way, m);
    return behind(f, 0, way, type);
}

static bool gtp(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    if (!has(x, f, 8, m))
        return false;
    frame_mark(m, f->start, 0xFFFF, 2);
    const int flags = x->p[f->start];
    if ((flags & 0xF0) != 0x30 || x->p[f->start + 1] != 255)    /* version 1, a user's packet */
        return false;
    name(x, f, f->start + 4, 4, 0xFFFFFFFF, m);
    f->start += 8;
    if ((flags & 7) == 0)
        return behind(f, 0, way, IP_HERE);
    if (!has(x, f, 4, m))
        return false;
    f->start += 3;
    for (int count = 0; (flags & 4) != 0; count++) {    /* at the type of the next extension */
        frame_mark(m, f->start, 0xFF, 1);
        if (x->p[f->start] == 0)
            break;
        if (count == MOST_EXTENSIONS || !has(x, f, 2, m))
            return false;
        const int64_t length = (int64_t)x->p[f->start + 1] * 4;
        frame_mark(m, f->start + 1, 0xFF, 1);
        if (length == 0 || !has(x, f, 1 + length, m))
            return false;
        f->start += length;
    }
    return behind(f, 1, way, IP_HERE);
}

static bool vxlan(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    if (!has(x, f, 8, m))
        return false;
    frame_mark(m, f->start, 0x08, 1);
    if ((x->p[f->start] & 0x08) == 0)
        return false;
    name(x, f, f->start + 4, 3, 0xFFFFFF, m);
    return behind(f, 8, way, ETHERNET_HERE);
}

static bool geneve(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    if (!has(x, f, 8, m))
        return false;
    frame_mark(m, f->start, 0xFF, 1);
    frame_mark(m, f->start + 2, 0xFFFF, 2);
    const int64_t length = 8 + (x->p[f->start] & 0x3F) * 4;
    if (x->p[f->start] >> 6 != 0 || !has(x, f, length, m))
        return false;
    name(x, f, f->start + 4, 3, 0xFFFFFF, m);
    return behind(f, length, way, be16(x->p + f->start + 2));
}

static bool l2tp(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    if (!has(x, f, 2, m))
        return false;
    frame_mark(m, f->start, 0xFFFF, 2);
    const int flags = be16(x->p + f->start);
    int64_t at = flags & 0x4000 ? 4 : 2;    /* a length */
    if ((flags & 0x800F) != 2 || !has(x, f, at + 4, m))     /* control messages, or another version */
        return false;
    name(x, f, f->start + at, 4, 0xFFFFFFFF, m);
    at += flags & 0x0800 ? 8 : 4;           /* sequence numbers */
    if (flags & 0x0200) {                   /* an offset */
        if (!has(x, f, at + 2, m))
            return false;
        frame_mark(m, f->start + at, 0xFFFF, 2);
        at += 2 + be16(x->p + f->start + at);
    }
    f->start += at;
    return ppp(x, f, way, m);
}

static bool udp(const struct frame *x, struct place *f, int *way, struct marks *m)
{
    if (!has(x, f, 8, m))
        return false;
    const int64_t at = f->start, length = be16(x->p + at + 4);
    frame_mark(m, at + 2, 0xFFFF, 2);
    if (length != 0 && length < 8)
        return false;
    if (length != 0)
        frame_state(f, at + length);
    if (m) {
        m->udp_at = at + 4;
        m->udp_base = at;
    }
    f->start = at + 8;
    switch (be16(x->p + at + 2)) {
    case VXLAN:
    case VXLAN_LINUX:
        return vxlan(x, f, way, m);
    case GENEVE:
        return geneve(x, f, way, m);
    case GTP_U:
        return gtp(x, f, way, m);
    case MPLS_IN_UDP:
        return mpls(x, f, way, m);
    case L2TP:
        return l2tp(x, f, way, m);
    default:
        return false;
    }
}

bool frame_enter(const struct frame *x, int *way, struct place *f, struct marks *m)
{
    f->type = -1;
    const int status = frame_to_network(x, *way, f, m);
    if (status == PROTOCOL && f->type >= 0)
        return by_type(x, f, f->type, way, m);
    if (status != RECORD || frame_through_ip(x, -1, f, m) != RECORD)
        return false;
    switch (f->key.protocol) {
    case IP_IN_IP:
    case IPV6_IN_IP:
        return behind(f, 0, way, IP_HERE);
    case GRE:
        return gre(x, f, way, m);
    case MPLS_IN_IP:
        return mpls(x, f, way, m);
    case UDP:
        return udp(x, f, way, m);
    default:
        return false;
    }
}
