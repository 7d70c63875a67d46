/* The way through a frame's headers to the anchor's payload; see frame.h. */
#include <string.h>

#include "frame.h"
#include "frame_steps.h"
#include "hints.h"
#include "words.h"

enum { MAX_EXTENSIONS = 16 };

enum {                      /* tcpdump.org/linktypes.html */
    NULL_LINK = 0,
    ETHERNET = 1,
    RAW_BSD = 12,
    RAW_OPENBSD = 14,
    RAW = 101,
    LOOP = 108,
    COOKED = 113,
    IPV4 = 228,
    IPV6 = 229,
    COOKED2 = 276
};

enum { HOP_BY_HOP = 0, TCP = 6, UDP = 17, ROUTING = 43, FRAGMENT_HEADER = 44, AUTHENTICATION = 51, OPTIONS = 60,
       MOBILITY = 135, HIP = 139, SHIM6 = 140 };

static void link_addresses(const struct frame *x, bool into_key, struct place *f, struct marks *m)
{
    const uint8_t *const p = x->p;
    const int header = link_header(x->link);
    int length = 6, at = 6;

    f->address[0] = f->address[1] = 0;
    if (header == 0)
        return;
    if (x->cap < header) {
        if (m)
            m->fits = false;
        return;
    }
    if (x->link == COOKED) {
        length = be16(p + 4) < 8 ? be16(p + 4) : 8;
        frame_mark(m, 4, 0xFFFF, 2);
    } else if (x->link == COOKED2) {
        at = 12;
        length = p[11] < 8 ? p[11] : 8;
        frame_mark(m, 11, 0xFF, 1);
    }
    memcpy(&f->address[0], p + at, (size_t)length);
    f->address[1] = (uint64_t)length;
    frame_mark_key(m, at, length);
    if (m)
        m->deep = max64(m->deep, header);
    if (into_key) {
        memcpy(f->key.source, p + at, (size_t)length);
        if (x->link == ETHERNET) {
            memcpy(f->key.target, p, 6);
            frame_mark_key(m, 0, 6);
        }
    }
}

static bool is_tag(uint16_t kind)
{
    return kind == 0x8100 || kind == 0x88A8 || kind == 0x9100 || kind == 0x9200;
}

/* Behind a link header; the ethertype there. */
ALWAYS_INLINE int through_link(const struct frame *x, int way, struct place *f, uint16_t *kind, struct marks *m)
{
    const bool outer = way == FROM_LINK;
    const int64_t header = outer ? link_header(x->link) : 14;
    const int64_t at = f->start + (!outer || x->link == ETHERNET ? 12 : x->link == COOKED2 ? 0 : 14);
    const int status = frame_need(x, f, header, m);

    if (status != RECORD)
        return status;
    if (!outer)
        f->mac = f->start;
    f->start += header;
    *kind = be16(x->p + at);
    frame_mark(m, at, 0xFFFF, 2);
    return RECORD;
}

/* Behind the link header (if the storey has one) and all VLAN tags, to what `kind` names. */
ALWAYS_INLINE int to_ethertype(const struct frame *x, int way, struct place *f, uint16_t *kind, struct marks *m)
{
    int status = RECORD;

    if (way >= 0)
        *kind = (uint16_t)way;
    else if ((status = through_link(x, way, f, kind, m)) != RECORD)
        return status;
    while (is_tag(*kind)) {
        status = frame_need(x, f, 4, m);
        if (status != RECORD)
            return status;
        *kind = be16(x->p + f->start + 2);
        frame_mark(m, f->start + 2, 0xFFFF, 2);
        f->start += 4;
    }
    f->type = *kind;
    return RECORD;
}

/* The version of IP that an address family stands for, in any system's numbers; 0 for another. */
static int family_version(uint32_t family)
{
    return family == 2 ? 4 : family == 10 || family == 24 || family == 28 || family == 30 ? 6 : 0;
}

