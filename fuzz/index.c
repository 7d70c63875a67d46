/* Index, any container, any bytes: nothing outside the buffer is read or written (the sanitizers see to that), rows lie
 * where they may, and the same rows come of it whatever the columns' capacity. */
#include "index.h"

#include "bytes.h"

enum { PCAP, PCAPNG, TPACKET, CONTAINERS };
enum { MOST_ROWS = 512, MOST_INTERFACES = 4 };

struct how {
    int container;
    bool big, nano, swapped;
    int64_t header;
    uint16_t link;
    int64_t known;
    struct interface interfaces[MOST_INTERFACES];
};

static struct frame_columns columns(int64_t capacity)
{
    const size_t n = (size_t)capacity;
    struct frame_columns f = {.capacity = capacity};

    f.off = room(n, sizeof *f.off);
    f.cap = room(n, sizeof *f.cap);
    f.wire = room(n, sizeof *f.wire);
    f.ns = room(n, sizeof *f.ns);
    f.link = room(n, sizeof *f.link);
    f.totals = room(TOTALS, sizeof *f.totals);
    f.totals[T_ODD_AT] = -1;
    f.totals[T_FIRST] = INT64_MAX;
    f.totals[T_LAST] = INT64_MIN;
    return f;
}

static void drop(struct frame_columns *f)
{
    free(f->off);
    free(f->cap);
    free(f->wire);
    free(f->ns);
    free(f->link);
    free(f->totals);
}

static int walk(struct frame_columns *f, const struct how *how, uint8_t *bytes, int64_t *pos)
{
    int why;

    if (how->container == PCAP) {
        struct pcap_walk w = {.pos = *pos, .stop = f->size, .header = how->header, .link = how->link, .big = how->big,
                              .nano = how->nano, .swapped = how->swapped};
        why = walk_pcap(f, &w);
        *pos = w.pos;
    } else if (how->container == PCAPNG) {
        struct pcapng_walk w = {.pos = *pos, .stop = f->size, .interfaces = how->interfaces, .known = how->known,
                                .big = how->big};
        why = walk_pcapng(f, &w);
        *pos = w.pos;
    } else {
        struct tpacket_walk w = {.bytes = bytes, .pos = *pos, .stop = f->size, .link = how->link};
        why = walk_tpacket(f, &w);
        *pos = w.pos;
    }
    return why;
}

/* All rows, in columns of MOST_ROWS that are filled `capacity` at a time; where it stopped, and why. */
static int walk_all(struct frame_columns *all, const struct how *how, const uint8_t *data, int64_t size, int64_t capacity)
{
    uint8_t *const bytes = room((size_t)size, 1);
    struct frame_columns part = *all;
    int64_t pos = 0;
    int why = FULL;

    if (size > 0)
        memcpy(bytes, data, (size_t)size);
    part.buf = bytes;
    part.size = size;
    while (why == FULL && part.count < MOST_ROWS) {
        const int64_t before = pos;
        part.capacity = part.count + capacity < MOST_ROWS ? part.count + capacity : MOST_ROWS;
        why = walk(&part, how, bytes, &pos);
        CHECK(before <= pos && pos <= size && part.count <= part.capacity);
    }
    for (int64_t row = 0; row < part.count; row++) {
        CHECK(part.off[row] >= 0 && part.off[row] + part.cap[row] <= size);
        CHECK(part.cap[row] <= MAX_FRAME && part.cap[row] <= part.wire[row]);
    }
    all->count = part.count;
    free(bytes);
    return why;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    const uint64_t flags = take(&in, 1), capacity = take(&in, 1) % 32 + 1;
    struct how how = {.container = (int)(flags % CONTAINERS), .big = flags & 4, .nano = flags & 8, .swapped = flags & 16,
                      .header = flags & 32 ? 24 : 16, .link = (uint16_t)take(&in, 2), .known = (int64_t)(flags >> 6)};
    struct frame_columns one = columns(MOST_ROWS), other = columns(MOST_ROWS);

    for (int64_t n = 0; how.container == PCAPNG && n < how.known; n++) {
        struct interface *const rule = &how.interfaces[n];
        *rule = (struct interface){.link = (uint16_t)take(&in, 2), .kind = (uint16_t)(take(&in, 1) % 3),
                                   .snap = (uint32_t)take(&in, 2), .value = take(&in, 8), .offset = (int64_t)take(&in, 8)};
        if (rule->kind == OVER && rule->value == 0)
            rule->value = 1;
    }
    const int why = walk_all(&one, &how, in.p, (int64_t)in.left, MOST_ROWS);
    CHECK(walk_all(&other, &how, in.p, (int64_t)in.left, (int64_t)capacity) == why || one.count == MOST_ROWS
          || (why == MORE && one.count > 0));
    CHECK(one.count == other.count);
    const size_t rows = (size_t)one.count;
    CHECK(!memcmp(one.off, other.off, rows * sizeof *one.off) && !memcmp(one.cap, other.cap, rows * sizeof *one.cap));
    CHECK(!memcmp(one.wire, other.wire, rows * sizeof *one.wire) && !memcmp(one.ns, other.ns, rows * sizeof *one.ns));
    CHECK(!memcmp(one.link, other.link, rows * sizeof *one.link));
    CHECK(!memcmp(one.totals, other.totals, TOTALS * sizeof *one.totals));
    drop(&one);
    drop(&other);
    return 0;
}
