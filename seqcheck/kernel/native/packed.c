/* Packed; see packed.h. */
#include "packed.h"

#include <string.h>

#include "words.h"

enum { STREAM_OFF = 1, SEQ_OFF = 2, SOURCE_OFF = 4, ORDINAL_OFF = 8 };  /* which guess was wrong */
enum { WIDTH = 15, THOUSANDS = 16 };

/* ---- numbers of any length: seven bits in a byte, the lowest first, with a bit that says that more follow ---- */

static uint8_t *put(uint8_t *to, uint64_t value)
{
    for (; value > 127; value >>= 7)
        *to++ = (uint8_t)(value | 128);
    *to++ = (uint8_t)value;
    return to;
}

/* What differs by little either way is a small number. */
static uint8_t *put_off(uint8_t *to, uint64_t difference)
{
    return put(to, difference << 1 ^ (0 - (difference >> 63)));
}

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;               /* it ended within a number */
};

static uint64_t get(struct reader *in)
{
    uint64_t value = 0;

    for (int shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        const uint8_t byte = *in->at++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
    in->bad = true;
    return 0;
}

static uint64_t get_off(struct reader *in)
{
    const uint64_t value = get(in);
    return value >> 1 ^ (0 - (value & 1));
}

/* ---- times ---- */

static uint64_t step_of(const int64_t *ns, int64_t n) { return (uint64_t)ns[n] - (uint64_t)ns[n - 1]; }

/* The bytes of a step that take the least room: 0 if all are as long as the first. `unit` is a constant. */
static inline int width_of(const int64_t *ns, int64_t count, const uint64_t unit)
{
    const uint64_t first = step_of(ns, 1);
    uint64_t others = 0, bits = 0;
    int64_t beyond1 = 0, beyond2 = 0, beyond4 = 0;

    for (int64_t n = 1; n < count; n++) {
        const uint64_t step = step_of(ns, n);
        others |= step ^ first;
        bits |= step;
    }
    if (others == 0)
        return 0;
    if (bits < UINT8_MAX * unit)
        return 1;           /* none is beyond that */
    for (int64_t n = 1; n < count; n++) {
        const uint64_t step = step_of(ns, n) / unit;
        beyond1 += step >= UINT8_MAX;
        beyond2 += step >= UINT16_MAX;
        beyond4 += step >= UINT32_MAX;
    }
    const int64_t each = 10, cost1 = count + each * beyond1, cost2 = 2 * count + each * beyond2;
    const int64_t cost4 = 4 * count + each * beyond4;
    if (cost1 <= cost2 && cost1 <= cost4)
        return 1;
    return cost2 <= cost4 ? 2 : 4;
}

/* Whether all times are whole microseconds apart. */
static bool in_thousands(const int64_t *ns, int64_t count)
{
    for (int64_t n = 1; n < count; n++)
        if (ns[n] < ns[n - 1] || step_of(ns, n) % 1000 != 0)
            return false;
    return true;
}

static void put_step(uint8_t *to, int width, uint64_t step)
{
    for (int n = 0; n < width; n++)
        to[n] = (uint8_t)(step >> 8 * n);
}

/* Steps of one width, a constant; those that are too long are written behind all others. */
static inline uint8_t *put_steps(uint8_t *to, const int64_t *ns, int64_t count, const uint64_t unit, const int width)
{
    const uint64_t most = UINT64_MAX >> (64 - 8 * width);
    uint8_t *more = to + width * (count - 1);

    for (int64_t n = 1; n < count; n++, to += width) {
        const uint64_t step = step_of(ns, n) / unit;
        put_step(to, width, step < most ? step : most);
        if (step >= most)
            more = put_off(more, step_of(ns, n));
    }
    return more;
}

static inline uint8_t *put_in(uint8_t *to, const int64_t *ns, int64_t count, const uint64_t unit)
{
    const int width = width_of(ns, count, unit);

    *to++ = (uint8_t)(width | (unit == 1000 ? THOUSANDS : 0));
    switch (width) {
    case 0: return put_off(to, step_of(ns, 1) / unit);
    case 1: return put_steps(to, ns, count, unit, 1);
    case 2: return put_steps(to, ns, count, unit, 2);
    default: return put_steps(to, ns, count, unit, 4);
    }
}

static uint8_t *put_times(uint8_t *to, const int64_t *ns, int64_t count)
{
    if (count == 0)
        return to;
    to = put_off(to, (uint64_t)ns[0]);
    if (count == 1)
        return to;
    return in_thousands(ns, count) ? put_in(to, ns, count, 1000) : put_in(to, ns, count, 1);
}

static inline uint64_t step_at(const uint8_t *at, const int width)
{
    return width == 1 ? *at : width == 2 ? le16(at) : le32(at);
}

static inline void get_steps(struct reader *in, int64_t *ns, int64_t count, uint64_t unit, const int width)
{
    const uint64_t most = UINT64_MAX >> (64 - 8 * width);
    const uint8_t *at = in->at;
    uint64_t now = (uint64_t)ns[0];

    if ((in->end - at) / width < count - 1) {
        in->bad = true;
        return;
    }
    in->at += width * (count - 1);
    for (int64_t n = 1; n < count; n++, at += width) {
        const uint64_t step = step_at(at, width);
        now += step < most ? step * unit : get_off(in);
        ns[n] = (int64_t)now;
    }
}

static void get_times(struct reader *in, int64_t *ns, int64_t count)
{
    if (count == 0)
        return;
    ns[0] = (int64_t)get_off(in);
    if (count == 1 || in->bad)
        return;
    if (in->at == in->end) {
        in->bad = true;
        return;
    }
    const uint8_t form = *in->at++;
    const uint64_t unit = form & THOUSANDS ? 1000 : 1;
    switch (form & WIDTH) {
    case 0: {
        const uint64_t step = get_off(in) * unit;
        for (int64_t n = 1; n < count; n++)
            ns[n] = (int64_t)((uint64_t)ns[n - 1] + step);
        break;
    }
    case 1: get_steps(in, ns, count, unit, 1); break;
    case 2: get_steps(in, ns, count, unit, 2); break;
    case 4: get_steps(in, ns, count, unit, 4); break;
    default: in->bad = true;
    }
}

/* ---- statuses, and with them the rows ---- */

static uint8_t *put_statuses(uint8_t *to, const uint8_t *status, int64_t count, bool all)
{
    if (all)
        return count != 0 ? put(to, (uint64_t)count << 4 | RECORD) : to;
    for (int64_t n = 0, begin = 0; n < count; begin = n) {
        while (n < count && status[n] == status[begin])
            n++;
        to = put(to, (uint64_t)(n - begin) << 4 | status[begin]);
    }
    return to;
}

static void get_statuses(struct reader *in, struct record_columns *r, int64_t frames)
{
    int64_t at = 0;

    r->count = 0;
    while (at < frames && !in->bad) {
        const uint64_t run = get(in);
        const int status = run & 15;
        const int64_t count = (int64_t)(run >> 4);
        if (count == 0 || count > frames - at || status >= REASONS
            || (status == RECORD && count > r->capacity - r->count)) {
            in->bad = true;
            return;
        }
        memset(r->status + at, status, (size_t)count);
        if (status == RECORD) {
            for (int64_t n = 0; n < count; n++)
                r->row[r->count + n] = (int32_t)(at + n);
            r->count += count;
        }
        at += count;
    }
}

/* ---- records ---- */

static void expect(struct expected *e, int32_t stream, uint64_t seq, int32_t source, int64_t ordinal)
{
    e->after[*e->last] = stream;
    *e->last = stream;
    e->seq[stream] = seq + 1;
    e->source[stream] = source;
    e->ordinal[source] = (int64_t)((uint64_t)ordinal + 1);
}

enum { STRIP = 64 };        /* records that are compared at once, without a branch */

/* How many records from `n` on are those of one stream, all as expected. */
static int64_t run_of(const struct record_columns *r, int64_t n, const struct expected *e, int32_t stream)
{
    const int32_t source = e->source[stream];
    const uint64_t seq = e->seq[stream] - (uint64_t)n, ordinal = (uint64_t)e->ordinal[source] - (uint64_t)n;
    const int64_t begin = n;

    for (; r->count - n >= STRIP; n += STRIP) {
        uint64_t off = 0;
        uint32_t other = 0;
        for (int64_t k = n; k < n + STRIP; k++)
            other |= (uint32_t)(r->stream[k] ^ stream) | (uint32_t)(r->source[k] ^ source);
        for (int64_t k = n; k < n + STRIP; k++)
            off |= (r->seq[k] ^ (seq + (uint64_t)k)) | ((uint64_t)r->ordinal[k] ^ (ordinal + (uint64_t)k));
        if ((off | other) != 0)
            break;
    }
    while (n < r->count && r->stream[n] == stream && r->source[n] == source && r->seq[n] == seq + (uint64_t)n
           && (uint64_t)r->ordinal[n] == ordinal + (uint64_t)n)
        n++;
    return n - begin;
}

/* Whether every frame is a record. */
static bool all_records(const struct frame_columns *f, const struct record_columns *r)
{
    uint32_t other = 0;
    uint8_t status = RECORD;

    if (r->count != f->count)
        return false;
    for (int64_t n = 0; n < f->count; n++)
        status |= r->status[n];
    for (int64_t n = 0; n < f->count; n++)
        other |= (uint32_t)r->row[n] ^ (uint32_t)n;
    return status == RECORD && other == 0;
}

/* Whether the records are the frames that have this status. */
static bool rows_of_their_own(const struct frame_columns *f, const struct record_columns *r)
{
    int64_t records = 0;

    for (int64_t n = 0; n < f->count; n++)
        if (r->status[n] == RECORD && (records == r->count || r->row[records++] != n))
            return false;
    return records == r->count;
}

int64_t pack(const struct frame_columns *f, const struct record_columns *r, struct expected *e, uint8_t *out)
{
    uint8_t *to = put_times(put(out, (uint64_t)f->count), f->ns, f->count);
    uint64_t right = 0;     /* records so far that were all as expected */

    const bool all = all_records(f, r);
    if (!all && !rows_of_their_own(f, r))
        return -1;
    to = put_statuses(to, r->status, f->count, all);
    for (int64_t n = 0; n < r->count;) {
        int32_t stream = e->after[*e->last];
        if (stream == *e->last) {
            const int64_t run = run_of(r, n, e, stream);
            if (run != 0) {
                const int32_t source = e->source[stream];
                e->seq[stream] += (uint64_t)run;
                e->ordinal[source] = (int64_t)((uint64_t)e->ordinal[source] + (uint64_t)run);
                right += (uint64_t)run;
                n += run;
                continue;
            }
        }
        int off = 0;
        if (r->stream[n] != stream) {
            off |= STREAM_OFF;
            stream = r->stream[n];
            if (stream < 0 || stream >= e->streams)
                return -1;
        }
        int32_t source = e->source[stream];
        if (r->source[n] != source) {
            off |= SOURCE_OFF;
            source = r->source[n];
            if (source < 0 || source >= e->sources)
                return -1;
        }
        const uint64_t seq = r->seq[n] - e->seq[stream];
        const uint64_t ordinal = (uint64_t)r->ordinal[n] - (uint64_t)e->ordinal[source];
        off |= (seq != 0 ? SEQ_OFF : 0) | (ordinal != 0 ? ORDINAL_OFF : 0);
        if (off == 0) {
            right++;
        } else {
            to = put(to, right << 4 | (uint64_t)off);
            if (off & STREAM_OFF)
                to = put(to, (uint64_t)stream);
            if (off & SOURCE_OFF)
                to = put(to, (uint64_t)source);
            if (off & SEQ_OFF)
                to = put_off(to, seq);
            if (off & ORDINAL_OFF)
                to = put_off(to, ordinal);
            right = 0;
        }
        expect(e, stream, r->seq[n], source, r->ordinal[n]);
        n++;
    }
    return put(to, right << 4) - out;
}

int64_t unpack_times(const uint8_t *data, int64_t size, struct frame_columns *f)
{
    struct reader in = {data, data + size, false};
    const uint64_t count = get(&in);

    if (in.bad || count > (uint64_t)f->capacity)
        return -1;
    get_times(&in, f->ns, (int64_t)count);
    f->count = (int64_t)count;
    return in.bad ? -1 : in.at - data;
}

/* Records n..n+count-1 of one stream, all as expected. */
static void put_run(struct record_columns *r, int64_t n, int64_t count, struct expected *e, int32_t stream)
{
    const int32_t source = e->source[stream];
    const uint64_t seq = e->seq[stream], ordinal = (uint64_t)e->ordinal[source];

    for (int64_t k = 0; k < count; k++)
        r->stream[n + k] = stream;
    for (int64_t k = 0; k < count; k++)
        r->source[n + k] = source;
    for (int64_t k = 0; k < count; k++)
        r->seq[n + k] = seq + (uint64_t)k;
    for (int64_t k = 0; k < count; k++)
        r->ordinal[n + k] = (int64_t)(ordinal + (uint64_t)k);
    e->seq[stream] += (uint64_t)count;
    e->ordinal[source] = (int64_t)(ordinal + (uint64_t)count);
}

/* Record n, whose number and ordinal are so far off. */
static void put_one(struct record_columns *r, int64_t n, struct expected *e, int32_t stream, int32_t source,
                    const uint64_t off[2])
{
    const uint64_t seq = e->seq[stream] + off[0], ordinal = (uint64_t)e->ordinal[source] + off[1];

    r->stream[n] = stream;
    r->source[n] = source;
    r->seq[n] = seq;
    r->ordinal[n] = (int64_t)ordinal;
    expect(e, stream, seq, source, (int64_t)ordinal);
}

bool unpack(const uint8_t *data, int64_t size, int64_t at, int64_t frames, struct record_columns *r, struct expected *e)
{
    struct reader in = {data + at, data + size, false};
    int64_t n = 0;

    get_statuses(&in, r, frames);
    while (!in.bad) {
        const uint64_t next = get(&in);
        uint64_t right = next >> 4;
        const int off = next & 15;
        if (in.bad || right > (uint64_t)(r->count - n))
            return false;
        for (; right != 0; right--, n++) {
            const int32_t stream = e->after[*e->last];
            if (stream == *e->last) {
                put_run(r, n, (int64_t)right, e, stream);
                n += (int64_t)right;
                break;
            }
            put_one(r, n, e, stream, e->source[stream], (const uint64_t[]){0, 0});
        }
        if (off == 0)
            return n == r->count && in.at == in.end;
        if (n == r->count)
            return false;
        const uint64_t stream = off & STREAM_OFF ? get(&in) : (uint64_t)e->after[*e->last];
        if (stream >= (uint64_t)e->streams)
            return false;
        const uint64_t source = off & SOURCE_OFF ? get(&in) : (uint64_t)e->source[stream];
        if (source >= (uint64_t)e->sources)
            return false;
        const uint64_t seq = off & SEQ_OFF ? get_off(&in) : 0, ordinal = off & ORDINAL_OFF ? get_off(&in) : 0;
        if (in.bad)
            return false;
        put_one(r, n, e, (int32_t)stream, (int32_t)source, (const uint64_t[]){seq, ordinal});
        n++;
    }
    return false;
}