/* What version the storey announces: 4, 6, 0 if it leaves that to the header, or -1 with a status. */
ALWAYS_INLINE int announced(const struct frame *x, int way, struct place *f, int *status, struct marks *m)
{
    uint16_t kind = 0;
    int version;

    if (way == IP_HERE)
        return 0;
    if (way != FROM_LINK || link_header(x->link) != 0) {
        *status = to_ethertype(x, way, f, &kind, m);
        if (*status != RECORD)
            return -1;
        version = kind == 0x0800 ? 4 : kind == 0x86DD ? 6 : 0;
    } else if (x->link == NULL_LINK || x->link == LOOP) {
        *status = frame_need(x, f, 4, m);
        if (*status != RECORD)
            return -1;
        frame_mark(m, 0, 0xFFFFFFFF, 4);
        version = family_version(be32(x->p));
        if (version == 0)
            version = family_version(le32(x->p));
        f->start = 4;
    } else if (x->link == IPV4 || x->link == IPV6) {
        return x->link == IPV4 ? 4 : 6;
    } else if (x->link == RAW || x->link == RAW_BSD || x->link == RAW_OPENBSD) {
        return 0;
    } else {
        *status = LINK;
        return -1;
    }
    if (version == 0) {
        *status = PROTOCOL;
        return -1;
    }
    return version;
}

ALWAYS_INLINE int to_network(const struct frame *x, int way, struct place *f, struct marks *m)
{
    int status = RECORD;
    const int version = announced(x, way, f, &status, m);

    if (version < 0)
        return status;
    status = frame_need(x, f, 1, m);
    if (status != RECORD)
        return status;
    f->key.version = x->p[f->start] >> 4;
    frame_mark(m, f->start, 0xF0, 1);
    if (version != 0)
        return f->key.version == version ? RECORD : MALFORMED;
    return f->key.version == 4 || f->key.version == 6 ? RECORD : MALFORMED;
}

static bool is_extension(int version, int protocol)
{
    switch (protocol) {
    case AUTHENTICATION:
        return true;
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT_HEADER:
    case OPTIONS:
    case MOBILITY:
    case HIP:
    case SHIM6:
        return version != 4;
    default:
        return false;
    }
}

static int through_extensions(const struct frame *x, int selector, struct place *f, struct marks *m)
{
    for (int count = 0; f->key.protocol != selector && is_extension(f->key.version, f->key.protocol); count++) {
        int64_t length = 8;
        if (count == MAX_EXTENSIONS)
            return MALFORMED;
        const int status = frame_need(x, f, 8, m);
        if (status != RECORD)
            return status;
        const uint8_t *const p = x->p + f->start;
        if (f->key.protocol == FRAGMENT_HEADER) {
            frame_mark(m, f->start + 2, 0xFFF8, 2);
            if ((be16(p + 2) & 0xFFF8) != 0)
                return FRAGMENT;
        } else {
            frame_mark(m, f->start + 1, 0xFF, 1);
            length = (int64_t)p[1] * (f->key.protocol == AUTHENTICATION ? 4 : 8) + 8;
        }
        frame_mark(m, f->start, 0xFF, 1);
        f->key.protocol = p[0];
        f->start += length;
    }
    return RECORD;
}

static int through_ipv4(const struct frame *x, struct place *f, struct marks *m)
{
    const int64_t at = f->start;
    const int status = frame_need(x, f, 20, m);

    if (status != RECORD)
        return status;
    const uint8_t *const p = x->p + at;
    const int64_t header = (p[0] & 15) * 4, total = be16(p + 2);
    if (header < 20 || (total != 0 && total < header))
        return MALFORMED;
    if (total != 0)
        frame_state(f, at + total);
    if ((be16(p + 6) & 0x1FFF) != 0)
        return FRAGMENT;
    f->key.protocol = p[9];
    memcpy(f->key.source, p + 12, 4);
    memcpy(f->key.target, p + 16, 4);
    f->start = at + header;
    frame_mark(m, at, 0x0F, 1);
    frame_mark(m, at + 6, 0x1FFF, 2);
    frame_mark(m, at + 9, 0xFF, 1);
    frame_mark_key(m, at + 12, 8);
    if (m) {
        m->ip_at = at + 2;
        m->ip_base = at;
    }
    return RECORD;
}

static int through_ipv6(const struct frame *x, struct place *f, struct marks *m)
{
    const int64_t at = f->start;
    const int status = frame_need(x, f, 40, m);

    if (status != RECORD)
        return status;
    const uint8_t *const p = x->p + at;
    const int64_t total = be16(p + 4);
    if (total != 0)
        frame_state(f, at + 40 + total);
    f->key.protocol = p[6];
    memcpy(f->key.source, p + 8, 16);
    memcpy(f->key.target, p + 24, 16);
    f->start = at + 40;
    frame_mark(m, at + 6, 0xFF, 1);
    frame_mark_key(m, at + 8, 32);
    if (m) {
        m->ip_at = at + 4;
        m->ip_base = at + 40;
    }
    return RECORD;
}

