/* Windows of earlier copies: where they lie, and how they grow and shrink; see grow_window in tracker.h.
 *
 * They are cut out of chunks, since tables that are read here and there want large pages. A chunk is touched only where
 * it is used. What one window no longer needs serves others of that size. */
#include <stdlib.h>

#include "memory.h"
#include "tracker.h"

enum { CHUNK = 1 << 24 };  /* large pages are of 2 MiB and lie where they will: of a chunk of 4 only half would be in one */

static int class_of(int64_t entries)
{
    int at = 0;

    for (int64_t size = WINDOW_FIRST; size < entries; size *= WINDOW_STEP)
        at++;
    return at;
}

/* Of CHUNK bytes, or of what all windows together may take, where that is less; at least of `size`. */
static bool new_chunk(struct windows *w, size_t size, int64_t most)
{
    const size_t entry = sizeof(struct entry), all = (size_t)min64(CHUNK / (int64_t)entry, most) * entry;
    const size_t chunk = size > all ? size : all;
    void **const chunks = realloc(w->chunks, (size_t)(w->n_chunks + 1) * sizeof *chunks);

    if (!chunks)
        return false;
    w->chunks = chunks;
    w->at = memory_lines(chunk, &chunks[w->n_chunks]);
    if (!w->at) {
        w->left = 0;
        return false;
    }
    w->n_chunks++;
    w->left = chunk;
    if (chunk == CHUNK)
        large_pages(w->at, chunk);
    return true;
}

/* An empty window, or NULL if there is no memory. */
static struct entry *take_window(struct windows *w, int64_t entries, int64_t most)
{
    const int class = class_of(entries);
    const size_t size = (size_t)entries * sizeof(struct entry);
    void *window = w->free[class];

    if (window) {
        memcpy(&w->free[class], window, sizeof(void *));
        return memset(window, 0, size);
    }
    if (w->left < size && !new_chunk(w, size, most))
        return NULL;
    window = w->at;
    w->at += size;
    w->left -= size;
    return window;
}

void give_window_back(struct tracker *t, struct hot *h)
{
    if (!h->window)
        return;
    const int class = class_of(entries_of(h));
    void *const window = h->window;
    memcpy(window, &t->windows.free[class], sizeof(void *));
    t->windows.free[class] = window;
    t->windows_of[class]--;
    t->allotted -= entries_of(h);
    h->window = NULL;
    h->mask = 0;
}

bool window_of(struct tracker *t, struct hot *h, int64_t entries)
{
    struct entry *const window = take_window(&t->windows, entries, t->most.entries);

    if (!window) {
        t->no_memory = true;
        return false;
    }
    h->window = window;
    h->mask = (uint32_t)(entries - 1);
    t->windows_of[class_of(entries)]++;
    t->allotted += entries;
    return true;
}

/* Another size; what fits stays. */
static bool resize(struct tracker *t, struct hot *h, int64_t entries)
{
    struct hot old = *h;    /* its window is given back when the new one is filled */

    if (!window_of(t, h, entries))
        return false;
    for (int64_t at = h->next - min64(entries_of(&old), entries); at < h->next; at++)
        h->window[(uint64_t)at & h->mask] = old.window[(uint64_t)at & old.mask];
    give_window_back(t, &old);
    return true;
}

/* No window may be larger than this any more. */
static bool narrow(struct tracker *t, int64_t entries)
{
    t->widest = entries;
    for (int64_t at = 0; at < t->known; at++)
        if (entries_of(t->hot + t->order[at]) > entries && !resize(t, t->hot + t->order[at], entries))
            return false;
    for (struct other *other = t->others; other; other = other->behind)
        if (entries_of(&other->hot) > entries && !resize(t, &other->hot, entries))
            return false;
    return true;
}

void grow_window(struct tracker *t, struct hot *h, int64_t x)
{
    while (2 * x >= entries_of(h) && 4 * h->received >= entries_of(h)) {
        const int64_t entries = entries_of(h), new = entries ? entries * WINDOW_STEP : WINDOW_FIRST;
        const int64_t peers = entries ? t->windows_of[class_of(entries)] : 1;
        if (new > t->widest)
            return;
        const bool room = t->allotted + peers * (new - entries) <= t->most.entries || t->widest == WINDOW_FIRST;
        if (!(room ? resize(t, h, new) : narrow(t, entries ? entries : t->widest / WINDOW_STEP)))
            return;
    }
}

void windows_end(struct windows *w)
{
    for (int64_t n = 0; n < w->n_chunks; n++)
        free(w->chunks[n]);
    free(w->chunks);
    *w = (struct windows){0};
}
