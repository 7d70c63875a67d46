/* The way through a frame's headers to the anchor's payload; see frame.h. */
#include <string.h>

#include "frame.h"
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

/* `width` bytes (up to 4) at `at` decide, as far as `bits` (big endian) goes. */
static void mark(struct marks *m, int64_t at, uint32_t bits, int width)
{
    if (!m)
        return;
    if (at + width > SPAN) {
        m->fits = false;
        return;
    }
    for (int j = 0; j < width; j++)
        m->fixed[at + j] |= (uint8_t)(bits >> (8 * (width - 1 - j)));
}

static void mark_key(struct marks *m, int64_t at, int64_t width)
{
    if (!m)
        return;
    if (at + width > SPAN) {
        m->fits = false;
        return;
    }
    memset(m->key + at, 0xFF, (size_t)width);
}

/* Whether `length` bytes from `start` on are there, and were captured. */
static int need(const struct frame *x, const struct place *f, int64_t length, struct marks *m)
{
    if (f->start + length > f->end)
        return SHORT;
    if (f->start + length > x->cap)
        return CUT;
    if (m)
        m->deep = max64(m->deep, f->start + length);
    return RECORD;
}

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
        mark(m, 4, 0xFFFF, 2);
    } else if (x->link == COOKED2) {
        at = 12;
        length = p[11] < 8 ? p[11] : 8;
        mark(m, 11, 0xFF, 1);
    }
    memcpy(&f->address[0], p + at, (size_t)length);
    f->address[1] = (uint64_t)length;
    mark_key(m, at, length);
    if (m)
        m->deep = max64(m->deep, header);
    if (into_key) {
        memcpy(f->key.source, p + at, (size_t)length);
        if (x->link == ETHERNET) {
            memcpy(f->key.target, p, 6);
            mark_key(m, 0, 6);
        }
    }
}

static bool is_tag(uint16_t kind)
{
    return kind == 0x8100 || kind == 0x88A8 || kind == 0x9100 || kind == 0x9200;
}

/* Behind the link header and all VLAN tags, to what `kind` names. */
static int to_ethertype(const struct frame *x, struct place *f, uint16_t *kind, struct marks *m)
{
    const int64_t at = x->link == COOKED2 ? 0 : x->link == ETHERNET ? 12 : 14;
    int status = need(x, f, link_header(x->link), m);

    if (status != RECORD)
        return status;
    f->start = link_header(x->link);
    *kind = be16(x->p + at);
    mark(m, at, 0xFFFF, 2);
    while (is_tag(*kind)) {
        status = need(x, f, 4, m);
        if (status != RECORD)
            return status;
        *kind = be16(x->p + f->start + 2);
        mark(m, f->start + 2, 0xFFFF, 2);
        f->start += 4;
    }
    return RECORD;
}

/* The version of IP that an address family stands for, in any system's numbers; 0 for another. */
static int family_version(uint32_t family)
{
    return family == 2 ? 4 : family == 10 || family == 24 || family == 28 || family == 30 ? 6 : 0;
}

