/* Numbers that are written in digits; see digits.h. */
#include "digits.h"

#include <string.h>

#include "frame_moves.h"
#include "words.h"

enum { MOST_VARINT = 10 };  /* bytes */

/* What a character is worth, 99 where it is no digit. */
static unsigned worth(uint8_t character, unsigned base)
{
    const unsigned decimal = (unsigned)character - '0', letter = ((unsigned)character | 0x20) - 'a';

    if (decimal < 10)
        return decimal;
    return base == 16 && letter < 6 ? 10 + letter : 99;
}

/* One digit more. False if 64 bits do not hold it. */
static bool append(uint64_t *value, unsigned base, unsigned digit)
{
    uint64_t shifted;

    return !__builtin_mul_overflow(*value, (uint64_t)base, &shifted)
        && !__builtin_add_overflow(shifted, (uint64_t)digit, value);
}

/* Where the label ends that begins first from `at` on, -1 if there is none. */
static int64_t behind_label(const uint8_t *p, const struct program *program, int64_t at, int64_t limit)
{
    const int64_t size = program->label_size, last = min64(limit - size, at + LABEL_REACH - 1);

    while (at <= last) {
        const uint8_t *const first = memchr(p + at, program->label[0], (size_t)(last - at + 1));
        if (!first)
            return -1;
        at = first - p;
        if (memcmp(first, program->label, (size_t)size) == 0)
            return at + size;
        at++;
    }
    return -1;
}

static int read_bcd(const uint8_t *p, int width, uint64_t *seq)
{
    for (int j = 0; j < width; j++)
        if (p[j] >> 4 > 9 || (p[j] & 15) > 9 || !append(seq, 10, p[j] >> 4) || !append(seq, 10, p[j] & 15))
            return MAGIC;
    return RECORD;
}

/* So many characters: blanks, then digits. */
static int read_fixed(const uint8_t *p, int width, unsigned base, uint64_t *seq)
{
    int j = 0;

    while (j < width - 1 && p[j] == ' ')
        j++;
    for (; j < width; j++)
        if (worth(p[j], base) >= base || !append(seq, base, worth(p[j], base)))
            return MAGIC;
    return RECORD;
}

/* As many digits as there are. */
static int read_all(const uint8_t *p, int64_t at, int64_t limit, bool cut, unsigned base, uint64_t *seq)
{
    int count = 0;

    for (; at < limit && worth(p[at], base) < base; at++)
        if (count++ == MOST_DIGITS || !append(seq, base, worth(p[at], base)))
            return MAGIC;
    if (at == limit && cut)
        return CUT;
    return count > 0 ? RECORD : MAGIC;
}

/* Seven bits a byte, the lowest first, as long as the highest bit is set. */
static int read_varint(const uint8_t *p, int64_t at, int64_t limit, bool cut, uint64_t *seq)
{
    for (int shift = 0; shift < 7 * MOST_VARINT; shift += 7, at++) {
        if (at >= limit)
            return cut ? CUT : SHORT;
        if (shift == 63 && p[at] > 1)
            return MAGIC;
        *seq |= (uint64_t)(p[at] & 0x7F) << shift;
        if (p[at] < 0x80)
            return RECORD;
    }
    return MAGIC;
}

int digits_read(const uint8_t *p, const struct program *program, const struct field *field, struct extent e, uint64_t *seq)
{
    const int64_t limit = min64(e.end, e.cap), width = field->width;
    const unsigned base = field->op == HEX ? 16 : 10;
    int64_t at = field_at(&e, field->offset);

    *seq = 0;
    if (at < e.start || at + max64(width, 1) > e.end)
        return SHORT;
    if (program->label_size != 0) {
        at = behind_label(p, program, at, limit);
        if (at < 0)
            return e.cap < e.end ? CUT : MAGIC;
        while (width == 0 && field->op != VARINT && at < limit && p[at] == ' ')
            at++;
    }
    if (at + width > e.end)
        return SHORT;
    if (at + width > e.cap)
        return CUT;
    if (field->op == VARINT)
        return read_varint(p, at, limit, e.cap < e.end, seq);
    if (field->op == BCD)
        return read_bcd(p + at, (int)width, seq);
    return width != 0 ? read_fixed(p + at, (int)width, base, seq) : read_all(p, at, limit, e.cap < e.end, base, seq);
}
