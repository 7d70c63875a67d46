/* Flows: what a record of a known stream begins with, as it lies in memory, to its stream and source.
 *
 * A cache: what it forgets is found again the long way. A flow lives in one of a few neighbouring places; where all are
 * taken the first gives way.
 *
 * A flow is as many words as templates compare, of which the last is not compared: there stands the flow's name. So a
 * flow of a common frame is one cache line, which matters most where thousands of streams come in turn. */
#ifndef SEQCHECK_FLOWS_H
#define SEQCHECK_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "template.h"

enum {
    FLOW_PROBES = 4,
    FLOW_BITS_FIRST = 10,
    FLOW_BITS_MOST = 17,
    STREAM_BITS = 20,       /* of a name; source and the template's tag stand above */
    SOURCE_BITS = 16,
    TAGS_MOST = (1 << 28) - 1
};

struct flows {
    uint64_t *words;        /* aligned to cache lines within `memory` */
    void *memory;
    int bits;               /* log2 of the number of flows */
    int width;              /* words of one: NARROW, WIDE or WORDS */
    int by_link;            /* link-layer addresses name streams */
    int64_t used;           /* flows; where it is more than a quarter, the table should grow */
    uint64_t odd[WORDS];    /* random, and odd */
};

/* An empty table of 2**bits flows in place of the one there is. False if there is no memory, and all is as it was. */
bool flows_begin(struct flows *flows, int bits, int width);

void flows_end(struct flows *flows);

/* Remember the frame at p, of which `width` words may be read. */
void flows_add(struct flows *flows, const uint8_t *p, const struct template *t, struct identity of);

static inline uint64_t flow_name(const struct template *t, struct identity of)
{
    return (uint64_t)t->tag << (STREAM_BITS + SOURCE_BITS) | (uint64_t)of.source << STREAM_BITS | (uint64_t)of.stream;
}

static inline uint64_t tag_of(uint64_t name) { return name >> (STREAM_BITS + SOURCE_BITS); }

static inline struct identity identity_of(uint64_t name)
{
    return (struct identity){
        .stream = (int64_t)(name & ((1 << STREAM_BITS) - 1)),
        .source = (int64_t)(name >> STREAM_BITS & ((1 << SOURCE_BITS) - 1)),
    };
}

/* The first place where the frame's flow may live: a hash of the template's key bits. Link-layer addresses (the first
 * two words) enter only where they name streams: where flows differ in them alone otherwise, they are few, and live in
 * neighbouring places. */
static inline uint64_t flow_place(const uint8_t *p, const struct template *t, const struct flows *flows)
{
    const uint64_t *const key = t->key, *const odd = flows->odd;
    const int words = flows->width;
    uint64_t h = 0;

    if (flows->by_link)
        h = (raw64(p) & key[0]) * odd[0] + (raw64(p + 8) & key[1]) * odd[1];
    for (int j = 2; j < NARROW - 1; j++)
        h += (raw64(p + 8 * j) & key[j]) * odd[j];
    if (words > NARROW)
        for (int j = NARROW - 1; j < WIDE - 1; j++)
            h += (raw64(p + 8 * j) & key[j]) * odd[j];
    if (words > WIDE)
        for (int j = WIDE - 1; j < WORDS - 1; j++)
            h += (raw64(p + 8 * j) & key[j]) * odd[j];
    return ((h ^ h >> 32) * odd[0]) >> (64 - flows->bits);
}

#endif
