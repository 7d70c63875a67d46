/* Track, any numbers: what comes of them does not depend on how they are cut into calls, nor on other streams; rows and
 * counts say the same; and where a stream began once and all its numbers count, its duplicates are what a set says.
 *
 * An input is a modulus and steps, each of which moves the counter of one of a few streams: on by one, many times; back,
 * ahead, somewhere else, after a pause. Events that a restart takes back are dropped as their rows say. */
#include "track.h"

#include "bytes.h"

enum { STREAMS_MOST = 3, MOST_RECORDS = 3000, MOST_EVENTS = 1 << 18 };

static const uint64_t MODULI[] = {0, 0, UINT64_C(1) << 32, 1 << 16, 256, 1000, 2, 5};

struct run {
    int64_t count;
    int32_t row[MOST_RECORDS], stream[MOST_RECORDS], source[MOST_RECORDS];
    uint64_t seq[MOST_RECORDS];
    int64_t ordinal[MOST_RECORDS], ns[MOST_RECORDS];
    int64_t frames;
};

static struct records records_of(const struct run *run)
{
    return (struct records){.row = run->row, .stream = run->stream, .seq = run->seq, .source = run->source,
                            .ordinal = run->ordinal, .ns = run->ns, .frames = run->frames, .first = 1};
}

static void add(struct run *run, int32_t stream, uint64_t seq, int64_t ns)
{
    const int64_t n = run->count++;

    run->row[n] = (int32_t)n;
    run->stream[n] = stream;
    run->source[n] = 1;
    run->seq[n] = seq;
    run->ordinal[n] = n;
    run->ns[n] = ns;
}

/* Streams get their ids in order of first appearance. */
static void read_steps(struct input *in, struct run *run, uint64_t modulus)
{
    uint64_t at[STREAMS_MOST] = {0};
    int32_t known = 0;
    int64_t ns = 1000000000;

    while (in->left > 0 && run->count < MOST_RECORDS) {
        const uint64_t step = take(in, 1);
        const uint64_t which = step & 3, repeat = step >> 6 == 3 ? take(in, 1) + 1 : 1;
        const int32_t stream = which < (uint64_t)known ? (int32_t)which : known < STREAMS_MOST ? known++ : 0;
        uint64_t *const next = &at[stream];
        switch (step >> 2 & 15) {
        case 0: *next -= take(in, 1); break;
        case 1: *next += take(in, 1); break;
        case 2: *next -= take(in, 2); break;
        case 3: *next += take(in, 2); break;
        case 4: *next = take(in, 1); break;
        case 5: *next = take(in, 8); break;
        case 6: *next += take(in, 4); break;
        case 7: ns += (int64_t)take(in, 2) * 10000000; break;
        case 8: ns -= (int64_t)take(in, 2) * 1000; break;
        default: break;
        }
        for (uint64_t n = 0; n < repeat && run->count < MOST_RECORDS; n++) {
            if (modulus != 0)
                *next %= modulus;
            add(run, stream, *next, ns);
            *next += 1;
            ns += 1000;
        }
    }
    run->frames = run->count;
}

struct outcome {
    struct event *rows;
    int64_t count;
    struct stream_state states[STREAMS_MOST];
    int64_t streams;
};

/* Events of the whole, of the pieces, of one stream alone, and of that stream among the others: kept from input to input,
 * since it takes longer to set them aside than to use them. */
static struct event events_of[4][MOST_EVENTS];

/* All of it, in calls of `cut` records (0: one call). */
static struct outcome track(const struct run *run, uint64_t modulus, int64_t cut, struct event *rows)
{
    /* Enough that no limit is reached, and no more: what is set aside is what an execution costs most. */
    const struct track_room most = {32 * (run->count + 64), 1 << 12, 1 << 12, 1 << 12, 1 << 20, true};
    struct tracker *const t = tracker_new(modulus, &most, UINT64_C(0x9E3779B97F4A7C15));
    const struct records r = records_of(run);
    struct outcome o = {.rows = rows};
    struct events out = {.rows = o.rows, .capacity = MOST_EVENTS};
    int64_t at = 0;

