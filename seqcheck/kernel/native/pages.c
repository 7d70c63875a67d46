/* Pages; see pages.h. */
#include "pages.h"

#include <stdlib.h>
#include <string.h>

#include "words.h"

enum { SLOTS_BITS_FIRST = 10 };

static void forget_recent(struct pool *p)
{
    p->recent[0].page = p->recent[1].page = FORGOTTEN;
}

static void page_place(struct pool *p, int32_t page)
{
    uint64_t at = home_of(p, &p->keys[page]);

    while (p->slots[at] != 0)
        at = (at + 1) & slots_mask(p);
    p->slots[at] = page + 1;
}

/* Those behind it in the table that would no longer be found move up. */
void page_drop(struct pool *p, int32_t page)
{
    const uint64_t mask = slots_mask(p);
    uint64_t at = home_of(p, &p->keys[page]);

    forget_recent(p);
    while (p->slots[at] != page + 1)
        at = (at + 1) & mask;
    for (uint64_t behind = (at + 1) & mask; p->slots[behind] != 0; behind = (behind + 1) & mask) {
        const uint64_t home = home_of(p, &p->keys[p->slots[behind] - 1]);
        if (((behind - home) & mask) >= ((behind - at) & mask)) {
            p->slots[at] = p->slots[behind];
            at = behind;
        }
    }
    p->slots[at] = 0;
    p->keys[page].set = NO_PAGE;
    p->free[p->frees++] = page;
    p->pages--;
}

static bool more_slots(struct pool *p, int bits)
{
    int32_t *const slots = calloc((size_t)1 << bits, sizeof *slots);

    if (!slots)
        return false;
    free(p->slots);
    p->slots = slots;
    p->slots_bits = bits;
    for (int32_t page = 0; page < p->top; page++)
        if (p->keys[page].set != NO_PAGE)
            page_place(p, page);
    return true;
}

/* Memory for twice as many pages, at most for as many as there may be. */
static bool more_pages(struct pool *p)
{
    const int64_t room = min64(p->room ? 2 * p->room : 16, p->most);
    uint64_t *const words = realloc(p->words, (size_t)(room * p->size) * sizeof *words);

    if (words)
        p->words = words;
    struct page_key *const keys = realloc(p->keys, (size_t)room * sizeof *keys);
    if (keys)
        p->keys = keys;
    int32_t *const spare = realloc(p->free, (size_t)room * sizeof *spare);
    if (spare)
        p->free = spare;
    if (!words || !keys || !spare)
        return false;
    p->room = room;
    return true;
}

bool pool_begin(struct pool *p, int64_t most, int64_t bits, uint64_t seed)
{
    p->most = most;
    p->size = bits / 64;
    while ((int64_t)1 << p->shift < bits)
        p->shift++;
    p->odd = seed | 1;
    forget_recent(p);
    return more_slots(p, SLOTS_BITS_FIRST);
}

void pool_end(struct pool *p)
{
    free(p->words);
    free(p->keys);
    free(p->free);
    free(p->slots);
    *p = (struct pool){0};
}

int32_t page_add(struct pool *p, const struct page_key *key)
{
    if (p->pages >= (int64_t)1 << (p->slots_bits - 1) && !more_slots(p, p->slots_bits + 2))
        return NO_PAGE;
    if (p->frees == 0 && p->top == p->room && !more_pages(p))
        return NO_PAGE;
    const int32_t page = p->frees > 0 ? p->free[--p->frees] : (int32_t)p->top++;
    memset(p->words + page * p->size, 0, (size_t)p->size * sizeof *p->words);
    p->keys[page] = *key;
    page_place(p, page);
    p->pages++;
    const int below = key->number < 0;
    p->recent[below].key = *key;
    p->recent[below].page = page;
    return page;
}

void drop_epochs_after(struct pool *p, int32_t id, int64_t epoch)
{
    for (int32_t page = 0; page < p->top; page++)
        if (p->keys[page].set != NO_PAGE && p->keys[page].set >> 32 == id && (p->keys[page].set & 0xFFFFFFFF) > epoch)
            page_drop(p, page);
}

static int by_place(const void *one, const void *other)
{
    const struct page_key *const a = &((const struct ordered_page *)one)->key, *const b = &((const struct ordered_page *)other)->key;
    if (a->set != b->set)
        return a->set < b->set ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

struct ordered_page *pool_in_order(const struct pool *p)
{
    struct ordered_page *const places = malloc((size_t)(p->pages + 1) * sizeof *places);
    int64_t n = 0;

    if (!places)
        return NULL;
    for (int32_t page = 0; page < p->top; page++)
        if (p->keys[page].set != NO_PAGE)
            places[n++] = (struct ordered_page){p->keys[page], page};
    qsort(places, (size_t)n, sizeof *places, by_place);
    return places;
}
