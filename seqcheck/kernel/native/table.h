/* An open-addressing table: keys of a fixed number of words to ids, 0, 1, 2, … in order of first appearance.
 *
 * Lookup is linear probing over at most half-full slots. The multipliers of the hash are random, so that nobody can
 * write a capture whose keys all collide; ids do not depend on them. The table never allocates while it is being filled:
 * it has room for `room` keys, and its owner calls `table_grow` before that is used up. */
#ifndef SEQCHECK_TABLE_H
#define SEQCHECK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum { TABLE_WORDS = 16, TABLE_FIRST = 64 };

struct table {
    uint64_t *keys;         /* room * words */
    int32_t *slots;         /* id + 1, or 0; 2 * room of them, a power of two */
    int64_t count;
    int64_t room;
    int64_t limit;          /* it never holds more keys than these */
    int words;
    int shift;              /* 64 - log2(slots) */
    uint64_t odd[TABLE_WORDS];
};

/* An empty table for keys of `words` words, up to TABLE_WORDS, with as many random words at `seed`. False if there is
 * no memory; table_end is then still to be called. */
bool table_begin(struct table *t, int words, int64_t limit, const uint64_t *seed);

/* Room for `room` keys, a power of two. False if there is no memory; then all is as it was. */
bool table_grow(struct table *t, int64_t room);

void table_end(struct table *t);

/* The id of `key`, or -1; `place` is then the slot for it. */
int64_t table_find(const struct table *t, const void *key, uint64_t *place);

/* A new id for `key`, which table_find did not find; count < room. */
int64_t table_add(struct table *t, const void *key, uint64_t place);

/* Without a key; its room stays. */
void table_clear(struct table *t);

/* Whether the next key may need more room than there is. */
static inline bool table_is_full(const struct table *t)
{
    return t->count == t->room && t->count < t->limit;
}

#endif
