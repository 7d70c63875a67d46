/* Decode: the loop over a block, in strips of frames.
 *
 *     run     frames just like the last ones, of one stream: one masked comparison each, then columns of constants
 *     few     frames of the one stream that each template remembers, if there are no more streams than that
 *     known   frames of any template and flow seen before: template, hash, and their memory fetched ahead; then compared
 *     any     one frame, by the templates one after another and the rules
 *
 * Each takes what it can of a strip, and leaves the rest to the next. */
#include "decode.h"
#include "hints.h"

enum {
    FEW = 16,               /* flows: with no more than these, the one that its template remembers is the one a frame is of */
    RUN = 128,              /* frames of a run that are compared, before their records are written */
    FARTHEST = 4,           /* log2 of the strips that are taken before a run is looked for again, at most */
    SAME = 8                /* frames of one flow running, before it is the one tried first */
};

/* Compiled once for each byte order: the counters of `count` frames, read from `at` + off[k]; how many there are before one that is no number. */
ALWAYS_INLINE int64_t read_counters(
    uint64_t *seqs, const uint8_t *at, const int64_t *off, int64_t count, const struct number number)
{
    int64_t k;

    for (k = 0; k < count; k++) {
        seqs[k] = number_at(at + off[k], &number);
        if (seqs[k] > number.top)
            break;
    }
    return k;
}

/* The records of rows row..stop-1, which are a run; ends early before a number that is none. */
static int64_t write_run(
    struct decoder *d, const struct frame_columns *f, struct record_columns *out, int64_t row, int64_t stop)
{
    struct template *const t = &d->templates[d->current];
    const uint8_t *const counter = f->buf + t->seq_at;
    const int64_t *const off = f->off + row;
    const int64_t n = out->count, ordinal = d->seen[t->of.source];
    const int32_t stream = (int32_t)t->of.stream, source = (int32_t)t->of.source;
    int32_t *const rows = out->row + n, *const streams = out->stream + n, *const sources = out->source + n;
    int64_t *const ordinals = out->ordinal + n;
    uint64_t *const seqs = out->seq + n;
    const struct number big = {d->number.shift, true, d->number.mask, d->number.top};
    const struct number little = {d->number.shift, false, d->number.mask, d->number.top};
    int64_t count = stop - row;

    count = d->number.big ? read_counters(seqs, counter, off, count, big)
                          : read_counters(seqs, counter, off, count, little);
    for (int64_t k = 0; k < count; k++)
        rows[k] = (int32_t)(row + k);
    for (int64_t k = 0; k < count; k++)
        streams[k] = stream;
    for (int64_t k = 0; k < count; k++)
        sources[k] = source;
    for (int64_t k = 0; k < count; k++)
        ordinals[k] = ordinal + k;
    d->seen[t->of.source] += count;
    t->hits += count;
    out->count += count;
    return row + count;
}

/* From now on this is the template and the stream to try first. */
static void prefer(struct decoder *d, const uint8_t *p, struct template *t, uint64_t name)
{
    const struct identity of = identity_of(name);

    if (t == &d->templates[d->current] && t->of.stream == of.stream && t->of.source == of.source)
        memcpy(t->all, t->both, sizeof t->all);     /* it was, and yet they were not just like it: so their lengths vary */
    memcpy(t->value, p, (size_t)t->words * 8);
    t->of = of;
    d->current = (int)(t - d->templates);
}

/* Take in the rows of the strip that look like a template, with their flows' memory on its way. */
static void fill_strip(struct decoder *d, const struct frame_columns *f, int64_t row, int64_t stop, struct strip *strip)
{
    const int64_t most = stop - row;
    int64_t k;

    for (k = 0; k < most; k++) {
        const int64_t off = f->off[row + k], room = f->size - off;
        if (off < 0 || room < WIDEST)
            break;
        const uint8_t *const p = f->buf + off;
        struct template *const t = *picked(&d->pick, p);
        if (!frame_reaches(p, t, room, f->cap[row + k], f->link[row + k]))
            break;
        strip->like[k] = t;
        strip->place[k] = flow_place(p, t, &d->flows);
        prefetch(d->flows.words + strip->place[k] * (uint64_t)d->flows.width);
    }
    strip->row = row;
    strip->count = k;
}

/* The records of the rows from `row` on whose template and flow are known; the first row that is none. */
static int64_t known_frames(
    struct decoder *d, const struct frame_columns *f, struct record_columns *out, int64_t row, int64_t stop)
{
    struct strip strip;
    uint64_t seq = 0, last = 0;
    int64_t k;
    int same = 0;

    fill_strip(d, f, row, stop, &strip);
    const int64_t named = d->loops.names(f, &d->flows, &strip);
    for (k = 0; k < named; k++) {
        struct template *const t = strip.like[k];
        const uint8_t *const p = f->buf + f->off[row + k];
        if (d->dynamic) {
            struct frame x;
            frame_at(f, row + k, &x);
            if (!template_dynamic(&x, t, &d->program, &seq))
                break;
        }
        if (t->seq_at >= 0)
            seq = number_at(p + t->seq_at, &d->number);
        if (seq > d->number.top)
            break;
        write_record(d, out, row + k, identity_of(strip.name[k]), seq);
        t->hits++;
        same = strip.name[k] == last ? same + 1 : 1;
        last = strip.name[k];
    }
    if (same >= SAME)
        prefer(d, f->buf + f->off[row + k - 1], strip.like[k - 1], last);
    return row + k;
}

int decode_rows(struct decoder *d, const struct frame_columns *f, struct record_columns *out, int64_t *row, int64_t high)
{
    const struct few few = {&d->pick, &d->number, d->seen, d->flows.width, out};
    int64_t at = *row;
    int why = DONE, apart = 0;

    memset(out->status + at, RECORD, (size_t)(high - at));
    while (at < high && why == DONE) {
        int64_t stop = min64(at + RUN, high);
        int64_t last = d->dynamic ? at : d->loops.same(f, &d->templates[d->current], at, stop);
        if (last > at)
            at = write_run(d, f, out, at, last);
        if (at == stop) {
            apart = 0;
            continue;
        }
        if (d->flows.used <= FEW && !d->dynamic) {
            apart = apart < FARTHEST ? apart + 1 : apart;   /* where few are alike, runs are looked for less often */
            stop = min64(at + (STRIP << apart), high);
            at = d->loops.few(f, &few, at, stop);
            if (at == stop)
                continue;
        }
        last = known_frames(d, f, out, at, min64(at + STRIP, high));
        if (last == at) {
            why = decode_any(d, f, out, at);
            last += why == DONE;
        }
        at = last;
    }
    *row = at;
    return why;
}
