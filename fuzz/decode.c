/* Decode, any program, any frames: the short ways say what the long way says of each frame alone, on every instruction
 * set, however the rows are cut into calls; and nothing outside the buffer is read (the sanitizers see to that).
 *
 * An input is a program, some frames, and steps: each step is one of the frames with some bytes changed, cut or padded.
 * So there are many that look alike, which is where decode takes its short ways. */
#include "decoder.h"

#include "bytes.h"
#include "frame_inside.h"

enum { MOST_FRAMES = 6, MOST_STEPS = 400, MOST_BYTES = 1 << 16, MARGIN = 200 };

static const int LINKS[] = {1, 1, 1, 1, 113, 276, 101, 0, 108, 228, 229, 12, 14, 7};
static const int SELECTORS[] = {-1, -1, 5000, 17, 6, 0x0800, 51, 44};
static const uint64_t MASKS[] = {UINT64_MAX, UINT64_MAX, 0xFF, 0xF0, UINT64_C(0x8000000000000001), 0, 0x3FFF, 0xFF00};

struct model {
    uint8_t bytes[256];
    size_t size;
    int link;
};

struct rows {
    struct frame_columns f;
    uint8_t *buf;
    int64_t *off;
};

/* False if it is none that decode takes. */
static bool read_program(struct input *in, struct program *program)
{
    const uint64_t head = take(in, 1);
    const int count = (int)(take(in, 1) % 5) + 1;
    struct field fields[7] = {0};
    int labels = 0;

    program->anchor = (int)(head % 5);
    program->selector = SELECTORS[head / 5 % 8];
    program->key = (int)(head / 40 % 4);
    program->modulus = take(in, 1);
    if (program->modulus > 250)
        program->modulus = (uint64_t)1 << (program->modulus - 200);
    const uint64_t rule = take(in, 1);
    program->rule = (struct rule){.kind = (int)(rule % 4), .shift = (int)(rule / 4 % 4), .by = rule / 8};
    if ((rule & 0x80) != 0) {
        program->selector = -1;
        program->port_ranges = 2;
        program->ports[0] = (struct port_range){.low = 1, .high = 9};
        program->ports[1] = (struct port_range){.low = 5000, .high = 5000 + (int)(rule & 7)};
    }
    for (int n = 0; n < count; n++) {
        const uint64_t kind = take(in, 1), width = take(in, 1);
        fields[n].role = n == 0 ? SEQ : (uint8_t)(1 + kind % 3);    /* 3: one that decode passes over */
        fields[n].op = (uint8_t)(kind / 3 % (n == 0 ? 7 : 3));
        if (n > 0 && fields[0].op == PIECE && (kind & 0x40) == 0 && (kind & 0x80) != 0) {
            fields[n].role = SEQ;
            fields[n].op = PIECE;
        }
        fields[n].width = (uint8_t)(fields[n].op < TEXT || fields[n].op == PIECE ? width % 8 + 1 : width % 24);
        fields[n].big = width & 8 ? 1 : 0;
        fields[n].mask = MASKS[width >> 4 & 7];
        fields[n].offset = (int8_t)take(in, 1) % 48;
        fields[n].value = take(in, 1);
        if ((kind & 0x40) != 0) {           /* a move, the way to the next record, or a number in a BER element */
            const bool each = n > 0 && (kind & 0x10) != 0;
            fields[n].role = n == 0 ? SEQ : each ? EACH : MOVE;
            fields[n].op = (uint8_t)(n == 0 ? BER : each ? (width & 0x40) == 0 : width >> 6);
            fields[n].offset += (kind & 0x20) != 0 ? HERE : 0;
            fields[n].value |= n > 0 && fields[n].op == AMOUNT ? (uint64_t)(kind & 7) << 32 : 0;
        }
        if (fields[n].role != MATCH && fields[n].mask != 0)
            fields[n].shift = (uint8_t)__builtin_ctzll(fields[n].mask);
    }
    if (fields[0].op >= TEXT && fields[0].op <= VARINT && fields[0].value != 0) {
        labels = 1;
        fields[count] = (struct field){.role = LABEL, .width = (uint8_t)(fields[0].value % 20), .value = fields[0].value};
    }
    return program_read(program, fields, count + labels) == NULL;
}

static void read_models(struct input *in, struct model *models, size_t *count)
{
    *count = take(in, 1) % MOST_FRAMES + 1;
    for (size_t n = 0; n < *count; n++) {
        models[n].link = LINKS[take(in, 1) % (sizeof LINKS / sizeof *LINKS)];
        models[n].size = take(in, 1);
        memset(models[n].bytes, 0, sizeof models[n].bytes);
        if (models[n].size > in->left)
            models[n].size = in->left;
        if (models[n].size > 0)
            memcpy(models[n].bytes, in->p, models[n].size);
        in->p += models[n].size;
        in->left -= models[n].size;
    }
}

/* The frames of the input, in a buffer with or without a margin after the last one. */
static struct rows read_steps(struct input *in)
{
    struct model models[MOST_FRAMES];
    uint8_t *const bytes = room(MOST_BYTES, 1);
    struct rows r = {0};
    size_t count, used = 0;

