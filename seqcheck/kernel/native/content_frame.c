/* What tells a frame apart, without a layout; see content_frame.h. */
#include "content_frame.h"

#include <string.h>

#include "content_nature.h"
#include "frame_steps.h"
#include "hints.h"
#include "words.h"

enum { ETHERNET = 1, COOKED = 113, COOKED2 = 276 };

enum { TCP = 6, UDP = 17, SCTP = 132, UDP_LITE = 136 };

static bool has_ports(int protocol)
{
    return protocol == UDP || protocol == TCP || protocol == SCTP || protocol == UDP_LITE;
}

static void link_source(const struct frame *x, struct content_frame *c)
{
    const int header = link_header(x->link);
    int length = 6, at = 6;

    c->address[0] = c->address[1] = 0;
    if (header == 0 || x->cap < header)
        return;
    if (x->link == COOKED) {
        length = be16(x->p + 4) < 8 ? be16(x->p + 4) : 8;
    } else if (x->link == COOKED2) {
        at = 12;
        length = x->p[11] < 8 ? x->p[11] : 8;
    }
    memcpy(&c->address[0], x->p + at, (size_t)length);
    c->address[1] = (uint64_t)length;
}

/* The content from c->network on, except for `mask` of its first 16 bytes. */
static void take_content(struct content_frame *c, const uint8_t *mask)
{
    uint64_t bits[2];

    c->head[0] = c->head[1] = 0;
    memcpy(c->head, c->network, (size_t)min64(c->captured, 16));
    memcpy(bits, mask, sizeof bits);
    c->head[0] &= bits[0];
    c->head[1] &= bits[1];
    c->rest = max64(c->captured - 16, 0);
    c->more = c->network + (c->captured - c->rest);
}

/* Whether it repeats by nature: by the header at `at`, behind its IP header, or by others behind that. */
static bool repeats(const struct frame *x, const struct content_frame *c, int64_t at)
{
    const uint8_t *const p = c->network + at;

    if (repeats_bare(p, c->protocol, c->captured - at, c->length - at))
        return true;
    return repeats_may_enter(c->version, c->protocol, p, at + 4 <= c->captured) && repeats_inside(x);
}

/* Whether an IP header of `size` bytes at `at` is there, and was captured: RECORD, SHORT or CUT. */
static int need(const struct frame *x, int64_t at, int64_t size)
{
    if (at + size > x->wire)
        return SHORT;
    return at + size > x->cap ? CUT : RECORD;
}

/* How long the packet at `at` is: as long as its header says, `stated`, where that is not 0, and the frame. */
static void measure(const struct frame *x, int64_t at, int64_t stated, struct content_frame *c)
{
    c->length = stated != 0 ? min64(x->wire - at, stated) : x->wire - at;
    c->captured = min64(c->length, x->cap - at);
}

static int read_ipv4(const struct frame *x, int64_t at, struct content_frame *c)
{
    static const uint8_t mask[16] = {
        0xFF, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0, 0xFF, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
    };
    const uint8_t *const p = x->p + at;
    const int there = need(x, at, 20);

    if (there != RECORD)
        return there;
    const int64_t header = (p[0] & 15) * 4, total = be16(p + 2);
    if (header < 20 || (total != 0 && total < header))
        return MALFORMED;
    measure(x, at, total, c);
    c->protocol = p[9];
    const bool first = (be16(p + 6) & 0x1FFF) == 0;
    if (repeats_by_protocol(c->protocol) || (first && repeats(x, c, header)))
        return INDISTINCT;
    c->ports = first && has_ports(c->protocol) && header + 4 <= c->captured ? (uint16_t)header : 0;
    c->identification = be16(p + 4);
    c->hops = p[8];
    take_content(c, mask);
    return RECORD;
}

static int read_ipv6(const struct frame *x, int64_t at, struct content_frame *c)
{
    static const uint8_t mask[16] = {
        0xF0, 0x0F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    };
    const uint8_t *const p = x->p + at;
    const int there = need(x, at, 40);

    if (there != RECORD)
        return there;
    const int64_t total = be16(p + 4);
    measure(x, at, total != 0 ? 40 + total : 0, c);
    c->protocol = p[6];
    if (repeats_by_protocol(c->protocol) || repeats(x, c, 40))
        return INDISTINCT;
    c->ports = has_ports(c->protocol) && 44 <= c->captured ? 40 : 0;
    c->hops = p[7];
    take_content(c, mask);
    return RECORD;
}

