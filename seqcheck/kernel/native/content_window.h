/* The contents of the last frames, by their hashes.
 *
 * A ring of entries, one for each frame that was looked up. Those of like hash form a chain, the newest first: `heads` has
 * its position, each entry that of the next. A chain ends where a position has left the window, since all behind it are
 * older. So nothing is ever taken out, and no table fills up. */
#ifndef SEQCHECK_CONTENT_WINDOW_H
#define SEQCHECK_CONTENT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct content_entry {
    uint64_t hash;
    int64_t number;
    int64_t place;
    int64_t frame;
    uint32_t next;          /* position + 1 in the chain, modulo 2**32 */
    int32_t stream;
    uint32_t counted : 31;
    uint32_t mute : 1;      /* here, so that an entry has 48 bytes */
    uint16_t identification;
    uint8_t hops;
    uint8_t times;
};

struct content_window {
    struct content_entry *entries;
    uint32_t *heads;
    void *memory[2];
    int64_t size;
    uint64_t position;      /* of the next entry */
    int shift;              /* 64 - log2(heads) */
};

/* An empty window of `size` entries, a power of two up to 2**30. False if there is no memory; window_end is then still
 * to be called. */
bool window_begin(struct content_window *w, int64_t size);

void window_end(struct content_window *w);

static inline struct content_entry *window_entry(const struct content_window *w, uint64_t position)
{
    return w->entries + (position & (uint64_t)(w->size - 1));
}

static inline uint32_t *window_head(const struct content_window *w, uint64_t hash)
{
    return w->heads + (hash >> w->shift);
}

/* The entry that a link leads to, where the one that led here lay `*back` positions back, if it is older and still in the
 * window; NULL otherwise. */
static inline struct content_entry *window_follow(const struct content_window *w, uint32_t link, uint32_t *back)
{
    const uint32_t age = link == 0 ? 0 : (uint32_t)w->position + 1 - link;

    if (age <= *back || age > (uint64_t)w->size || age > w->position)
        return NULL;
    *back = age;
    return window_entry(w, w->position - age);
}

/* A new entry, the newest of its chain. */
static inline void window_put(struct content_window *w, const struct content_entry *e)
{
    uint32_t *const head = window_head(w, e->hash);
    struct content_entry *const at = window_entry(w, w->position);

    *at = *e;
    at->next = *head;
    *head = (uint32_t)w->position + 1;
    w->position++;
}

#endif