    read_models(in, models, &count);
    r.off = r.f.off = room(MOST_STEPS, sizeof *r.f.off);
    r.f.cap = room(MOST_STEPS, sizeof *r.f.cap);
    r.f.wire = room(MOST_STEPS, sizeof *r.f.wire);
    r.f.ns = room(MOST_STEPS, sizeof *r.f.ns);
    r.f.link = room(MOST_STEPS, sizeof *r.f.link);
    r.f.capacity = MOST_STEPS;
    while (in->left > 0 && r.f.count < MOST_STEPS) {
        const uint64_t step = take(in, 1);
        const struct model *const model = &models[step % count];
        int64_t repeat = step & 0x80 ? (int64_t)take(in, 1) : 1;
        uint8_t one[256];
        size_t size = model->size;
        memcpy(one, model->bytes, sizeof one);
        for (uint64_t edit = step >> 4 & 3; edit > 0; edit--) {
            const uint64_t at = take(in, 1);
            one[at] = (uint8_t)take(in, 1);
        }
        const uint64_t cut = step & 0x40 ? take(in, 1) : 0;
        size -= cut % 16 < size ? cut % 16 : size;
        for (; repeat > 0 && r.f.count < MOST_STEPS && used + size + MARGIN < MOST_BYTES; repeat--) {
            const int64_t row = r.f.count++;
            memcpy(bytes + used, one, size);
            r.f.off[row] = (int64_t)used;
            r.f.cap[row] = (uint32_t)size;
            r.f.wire[row] = (uint32_t)(size + cut / 16);
            r.f.link[row] = (uint16_t)model->link;
            used += size;
        }
    }
    if (in->p[-1] & 1)      /* the last byte of the input decides; there is one */
        used += MARGIN;
    r.buf = room(used, 1);
    memcpy(r.buf, bytes, used);
    free(bytes);
    r.f.buf = r.buf;
    r.f.size = (int64_t)used;
    return r;
}

/* With room for so many records. */
static struct record_columns records(int64_t capacity)
{
    struct record_columns out = {.capacity = capacity, .judged = MOST_STEPS};
    const size_t rows = (size_t)capacity;

    out.row = room(rows, sizeof *out.row);
    out.stream = room(rows, sizeof *out.stream);
    out.seq = room(rows, sizeof *out.seq);
    out.source = room(rows, sizeof *out.source);
    out.ordinal = room(rows, sizeof *out.ordinal);
    out.status = room(MOST_STEPS, sizeof *out.status);
    return out;
}

static void drop(struct record_columns *out)
{
    free(out->row);
    free(out->stream);
    free(out->seq);
    free(out->source);
    free(out->ordinal);
    free(out->status);
}

/* The id of the source that the long way found. */
static int64_t source_id(const struct source *sources, int64_t count, const struct place *place)
{
    for (int64_t id = 1; place->address[1] != 0 && id < count; id++)
        if (sources[id].length == place->address[1] && !memcmp(sources[id].address, place->address, 8))
            return id;
    CHECK(place->address[1] == 0);
    return NO_SOURCE;
}

/* Every row against the long way, on its own. */
static void compare(const struct rows *r, const struct program *program, const struct decoder *d,
                    const struct record_columns *out)
{
    int64_t n = 0, streams, seen[MOST_STEPS + 1] = {0};
    const struct stream_key *const keys = decoder_streams(d, &streams);
    const int64_t count = decoder_sources(d);
    struct source *const sources = room((size_t)count, sizeof *sources);

    for (int64_t id = 0; id < count; id++)
        decoder_source(d, id, &sources[id]);
    for (int64_t row = 0; row < r->f.count; row++) {
        struct frame x;
        struct place place;
        CHECK(frame_at(&r->f, row, &x));
        const int status = frame_read(&x, program, &place, NULL);
        CHECK(out->status[row] == status);
        const int64_t id = source_id(sources, count, &place);
        for (bool more = status == RECORD; more; more = frame_next(&x, program, &place), n++) {
            CHECK(n < out->count && place.here >= place.start);
            CHECK(out->row[n] == row && out->seq[n] == place.seq && out->source[n] == id && out->ordinal[n] == seen[id]);
            CHECK(out->stream[n] < streams && !memcmp(&keys[out->stream[n]], &place.key, sizeof place.key));
        }
        seen[id]++;
    }
    CHECK(n == out->count);
    free(sources);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct program program = {0};
    uint64_t seed[DECODER_SEED];

    if (size == 0 || !read_program(&in, &program))
        return 0;
    const int64_t cut = (int64_t)take(&in, 1);
    struct rows r = read_steps(&in);
    int64_t bytes = 0;
    for (int64_t row = 0; row < r.f.count; row++)
        bytes += r.f.cap[row];
    for (int n = 0; n < DECODER_SEED; n++)
        seed[n] = (uint64_t)(n + 1) * UINT64_C(0x9E3779B97F4A7C15);
    for (int any = 0; any < 2; any++) {
        struct decoder *const d = decoder_new(&program, seed, any);
        CHECK(d);
        struct record_columns out = records(r.f.count + bytes);
        CHECK(decoder_fits(d, &r.f, 0, r.f.count, out.capacity));
        for (int64_t row = 0; row < r.f.count;) {
            const int64_t high = row == 0 && cut < r.f.count ? cut : r.f.count;
            CHECK(decoder_decode(d, &r.f, &out, &row, high) == DONE && row == high);
            if (high == r.f.count)
                break;
            CHECK(decoder_decode(d, &r.f, &out, &row, r.f.count) == DONE && row == r.f.count);
        }
        compare(&r, &program, d, &out);
        drop(&out);
        decoder_free(d);
    }
    free(r.buf);
    free(r.off);
    free(r.f.cap);
    free(r.f.wire);
    free(r.f.ns);
    free(r.f.link);
    return 0;
}
