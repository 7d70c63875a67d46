/* Sparse sets of positions: pages of bits (pages.h) and holes, shared by all streams; the rules are in
 * portable/sets.py. Holes lie in order, since each stream's count goes up. */
#include <stdlib.h>

#include "tracker.h"

/* ---- room ---- */

/* How many each may keep, so that an eighth of `most` is free. */
static int64_t fair_share(const int64_t *counts, int64_t n, int64_t most)
{
    for (int64_t share = most;; share /= 2) {
        int64_t sum = 0;
        for (int64_t each = 0; each < n; each++)
            sum += min64(counts[each], share);
        if (share <= 1 || sum <= most - most / 8)
            return share;
    }
}

/* Where a share of one leaves no room, there are that many streams, and each may have as much. */
static void more_for_many(int64_t *most, int64_t count)
{
    if (count > *most - *most / 8)
        *most *= 2;
}

/* Below this, positions of that stream and epoch are no longer judged. */
static void lift_floor(struct tracker *t, int64_t set, int64_t floor)
{
    const int32_t id = (int32_t)(set >> 32);

    if (set_of(&(struct stream){.state = t->states + id, .id = id}) == set) {
        struct odd *const o = t->odds + t->hot[id].odd;
        o->floor = max64(o->floor, floor);
    }
    for (struct other *other = t->others; other; other = other->behind)
        if (set_of(&(struct stream){.state = &other->state, .id = other->id}) == set)
            other->odd.floor = max64(other->odd.floor, floor);
}

static int64_t ones(const uint64_t *words, int64_t n)
{
    int64_t count = 0;

    for (int64_t k = 0; k < n; k++)
        count += __builtin_popcountll(words[k]);
    return count;
}

/* Drop one that is among the lowest of a stream that has most. */
static void give_up(struct tracker *t, struct pool *p, const struct ordered_page *place)
{
    if (p == &t->missing) {
        if (place->key.number >= 0)
            t->states[place->key.set >> 32].forgotten += ones(p->words + place->page * p->size, p->size);
        lift_floor(t, place->key.set, (place->key.number + 1) << p->shift);
    }
    page_drop(p, place->page);
}

/* A full pool takes from the streams that have most. */
static bool make_room(struct tracker *t, struct pool *p)
{
    struct ordered_page *const places = pool_in_order(p);
    int64_t *const counts = calloc((size_t)p->pages + 1, sizeof *counts);
    const int64_t pages = p->pages;
    int64_t streams = 0, start = 0;

    if (!places || !counts) {
        free(places);
        free(counts);
        return false;
    }
    for (int64_t n = 0; n < pages; n++) {
        streams += n > 0 && places[n].key.set >> 32 != places[n - 1].key.set >> 32;
        counts[streams]++;
    }
    const int64_t share = fair_share(counts, streams + 1, p->most);
    for (int64_t each = 0; each <= streams; start += counts[each++])
        for (int64_t n = 0; n < counts[each] - share; n++)
            give_up(t, p, places + start + n);
    free(places);
    free(counts);
    more_for_many(&p->most, p->pages);
    return true;
}

/* A new page without a bit, or NO_PAGE if there is no memory. */
static int32_t page_make(struct tracker *t, struct pool *p, const struct page_key *key)
{
    return p->pages >= p->most && !make_room(t, p) ? NO_PAGE : page_add(p, key);
}

/* ---- holes ---- */

