/* Pages of bits, each of a set and a number: found by an open-addressing table with linear probing (deleting moves later
 * ones back, so there are no tombs). The last page asked for is remembered, also when there was none: numbers that are
 * out of order mostly lie close to one another.
 *
 * Knows nothing of streams but that they are the upper half of a set's name, and epochs the lower one. Grows by itself
 * up to `most` pages; who gives way then is the caller's business. */
#ifndef SEQCHECK_PAGES_H
#define SEQCHECK_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "hints.h"

enum { NO_PAGE = -1, FORGOTTEN = -2 };

struct page_key {
    int64_t number;
    int64_t set;            /* stream << 32 | epoch; -1: the page was given back */
};

struct pool {
    int64_t most;           /* pages */
    int64_t size;           /* words of a page */
    int shift;              /* log2 of its bits */
    int slots_bits;         /* log2 of the slots, at least twice as many as pages */
    uint64_t *words;        /* room * size */
    struct page_key *keys;  /* room, by page */
    int32_t *free;          /* stack of pages that were given back */
    int32_t *slots;         /* page + 1; open addressing, linear probing */
    int64_t room;           /* pages that there is memory for */
    int64_t pages;          /* in use */
    int64_t top;            /* pages ever taken */
    int64_t frees;
    uint64_t odd;           /* the hash's multiplier */
    struct {                /* the last page asked for: [1] of positions below 0 */
        struct page_key key;
        int32_t page;       /* NO_PAGE: there is none; FORGOTTEN: nothing is remembered */
    } recent[2];
};

struct ordered_page {       /* a page, to be put in order */
    struct page_key key;
    int32_t page;
};

/* Room for `most` pages of `bits` each, a power of two. False if there is no memory. */
bool pool_begin(struct pool *p, int64_t most, int64_t bits, uint64_t seed);

/* All of it is let go; it may begin again. */
void pool_end(struct pool *p);

/* A new page without a bit; NO_PAGE if there is no memory. The key is not there yet, and there are fewer than `most`. */
int32_t page_add(struct pool *p, const struct page_key *key);

/* Give a page back. */
void page_drop(struct pool *p, int32_t page);

/* Give back all pages of this stream's epochs after `epoch`. */
void drop_epochs_after(struct pool *p, int32_t id, int64_t epoch);

/* All pages in order of set and number, to be freed; NULL if there is no memory. */
struct ordered_page *pool_in_order(const struct pool *p);

static inline uint64_t home_of(const struct pool *p, const struct page_key *key)
{
    uint64_t h = (uint64_t)key->number * p->odd;

    h = (h ^ (h >> 29) ^ (uint64_t)key->set) * p->odd;
    h = (h ^ (h >> 32)) * p->odd;
    return h >> (64 - p->slots_bits);
}

static inline uint64_t slots_mask(const struct pool *p)
{
    return ((uint64_t)1 << p->slots_bits) - 1;
}

static inline bool same_key(const struct page_key *a, const struct page_key *b)
{
    return a->number == b->number && a->set == b->set;
}

/* NO_PAGE if it does not exist. */
static inline int32_t page_find(struct pool *p, const struct page_key *key)
{
    const int below = key->number < 0;

    if (usually(p->recent[below].page != FORGOTTEN && same_key(&p->recent[below].key, key)))
        return p->recent[below].page;
    p->recent[below].key = *key;
    p->recent[below].page = NO_PAGE;
    for (uint64_t at = home_of(p, key); p->slots[at] != 0; at = (at + 1) & slots_mask(p))
        if (same_key(&p->keys[p->slots[at] - 1], key)) {
            p->recent[below].page = p->slots[at] - 1;
            break;
        }
    return p->recent[below].page;
}

#endif
