/* Index of a classic pcap; see index.h.
 *
 * Frames that were captured whole, in time order, take the short way: four words read, four columns written. What the
 * totals need of them is known from the positions alone.
 *
 * Where one record begins is known from the one before it, so the walk goes from one read to the next. Frames of one
 * length are guessed; where lengths vary, what lies ahead is fetched, a few lines a frame, so that each read is a near
 * one. */
#include "hints.h"
#include "index.h"
#include "words.h"

/* Compiled once for each byte order and unit of time. Columns and bounds are copies, which no store to a column can be to. */
ALWAYS_INLINE int walk(struct frame_columns *f, struct pcap_walk *w, const bool big, const bool nano)
{
    const uint8_t *const buf = f->buf;
    int64_t *const off = f->off, *const times = f->ns, *const totals = f->totals;
    uint32_t *const caps = f->cap, *const wires = f->wire;
    uint16_t *const links = f->link;
    const uint16_t link = w->link;
    const int64_t stop = w->stop, header = w->header, capacity = f->capacity, first = f->count;
    const uint32_t second = nano ? 1000000000 : 1000000, scale = nano ? 1 : 1000;
    int64_t pos = w->pos, row = first, last = totals[T_LAST], beyond = 0;
    struct ahead ahead = {.fetched = pos};
    int why = FULL;

    while (row < capacity) {
        if (stop - pos < header) {
            why = MORE;
            break;
        }
        fetch_ahead(buf, pos, &ahead);
        const uint8_t *const p = buf + pos;
        uint32_t cap = word32(p + 8, big), wire = word32(p + 12, big);
        const uint32_t fraction = word32(p + 4, big);
        if (rarely(cap != wire)) {
            if (w->swapped && cap > wire) {
                const uint32_t captured = wire;
                wire = cap;
                cap = captured;
            }
            if (wire > MAX_WIRE) {
                why = BAD;
                break;
            }
            if (cap >= wire)
                wire = cap;
        }
        if (rarely(cap > MAX_FRAME)) {
            why = BAD;
            break;
        }
        if (rarely(cap > stop - pos - header)) {
            why = MORE;
            break;
        }
        if (rarely(wire != cap)) {
            beyond += wire - cap;
            totals[T_CUT]++;
        }
        if (rarely(fraction >= second)) {
            totals[T_ODD]++;
            if (totals[T_ODD_AT] < 0)
                totals[T_ODD_AT] = pos;
        }
        const int64_t ns = (int64_t)word32(p, big) * 1000000000 + (int64_t)((uint64_t)fraction * scale);
        if (rarely(ns < last))
            totals[T_FIRST] = min64(totals[T_FIRST], ns);
        else
            last = ns;
        pos += header;
        off[row] = pos;
        caps[row] = cap;
        wires[row] = wire;
        times[row] = ns;
        ahead.length = guessed(cap, ahead.length, &ahead.right);
        pos += ahead.length;
        row++;
    }
    if (row > first) {
        totals[T_FIRST] = min64(totals[T_FIRST], times[first]);
        totals[T_LAST] = last;
    }
    beyond += pos - w->pos - header * (row - first);
    totals[T_BYTES] = (int64_t)((uint64_t)totals[T_BYTES] + (uint64_t)beyond);
    for (int64_t n = first; n < row; n++)
        links[n] = link;
    f->count = row;
    w->pos = pos;
    return why;
}

int walk_pcap(struct frame_columns *f, struct pcap_walk *w)
{
    if (w->nano)
        return w->big ? walk(f, w, true, true) : walk(f, w, false, true);
    return w->big ? walk(f, w, true, false) : walk(f, w, false, false);
}
