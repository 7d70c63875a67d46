/* An open-addressing table; see table.h. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "words.h"

int64_t table_find(const struct table *t, const void *key, uint64_t *place)
{
    const uint64_t mask = ((uint64_t)1 << (64 - t->shift)) - 1;
    uint64_t h = 0;

    for (int j = 0; j < t->words; j++) {
        const uint64_t word = raw64((const uint8_t *)key + 8 * j);
        h += (word ^ (word >> 32)) * t->odd[j];
    }
    for (uint64_t at = h >> t->shift;; at = (at + 1) & mask) {
        const int32_t entry = t->slots[at];
        if (entry == 0) {
            *place = at;
            return -1;
        }
        if (memcmp(t->keys + (int64_t)(entry - 1) * t->words, key, (size_t)t->words * 8) == 0)
            return entry - 1;
    }
}

int64_t table_add(struct table *t, const void *key, uint64_t place)
{
    memcpy(t->keys + t->count * t->words, key, (size_t)t->words * 8);
    t->slots[place] = (int32_t)++t->count;
    return t->count - 1;
}

bool table_begin(struct table *t, int words, int64_t limit, const uint64_t *seed)
{
    *t = (struct table){.limit = limit, .words = words};
    for (int j = 0; j < words; j++)
        t->odd[j] = seed[j] | 1;
    return table_grow(t, TABLE_FIRST);
}

bool table_grow(struct table *t, int64_t room)
{
    const int64_t count = t->count;
    uint64_t *const old = t->keys;
    uint64_t *const keys = calloc((size_t)room * (size_t)t->words, sizeof *keys);
    int32_t *const slots = calloc(2 * (size_t)room, sizeof *slots);

    if (!keys || !slots) {
        free(keys);
        free(slots);
        return false;
    }
    free(t->slots);
    t->keys = keys;
    t->slots = slots;
    t->room = room;
    t->count = 0;
    t->shift = 63 - __builtin_ctzll((uint64_t)room);
    for (int64_t row = 0; row < count; row++) {
        uint64_t place = 0;
        table_find(t, old + row * t->words, &place);
        table_add(t, old + row * t->words, place);
    }
    free(old);
    return true;
}

void table_clear(struct table *t)
{
    memset(t->slots, 0, 2 * (size_t)t->room * sizeof *t->slots);
    t->count = 0;
}

void table_end(struct table *t)
{
    free(t->keys);
    free(t->slots);
    t->keys = NULL;
    t->slots = NULL;
}