/* What version the link layer announces: 4, 6, 0 where it leaves that to the header, or -1 with a status. */
static int announced(const struct frame *x, struct place *f, int *status, struct marks *m)
{
    uint16_t kind = 0;
    int version;

    if (link_header(x->link) != 0) {
        *status = to_ethertype(x, f, &kind, m);
        if (*status != RECORD)
            return -1;
        version = kind == 0x0800 ? 4 : kind == 0x86DD ? 6 : 0;
    } else if (x->link == NULL_LINK || x->link == LOOP) {
        *status = need(x, f, 4, m);
        if (*status != RECORD)
            return -1;
        mark(m, 0, 0xFFFFFFFF, 4);
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

/* To the first byte of the IP header; its version into the key. */
static int to_network(const struct frame *x, struct place *f, struct marks *m)
{
    int status = RECORD;
    const int version = announced(x, f, &status, m);

    if (version < 0)
        return status;
    status = need(x, f, 1, m);
    if (status != RECORD)
        return status;
    f->key.version = x->p[f->start] >> 4;
    mark(m, f->start, 0xF0, 1);
    if (version != 0)
        return f->key.version == version ? RECORD : MALFORMED;
    return f->key.version == 4 || f->key.version == 6 ? RECORD : MALFORMED;
}

/* A header says where its payload ends. */
static void state(struct place *f, int64_t stated)
{
    f->stated = stated;
    f->end = min64(f->end, stated);
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
        const int status = need(x, f, 8, m);
        if (status != RECORD)
            return status;
        const uint8_t *const p = x->p + f->start;
        if (f->key.protocol == FRAGMENT_HEADER) {
            mark(m, f->start + 2, 0xFFF8, 2);
            if ((be16(p + 2) & 0xFFF8) != 0)
                return FRAGMENT;
        } else {
            mark(m, f->start + 1, 0xFF, 1);
            length = (int64_t)p[1] * (f->key.protocol == AUTHENTICATION ? 4 : 8) + 8;
        }
        mark(m, f->start, 0xFF, 1);
        f->key.protocol = p[0];
        f->start += length;
    }
    return RECORD;
}

static int through_ipv4(const struct frame *x, struct place *f, struct marks *m)
{
    const int64_t at = f->start;
    const int status = need(x, f, 20, m);

    if (status != RECORD)
        return status;
    const uint8_t *const p = x->p + at;
    const int64_t header = (p[0] & 15) * 4, total = be16(p + 2);
    if (header < 20 || (total != 0 && total < header))
        return MALFORMED;
    if (total != 0)
        state(f, at + total);
    if ((be16(p + 6) & 0x1FFF) != 0)
        return FRAGMENT;
    f->key.protocol = p[9];
    memcpy(f->key.source, p + 12, 4);
    memcpy(f->key.target, p + 16, 4);
    f->start = at + header;
    mark(m, at, 0x0F, 1);
    mark(m, at + 6, 0x1FFF, 2);
    mark(m, at + 9, 0xFF, 1);
    mark_key(m, at + 12, 8);
    if (m) {
        m->ip_at = at + 2;
        m->ip_base = at;
    }
    return RECORD;
}

static int through_ipv6(const struct frame *x, struct place *f, struct marks *m)
{
    const int64_t at = f->start;
    const int status = need(x, f, 40, m);

    if (status != RECORD)
        return status;
    const uint8_t *const p = x->p + at;
    const int64_t total = be16(p + 4);
    if (total != 0)
        state(f, at + 40 + total);
    f->key.protocol = p[6];
    memcpy(f->key.source, p + 8, 16);
    memcpy(f->key.target, p + 24, 16);
    f->start = at + 40;
    mark(m, at + 6, 0xFF, 1);
    mark_key(m, at + 8, 32);
    if (m) {
        m->ip_at = at + 4;
        m->ip_base = at + 40;
    }
    return RECORD;
}

static int through_ip(const struct frame *x, int selector, struct place *f, struct marks *m)
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
    const int status = need(x, f, udp ? 8 : 20, m);
    if (status != RECORD)
        return status;
    const uint8_t *const p = x->p + at;
    f->key.sport = be16(p);
    f->key.dport = be16(p + 2);
    mark_key(m, at, 4);
    if (program->selector >= 0 && f->key.sport != program->selector && f->key.dport != program->selector)
        return PORT;
    if (udp) {
        const int64_t length = be16(p + 4);
        if (length != 0) {
            if (length < 8)
                return MALFORMED;
            state(f, at + length);
        }
        f->start = at + 8;
        if (m) {
            m->udp_at = at + 4;
            m->udp_base = at;
        }
        return RECORD;
    }
    mark(m, at + 12, 0xF0, 1);
    const int64_t length = (p[12] >> 4) * 4;
    if (length < 20)
        return MALFORMED;
    f->start = at + length;
    return RECORD;
}

/* Leave out of the stream's key what the program does not want in it. */
static void forget(int key, struct stream_key *k)
{
    if (key >= K_HOSTS)
        k->sport = k->dport = 0;
    if (key >= K_SOURCE)
        memset(k->target, 0, sizeof k->target);
    if (key >= K_NONE)
        memset(k->source, 0, sizeof k->source);
}

static bool has_no_ethertype(int link)
{
    return link == RAW || link == RAW_BSD || link == RAW_OPENBSD || link == IPV4 || link == IPV6 || link == NULL_LINK
        || link == LOOP;
}

static int to_ethernet_payload(const struct frame *x, const struct program *program, struct place *f, struct marks *m)
{
    uint16_t kind = 0;

    if (link_header(x->link) == 0)
        return has_no_ethertype(x->link) ? PROTOCOL : LINK;
    const int status = to_ethertype(x, f, &kind, m);
    return status == RECORD && program->selector >= 0 && program->selector != kind ? PROTOCOL : status;
}

static int to_ip_payload(const struct frame *x, const struct program *program, struct place *f, struct marks *m)
{
    const bool whole = program->anchor == A_IP;
    int status = to_network(x, f, m);

    if (status == RECORD)
        status = through_ip(x, whole ? program->selector : -1, f, m);
    if (status != RECORD)
        return status;
    if (!whole)
        return through_transport(x, program, f, m);
    return program->selector >= 0 && program->selector != f->key.protocol ? PROTOCOL : RECORD;
}

int frame_locate(const struct frame *x, const struct program *program, struct place *f, struct marks *m)
{
    int status = RECORD;

    memset(&f->key, 0, sizeof f->key);
    f->start = 0;
    f->end = f->stated = x->wire;
    f->seq = 0;
    link_addresses(x, program->anchor <= A_ETH, f, m);
    if (program->anchor == A_ETH)
        status = to_ethernet_payload(x, program, f, m);
    else if (program->anchor != A_FRAME)
        status = to_ip_payload(x, program, f, m);
    if (m)
        m->deep = max64(m->deep, f->start);
    forget(program->key, &f->key);
    return status == RECORD && f->start > f->stated ? MALFORMED : status;
}
