/* Places that the payload itself tells; see frame_moves.h. */
#include "frame_moves.h"

#include "words.h"

enum { ONE_BYTE_TAG = 0x1F, LONG_FORM = 0x80, MOST_LENGTH = 4 };

/* These bytes decide the way. */
static void mark_bytes(struct marks *m, int64_t at, int width)
{
    if (!m)
        return;
    m->deep = max64(m->deep, at + width);
    if (at + width > SPAN) {
        m->fits = false;
        return;
    }
    for (int j = 0; j < width; j++)
        m->fixed[at + j] = 0xFF;
}

static int read_word(const uint8_t *p, const struct field *row, const struct extent *e, struct marks *m, uint64_t *value)
{
    const int64_t at = field_at(e, row->offset);

    *value = 0;
    if (at < e->start || at + row->width > e->end)
        return SHORT;
    if (at + row->width > e->cap)
        return CUT;
    if (m && row->offset < 0)       /* its place depends on the lengths */
        m->fits = false;
    mark_bytes(m, at, row->width);
    *value = field_word(p + at, row);
    return RECORD;
}

/* Move on. */
static int do_amount(const uint8_t *p, const struct field *row, struct extent *e, struct marks *m)
{
    const int64_t fixed = (int64_t)(row->value & UINT32_MAX), factor = row->value >> 32 & UINT16_MAX;
    const int64_t whole = (int64_t)(row->value >> 48);
    uint64_t value = 0;

    const int status = row->width == 0 ? RECORD : read_word(p, row, e, m, &value);
    value >>= row->shift;
    if (status != RECORD)
        return status;
    if (value > MAX_FRAME)
        return SHORT;
    int64_t moved = fixed + (int64_t)value * factor;
    if (whole != 0)
        moved = (moved + whole - 1) / whole * whole;
    e->here += moved;
    if (e->here > e->end)
        return SHORT;
    if (m)
        m->deep = max64(m->deep, e->here);
    return RECORD;
}

/* Over the elements before the one that is sought. */
static int do_until(
    const uint8_t *p, const struct field *sought, const struct field *amount, struct extent *e, struct marks *m)
{
    for (int n = 0; n < MOST_ELEMENTS; n++) {
        const int64_t before = e->here;
        uint64_t value = 0;
        int status = read_word(p, sought, e, m, &value);
        if (status == RECORD && value == sought->value)
            return RECORD;
        if (status == RECORD)
            status = do_amount(p, amount, e, m);
        if (status != RECORD)
            return status == SHORT ? MAGIC : status;
        if (e->here == before)
            return MAGIC;
    }
    return MAGIC;
}

/* A BER element begins at `at`: where its content begins, and how long that is. */
static int read_header(
    const uint8_t *p, const struct extent *e, int64_t at, struct marks *m, int64_t *content, int64_t *length)
{
    if (at + 2 > e->end)
        return MAGIC;
    if (at + 2 > e->cap)
        return CUT;
    const int tag = p[at], first = p[at + 1], many = first & ~LONG_FORM;
    if ((tag & ONE_BYTE_TAG) == ONE_BYTE_TAG || first == LONG_FORM || (first > LONG_FORM && many > MOST_LENGTH))
        return MAGIC;
    *content = at + 2;
    *length = many;
    if (first > LONG_FORM) {
        *content += many;
        *length = 0;
        if (*content > e->end)
            return MAGIC;
        if (*content > e->cap)
            return CUT;
        for (int64_t j = at + 2; j < *content; j++)
            *length = *length << 8 | p[j];
    }
    mark_bytes(m, at, (int)(*content - at));
    return RECORD;
}

/* The first element with this tag. */
static int find_element(
    const uint8_t *p, const struct extent *e, uint64_t tag, struct marks *m, int64_t *content, int64_t *length)
{
    int64_t at = e->here;

    for (int n = 0; n < MOST_ELEMENTS; n++) {
        const int status = read_header(p, e, at, m, content, length);
        if (status != RECORD)
            return status;
        if (p[at] == tag)
            return RECORD;
        at = *content + *length;
    }
    return MAGIC;
}

int moves_do(const uint8_t *p, const struct program *program, struct extent *e, struct marks *m)
{
    for (int n = 0; n < program->move_count; n++) {
        const struct field *const row = &program->moves[n];
        int64_t content = 0, length = 0;
        uint64_t value = 0;
        int status;
        if (row->op == INTO) {
            status = find_element(p, e, row->value, m, &content, &length);
            if (status == RECORD)
                e->here = content;
        } else if (row->op == UNTIL) {
            status = do_until(p, row, row + 1, e, m);
            n++;
        } else if (row->op == ONLY_IF) {
            status = read_word(p, row, e, m, &value);
            n += status == RECORD && value == 0;
        } else {
            status = do_amount(p, row, e, m);
        }
        if (status != RECORD)
            return status;
    }
    return RECORD;
}

bool moves_to_next(const uint8_t *p, const struct program *program, struct extent *e)
{
    int64_t sum = 0;

    for (int n = 0; n < program->each_count; n++) {
        const struct field *const row = &program->each[n];
        struct extent there = *e;
        uint64_t value = 0;
        if (row->op == ONLY_IF) {
            if (read_word(p, row, e, NULL, &value) != RECORD)
                return false;
            n += value == 0;
            continue;
        }
        if (do_amount(p, row, &there, NULL) != RECORD)
            return false;
        sum += there.here - e->here;
    }
    e->here += sum;
    return sum > 0 && e->here < min64(e->end, e->cap);
}

/* FNV-1a. */
static uint64_t hash(const uint8_t *p, int64_t length)
{
    uint64_t value = UINT64_C(0xCBF29CE484222325);

    for (int64_t j = 0; j < length; j++)
        value = (value ^ p[j]) * UINT64_C(0x100000001B3);
    return value;
}

int ber_read(const uint8_t *p, const struct extent *e, const struct field *field, uint64_t *value)
{
    const bool name = field->role == STREAM;
    int64_t at = 0, length = 0;

    const int status = find_element(p, e, field->value, NULL, &at, &length);
    if (status != RECORD)
        return status;
    if (length < 1 || length > (name ? LARGEST_NAME : LARGEST_BER) || at + length > e->end)
        return MAGIC;
    if (at + length > e->cap)
        return CUT;
    if (name && length >= LARGEST_BER) {
        *value = hash(p + at, length);
        return RECORD;
    }
    if (length == LARGEST_BER && p[at] != 0)
        return MAGIC;
    *value = 0;
    for (int64_t j = 0; j < length; j++)
        *value = *value << 8 | p[at + j];
    return RECORD;
}
