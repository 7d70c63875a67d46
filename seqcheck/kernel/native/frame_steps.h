/* The steps through headers that frame_locate.c and frame_tunnels.c share; see frame.h. */
#ifndef SEQCHECK_FRAME_STEPS_H
#define SEQCHECK_FRAME_STEPS_H

#include <string.h>

#include "frame.h"
#include "words.h"

/* `width` bytes (up to 4) at `at` decide, as far as `bits` (big endian) goes. */
static inline void frame_mark(struct marks *m, int64_t at, uint32_t bits, int width)
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

/* They name the stream. */
static inline void frame_mark_key(struct marks *m, int64_t at, int64_t width)
{
    if (!m)
        return;
    if (at + width > SPAN) {
        m->fits = false;
        return;
    }
    memset(m->key + at, 0xFF, (size_t)width);
}

/* Whether `length` bytes from `start` on are there, and were captured: RECORD, SHORT or CUT. */
static inline int frame_need(const struct frame *x, const struct place *f, int64_t length, struct marks *m)
{
    if (f->start + length > f->end)
        return SHORT;
    if (f->start + length > x->cap)
        return CUT;
    if (m)
        m->deep = max64(m->deep, f->start + length);
    return RECORD;
}

/* A header says where its payload ends. */
static inline void frame_state(struct place *f, int64_t stated)
{
    f->stated = stated;
    f->end = min64(f->end, stated);
    f->bound = min64(f->bound, stated);
}

/* From the beginning of a storey to the first byte of its IP header; PROTOCOL if it has none. */
int frame_to_network(const struct frame *x, int way, struct place *f, struct marks *m);

/* Behind it and its extension headers, up to the one that is `selector`. */
int frame_through_ip(const struct frame *x, int selector, struct place *f, struct marks *m);

#endif