    CHECK(t);
    while (at < run->count) {
        const int64_t high = cut > 0 && at + cut < run->count ? at + cut : run->count;
        while (at < high)
            CHECK(tracker_feed(t, &r, &at, high, &out) == TRACK_DONE);
    }
    CHECK(tracker_finish(t, &out) == TRACK_DONE);
    o.count = out.count;
    o.streams = tracker_streams(t);
    CHECK(o.streams <= STREAMS_MOST);
    for (int64_t n = 0; n < o.streams; n++)
        tracker_stream(t, n, &o.states[n]);
    tracker_free(t);
    return o;
}

/* The rows of one stream that stand in the end, under stream id 0. */
static int64_t rows_of(const struct outcome *o, int32_t stream, struct event *rows)
{
    int64_t count = 0;

    for (int64_t n = 0; n < o->count; n++)
        if (o->rows[n].stream == stream) {
            rows[count] = o->rows[n];
            rows[count++].stream = 0;
        }
    return count;
}

/* How many DUPLICATE rows are left, when rows that were taken back are gone. */
static int64_t duplicates(struct event *rows, int64_t count)
{
    int64_t left = 0;

    for (int64_t n = 0; n < count; n++)
        if (rows[n].kind == RETRACT)
            for (int64_t k = 0; k < n; k++)
                if (rows[k].kind == DUPLICATE && rows[k].record >= rows[n].a && rows[k].record <= rows[n].b)
                    rows[k].kind = -1;
    for (int64_t n = 0; n < count; n++)
        left += rows[n].kind == DUPLICATE;
    return left;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* How many different numbers the stream has. */
static int64_t different(const struct run *alone)
{
    uint64_t numbers[MOST_RECORDS];
    int64_t count = 0;

    memcpy(numbers, alone->seq, (size_t)alone->count * sizeof *numbers);
    qsort(numbers, (size_t)alone->count, sizeof *numbers, by_number);
    for (int64_t n = 0; n < alone->count; n++)
        count += n == 0 || numbers[n] != numbers[n - 1];
    return count;
}

static void check_stream(const struct run *run, const struct outcome *all, int32_t stream, uint64_t modulus)
{
    static struct run picked;
    struct run *const alone = &picked;

    alone->count = 0;
    for (int64_t n = 0; n < run->count; n++)
        if (run->stream[n] == stream) {
            add(alone, 0, run->seq[n], 0);
            alone->row[alone->count - 1] = (int32_t)n;
            alone->ordinal[alone->count - 1] = n;
        }
    memcpy(alone->ns, run->ns, (size_t)run->count * sizeof *alone->ns);
    alone->frames = run->frames;

    const struct outcome one = all->streams > 1 ? track(alone, modulus, 0, events_of[2]) : *all;
    struct event *const rows = events_of[3];
    const struct stream_state *const s = &one.states[0];
    const int64_t count = rows_of(all, stream, rows);
    CHECK(one.streams == 1 && !memcmp(s, &all->states[stream], sizeof *s));
    CHECK(count == one.count && !memcmp(rows, one.rows, (size_t)count * sizeof *rows));
    CHECK(s->received == alone->count && s->duplicates >= 0 && s->missing >= 0 && s->late >= 0);
    CHECK(duplicates(rows, count) == s->duplicates);
    if (modulus == 0 && s->restarts == 0 && s->outliers == 0 && s->beyond == 0 && s->unjudged == 0)
        CHECK(s->received - s->duplicates == different(alone));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    const uint64_t modulus = MODULI[take(&in, 1) % 8];
    const int64_t cut = (int64_t)take(&in, 1) + 1;
    static struct run read;
    struct run *const run = &read;

    run->count = 0;
    read_steps(&in, run, modulus);
    struct outcome whole = track(run, modulus, 0, events_of[0]);
    struct outcome pieces = track(run, modulus, cut, events_of[1]);
    CHECK(whole.count == pieces.count && whole.streams == pieces.streams);
    CHECK(!memcmp(whole.rows, pieces.rows, (size_t)whole.count * sizeof *whole.rows));
    CHECK(!memcmp(whole.states, pieces.states, sizeof whole.states));
    for (int32_t stream = 0; stream < whole.streams; stream++)
        check_stream(run, &whole, stream, modulus);
    return 0;
}