ALWAYS_INLINE int through_ip(const struct frame *x, int selector, struct place *f, struct marks *m)
{
    const int status = f->key.version == 4 ? through_ipv4(x, f, m) : through_ipv6(x, f, m);

    return status == RECORD ? through_extensions(x, selector, f, m) : status;
}

static int through_transport(const struct frame *x, const struct program *program, struct place *f, struct marks *m)
{
    const bool udp = program->anchor == A_UDP;
    const int64_t at = f->start;

    if (f->key.protocol != (udp ? UDP : TCP))
        return PROTOCOL;
    const int status = frame_need(x, f, udp ? 8 : 20, m);
    if (status != RECORD)
        return status;
    const uint8_t *const p = x->p + at;
    f->key.sport = be16(p);
    f->key.dport = be16(p + 2);
    frame_mark_key(m, at, 4);
    if (!program_seeks(program, f->key.sport, f->key.dport))
        return PORT;
    if (udp) {
        const int64_t length = be16(p + 4);
        if (length != 0) {
            if (length < 8)
                return MALFORMED;
            frame_state(f, at + length);
        }
        f->start = at + 8;
        if (m) {
            m->udp_at = at + 4;
            m->udp_base = at;
        }
        return RECORD;
    }
    frame_mark(m, at + 12, 0xF0, 1);
    const int64_t length = (p[12] >> 4) * 4;
    if (length < 20)
        return MALFORMED;
    f->start = at + length;
    return RECORD;
}

static bool has_no_ethertype(int link)
{
    return link == RAW || link == RAW_BSD || link == RAW_OPENBSD || link == IPV4 || link == IPV6 || link == NULL_LINK
        || link == LOOP;
}

ALWAYS_INLINE int to_ethernet_payload(
    const struct frame *x, const struct program *program, int way, struct place *f, struct marks *m)
{
    uint16_t kind = 0;

    if (way == IP_HERE)
        return PROTOCOL;
    if (way == FROM_LINK && link_header(x->link) == 0)
        return has_no_ethertype(x->link) ? PROTOCOL : LINK;
    const int status = to_ethertype(x, way, f, &kind, m);
    return status == RECORD && program->selector >= 0 && program->selector != kind ? PROTOCOL : status;
}

ALWAYS_INLINE int to_ip_payload(
    const struct frame *x, const struct program *program, int way, struct place *f, struct marks *m)
{
    const bool whole = program->anchor == A_IP;
    int status = to_network(x, way, f, m);

    if (status == RECORD)
        status = through_ip(x, whole ? program->selector : -1, f, m);
    if (status != RECORD)
        return status;
    if (!whole)
        return through_transport(x, program, f, m);
    return program->selector >= 0 && program->selector != f->key.protocol ? PROTOCOL : RECORD;
}

ALWAYS_INLINE int locate(const struct frame *x, const struct program *program, int way, struct place *f, struct marks *m)
{
    int status = RECORD;

    if (program->anchor == A_ETH)
        status = to_ethernet_payload(x, program, way, f, m);
    else if (program->anchor != A_FRAME)
        status = to_ip_payload(x, program, way, f, m);
    if (m)
        m->deep = max64(m->deep, f->start);
    return status == RECORD && f->start > f->stated ? MALFORMED : status;
}

int frame_locate(const struct frame *x, const struct program *program, struct place *f, struct marks *m)
{
    memset(&f->key, 0, sizeof f->key);
    f->start = 0;
    f->end = f->stated = x->wire;
    f->bound = INT64_MAX;
    f->mac = f->type = -1;
    f->seq = 0;
    link_addresses(x, program->anchor <= A_ETH, f, m);
    return locate(x, program, FROM_LINK, f, m);
}

/* Compiled for the frame's own headers above, and for those inside tunnels here. */

int frame_locate_inside(const struct frame *x, const struct program *program, int way, struct place *f, struct marks *m)
{
    return locate(x, program, way, f, m);
}

int frame_to_network(const struct frame *x, int way, struct place *f, struct marks *m)
{
    return to_network(x, way, f, m);
}

int frame_through_ip(const struct frame *x, int selector, struct place *f, struct marks *m)
{
    return through_ip(x, selector, f, m);
}