/* The last hole that begins at or below x in this epoch, or NULL. */
static const struct span *hole_before(const struct odd *o, int64_t epoch, int64_t x)
{
    int64_t low = 0, high = o->n_holes;

    while (low < high) {
        const int64_t middle = (low + high) / 2;
        const struct span *const hole = o->holes + middle;
        if (hole->epoch < epoch || (hole->epoch == epoch && hole->low <= x))
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && o->holes[low - 1].epoch == epoch ? o->holes + low - 1 : NULL;
}

/* Set the bits low <= x < high of a page, counted from its beginning. */
static void set_bits(uint64_t *words, int64_t low, int64_t high)
{
    for (int64_t word = low / 64; low < high; low = ++word * 64) {
        uint64_t mask = ~(uint64_t)0 << (low % 64);
        if (high - word * 64 < 64)
            mask &= ((uint64_t)1 << (high % 64)) - 1;
        words[word] |= mask;
    }
}

/* What holes cover of a page, put into its words (NULL: not); whether they do. */
static bool put_holes(const struct stream *w, int64_t number, uint64_t *words)
{
    const int64_t start = number * PAGE;
    const struct span *hole = hole_before(w->odd, w->state->epoch, start + PAGE - 1);
    bool some = false;

    for (; hole && hole >= w->odd->holes && hole->epoch == w->state->epoch && hole->high > start; hole--) {
        some = true;
        if (words)
            set_bits(words, max64(hole->low - start, 0), min64(hole->high - start, PAGE));
    }
    return some;
}

struct holder {             /* of holes: every stream's odd, and every other's */
    struct odd *odd;
    int64_t epoch;
    int32_t id;
};

static void trim_holes(struct tracker *t, const struct holder *holder, int64_t share)
{
    struct odd *const o = holder->odd;
    const int64_t gone = o->n_holes - share;

    if (gone <= 0)
        return;
    for (int64_t n = 0; n < gone; n++) {
        t->states[holder->id].forgotten += o->holes[n].high - o->holes[n].low;
        if (o->holes[n].epoch == holder->epoch)
            o->floor = max64(o->floor, o->holes[n].high);
    }
    memmove(o->holes, o->holes + gone, (size_t)share * sizeof *o->holes);
    o->n_holes = share;
    t->n_holes -= gone;
}

/* Where there are too many, those who have most lose their lowest. */
static bool make_room_for_hole(struct tracker *t)
{
    int64_t n = 0, count = t->known;

    for (const struct other *other = t->others; other; other = other->behind)
        count++;
    struct holder *const holders = malloc((size_t)count * sizeof *holders);
    int64_t *const counts = malloc((size_t)count * sizeof *counts);
    if (!holders || !counts) {
        free(holders);
        free(counts);
        return false;
    }
    for (int64_t at = 0; at < t->known; at++)
        if (t->hot[t->order[at]].odd >= 0)
            holders[n++] = (struct holder){
                t->odds + t->hot[t->order[at]].odd, t->states[t->order[at]].epoch, t->order[at]};
    for (struct other *other = t->others; other; other = other->behind)
        holders[n++] = (struct holder){&other->odd, other->state.epoch, other->id};
    for (int64_t at = 0; at < n; at++)
        counts[at] = holders[at].odd->n_holes;
    const int64_t share = fair_share(counts, n, t->most.holes);
    for (int64_t at = 0; at < n; at++)
        trim_holes(t, holders + at, share);
    more_for_many(&t->most.holes, t->n_holes);
    free(holders);
    free(counts);
    return true;
}

static void dig(struct tracker *t, const struct stream *w, int64_t low, int64_t high)
{
    struct odd *const o = w->odd;

    if ((t->n_holes >= t->most.holes && !make_room_for_hole(t))
        || !track_room_for((void **)&o->holes, &o->holes_room, o->n_holes + 1, sizeof *o->holes)) {
        t->no_memory = true;
        return;
    }
    o->holes[o->n_holes++] = (struct span){w->state->epoch, low, high};
    t->n_holes++;
}

/* ---- what the tracker asks ---- */

static struct page_key key_of(const struct pool *p, const struct stream *w, int64_t x)
{
    return (struct page_key){x >> p->shift, set_of(w)};
}

static uint64_t *word_of(struct pool *p, int32_t page, int64_t x)
{
    return p->words + page * p->size + ((x >> 6) & (p->size - 1));
}

static uint64_t bit_of(int64_t x)
{
    return (uint64_t)1 << (x & 63);
}

bool is_new(struct tracker *t, const struct stream *w, int64_t x)
{
    const struct page_key key = key_of(&t->missing, w, x);
    const int32_t page = page_find(&t->missing, &key);

    if (page >= 0)
        return ((*word_of(&t->missing, page, x) & bit_of(x)) != 0) == (x >= 0);
    if (x < 0 || w->odd->n_holes == 0)
        return x < 0;
    const struct span *const hole = hole_before(w->odd, w->state->epoch, x);
    return hole && x < hole->high;
}

/* The page of x, made if it is not there; NO_PAGE if there is no memory. */
static int32_t page_for(struct tracker *t, const struct stream *w, int64_t x)
{
    const struct page_key key = key_of(&t->missing, w, x);
    int32_t page = page_find(&t->missing, &key);

    if (page < 0) {
        page = page_make(t, &t->missing, &key);
        if (page >= 0)
            put_holes(w, key.number, t->missing.words + page * PAGE_WORDS);
        else
            t->no_memory = true;
    }
    return page;
}

void set_position(struct tracker *t, const struct stream *w, int64_t x)
{
    const int32_t page = page_for(t, w, x);
    if (page >= 0)
        *word_of(&t->missing, page, x) |= bit_of(x);
}

void find_position(struct tracker *t, const struct stream *w, int64_t x)
{
    const int32_t page = page_for(t, w, x);

    if (page < 0)
        return;
    *word_of(&t->missing, page, x) &= ~bit_of(x);
    const uint64_t *const words = t->missing.words + page * PAGE_WORDS;
    for (int n = 0; n < PAGE_WORDS; n++)
        if (words[n] != 0)
            return;
    if (!put_holes(w, x >> t->missing.shift, NULL))
        page_drop(&t->missing, page);
}

void lose(struct tracker *t, const struct stream *w, int64_t low, int64_t high)
{
    uint64_t *const word = recent_word(t, set_of(w), low);

    if (word && (low & 63) + (high - low) < 64) {   /* most gaps are small ones */
        *word |= (bit_of(high - low) - 1) << (low & 63);
        return;
    }
    if (high - low >= HOLE_LEAST) {
        const struct page_key key = key_of(&t->missing, w, low);
        dig(t, w, low, high);
        if (page_find(&t->missing, &key) < 0)
            return;
        high = min64(high, (key.number + 1) * PAGE);
    }
    while (low < high) {
        const int32_t page = page_for(t, w, low);
        const int64_t start = low & ~(int64_t)(PAGE - 1), stop = min64(high, start + PAGE);
        if (page < 0)
            return;
        set_bits(t->missing.words + page * PAGE_WORDS, low - start, stop - start);
        low = stop;
    }
}

bool repeat(struct tracker *t, const struct stream *w, int64_t x)
{
    const struct page_key key = key_of(&t->repeated, w, x);
    int32_t page = page_find(&t->repeated, &key);

    if (page < 0)
        page = page_make(t, &t->repeated, &key);
    if (page < 0) {
        t->no_memory = true;
        return false;
    }
    uint64_t *const word = word_of(&t->repeated, page, x);
    const bool second = !(*word & bit_of(x));
    *word |= bit_of(x);
    return second;
}

/* ---- what is told ---- */

static bool is_told(const struct tracker *t, const struct page_key *key)
{
    return key->set != NO_PAGE && key->number >= 0 && (key->set & 0xFFFFFFFF) <= t->states[key->set >> 32].epoch;
}

int64_t tracker_pages(const struct tracker *t)
{
    int64_t count = 0;

    for (int64_t page = 0; page < t->missing.top; page++)
        count += is_told(t, &t->missing.keys[page]);
    return count;
}

int64_t tracker_holes(const struct tracker *t)
{
    int64_t count = 0;

    for (int64_t at = 0; at < t->known; at++)
        if (t->hot[t->order[at]].odd >= 0)
            count += t->odds[t->hot[t->order[at]].odd].n_holes;
    return count;
}

bool tracker_missing(const struct tracker *t, struct missing_page *pages, struct hole *holes)
{
    struct ordered_page *const places = pool_in_order(&t->missing);
    int64_t count = 0;

    if (!places)
        return false;
    for (int64_t n = 0; n < t->missing.pages; n++)
        if (is_told(t, &places[n].key)) {
            struct missing_page *const row = pages + count++;
            row->stream = (int32_t)(places[n].key.set >> 32);
            row->epoch = (int32_t)(places[n].key.set & 0xFFFFFFFF);
            row->number = places[n].key.number;
            memcpy(row->words, t->missing.words + places[n].page * PAGE_WORDS, sizeof row->words);
        }
    free(places);
    count = 0;
    for (int64_t id = 0; id < t->room; id++) {
        const struct odd *const o = t->hot[id].received > 0 && t->hot[id].odd >= 0 ? t->odds + t->hot[id].odd : NULL;
        for (int64_t n = 0; o && n < o->n_holes; n++)
            holes[count++] = (struct hole){(int32_t)id, (int32_t)o->holes[n].epoch, o->holes[n].low, o->holes[n].high};
    }
    return true;
}