static int read_other(const struct frame *x, const struct place *f, struct content_frame *c)
{
    static const uint8_t mask[16] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    };

    const bool snap = f->type < SIZES && f->start < x->cap && x->p[f->start] == SNAP;
    if ((repeats_by_type(f->type) && !snap) || repeats_inside(x))
        return INDISTINCT;
    c->kind = snap ? 0 : f->type;
    c->length = x->wire - f->start;
    c->captured = x->cap - f->start;
    take_content(c, mask);
    return RECORD;
}

int content_read(const struct frame *x, struct content_frame *c)
{
    struct place f;

    c->kind = -1;
    c->identification = c->ports = 0;
    c->hops = c->version = c->protocol = 0;
    link_source(x, c);
    f.start = 0;
    f.end = f.stated = x->wire;
    f.bound = INT64_MAX;
    f.mac = f.type = -1;
    const int status = frame_to_network(x, FROM_LINK, &f, NULL);
    c->network = x->p + f.start;
    if (status == PROTOCOL && f.type >= 0)
        return read_other(x, &f, c);
    if (status != RECORD)
        return status;
    c->version = f.key.version;
    return c->version == 4 ? read_ipv4(x, f.start, c) : read_ipv6(x, f.start, c);
}

void content_key(const struct frame *x, const struct content_frame *c, struct stream_key *key)
{
    memset(key, 0, sizeof *key);
    if (c->kind >= 0) {
        memcpy(key->source, &c->address[0], (size_t)c->address[1]);
        if (x->link == ETHERNET)
            memcpy(key->target, x->p, 6);
        key->fields[0] = (uint64_t)c->kind;
        return;
    }
    const size_t size = c->version == 4 ? 4 : 16;
    const uint8_t *const addresses = c->network + (c->version == 4 ? 12 : 8);
    key->version = c->version;
    key->protocol = c->protocol;
    memcpy(key->source, addresses, size);
    memcpy(key->target, addresses + size, size);
    if (c->ports != 0) {
        key->sport = be16(c->network + c->ports);
        key->dport = be16(c->network + c->ports + 2);
    }
}

/* Both halves of the product of two words, folded: what wyhash and others mix by, and no difference between two messages
 * is lost whatever the key. */
ALWAYS_INLINE uint64_t mixed(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    const wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    const uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    const uint64_t low = a0 * b0, one = a0 * b1, two = a1 * b0;
    const uint64_t middle = (low >> 32) + (uint32_t)one + (uint32_t)two;
    return ((middle << 32) | (uint32_t)low) ^ (a1 * b1 + (one >> 32) + (two >> 32) + (middle >> 32));
#endif
}

uint64_t content_hash(const struct content_frame *c, const uint64_t *seed)
{
    const uint8_t *p = c->more;
    int64_t rest = c->rest;
    uint64_t h = mixed(c->head[0] ^ seed[0], c->head[1] ^ seed[1]);

    if (rest >= 64) {       /* two at a time, so that the processor need not wait */
        uint64_t g = h ^ seed[2];
        for (; rest >= 32; p += 32, rest -= 32) {
            h = mixed(raw64(p) ^ seed[2], raw64(p + 8) ^ h);
            g = mixed(raw64(p + 16) ^ seed[3], raw64(p + 24) ^ g);
        }
        h ^= g;
    }
    for (; rest >= 16; p += 16, rest -= 16)
        h = mixed(raw64(p) ^ seed[2], raw64(p + 8) ^ h);
    if (rest >= 8)
        h = mixed(raw64(p) ^ seed[3], raw64(p + rest - 8) ^ h);
    else if (rest >= 4)
        h = mixed(raw32(p) ^ seed[3], raw32(p + rest - 4) ^ h);
    else if (rest > 0)
        h = mixed((uint64_t)p[0] << 16 ^ (uint64_t)p[rest / 2] << 8 ^ p[rest - 1] ^ seed[3], h);
    return mixed(h ^ seed[4], ((uint64_t)c->length << 20 ^ (uint64_t)c->rest) ^ seed[5]);
}

bool content_same(const struct content_frame *one, const struct content_frame *other)
{
    return one->head[0] == other->head[0] && one->head[1] == other->head[1] && one->length == other->length
        && one->captured == other->captured && memcmp(one->more, other->more, (size_t)one->rest) == 0;
}
