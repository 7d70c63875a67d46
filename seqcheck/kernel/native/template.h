/* Frames that look like one that was decoded before, recognized at once.
 *
 * Theory
 *     What decode says of a frame is decided by few of its bits: those that lead through the headers (`fixed`), those
 *     that name stream and source (`key`), the length words, and the counter. A template remembers the bits of a frame
 *     that was decoded the long way, as a record. A frame with the same fixed bits, whose lengths reach as deep, takes
 *     the same way to the same places; if its key bits are the same too, it is of the same stream and source. If they
 *     are not, the *flows* know which stream and source belong to key bits seen before under this template. Whatever is
 *     in doubt goes the long way, so a template can be too narrow, but never wrong.
 * Why the lengths may vary
 *     Every `need` and every field at a fixed place was satisfied up to `deep`. With both length words at least as far
 *     as `deep`, and as many bytes captured, each of them is satisfied again; neither word is then 0.
 * Within a tunnel
 *     All lengths but the innermost are fixed bits: frames of one length are alike.
 * Fields that count from the end, or compare with the length, are read for each frame (`template_dynamic`); STREAM
 * fields that count from the end rule templates out. */
#ifndef SEQCHECK_TEMPLATE_H
#define SEQCHECK_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "program.h"
#include "words.h"

enum {
    NARROW = 8,
    WIDE = 12,
    WORDS = 16,             /* that a template may compare: NARROW, WIDE or all. The last is never asked for, see flows.h */
    WIDEST = 8 * WORDS + 8  /* bytes from a frame's first that may be read before its template is known */
};

/* Whose a record is: ids. */
struct identity {
    int64_t stream;
    int64_t source;
};

struct template {
    uint64_t value[WORDS];  /* the bytes of the frame that it was made of, as words */
    uint64_t fixed[WORDS];  /* the bits that decide, */
    uint64_t key[WORDS];    /* those that name stream and source, */
    uint64_t both[WORDS];   /* and both */
    uint64_t all[WORDS];    /* both and, until they were seen to vary, the length words */
    int64_t span;           /* bytes from the frame's first that are read here; INT64_MAX where this is no template */
    int64_t deep;           /* how far the lengths have to reach, */
    int64_t ip_at;          /* their place: at 0, with a need of 0, if there is no such word, */
    int64_t ip_base;
    int64_t udp_at;
    int64_t udp_base;
    uint32_t ip_need;       /* and what they have to be at least */
    uint32_t udp_need;
    int64_t seq_at;         /* the counter's place, -1 where that depends on the lengths */
    int64_t start;          /* of the payload */
    int64_t bound;          /* where the headers around a tunnel end, by their lengths, which are fixed; INT64_MAX: nowhere */
    int64_t stated;         /* the innermost of them */
    struct identity of;     /* of the last frame that was like it */
    int64_t tag;            /* its flows bear it; never used twice */
    int64_t hits;
    int link;
    int words;              /* that are compared */
    int64_t here;           /* where the moves lead; all that they look at are fixed bits */
} __attribute__((aligned(64)));

/* Where the counter is in 8 bytes, and its bounds. */
struct number {
    int shift;              /* right, in its byte order, */
    bool big;
    uint64_t mask;          /* after that */
    uint64_t top;           /* modulus - 1 */
};

/* Which template to try: by a hash of those of 8 bytes that all templates fix. */
struct pick {
    int at;                 /* their place */
    uint64_t mask;
    struct template *which[16];
};

/* Make a template of a record, or say that it cannot be one. Decodes it again, with marks. */
bool template_learn(const struct frame *x, const struct program *program, struct template *t);

/* Whether the frame takes the template's way, be it of another stream. */
bool template_is_like(const struct frame *x, const struct template *t);

/* Read the fields whose place or meaning depends on the lengths. False: in doubt, go the long way. */
bool template_dynamic(const struct frame *x, const struct template *t, const struct program *program, uint64_t *seq);

/* Whether the lengths in its headers reach as deep as the template's way goes. */
static inline bool lengths_reach(const uint8_t *p, const struct template *t)
{
    return be16(p + t->ip_at) >= t->ip_need && be16(p + t->udp_at) >= t->udp_need;
}

/* Whether a frame is long enough to take the template's way; `room` bytes may be read at p. */
static inline bool frame_reaches(const uint8_t *p, const struct template *t, int64_t room, int64_t cap, int link)
{
    return room >= t->span && cap >= t->deep && link == t->link && lengths_reach(p, t);
}

/* The template to try for a frame of which `pick->at + 8` bytes may be read. */
static inline struct template **picked(struct pick *pick, const uint8_t *p)
{
    return &pick->which[((raw64(p + pick->at) & pick->mask) * UINT64_C(0x9E3779B97F4A7C15)) >> 60];
}

/* The number whose 8 bytes are at p. */
static inline uint64_t number_at(const uint8_t *p, const struct number *number)
{
    return (word64(p, number->big) >> number->shift) & number->mask;
}

#endif
