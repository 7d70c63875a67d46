/* program.c alone: what is refused, and that what is taken stays within its field. */
#include "program.h"

#include <string.h>

#include "check.h"

static const struct field COUNTER = {.role = SEQ, .width = 4, .big = 1, .mask = UINT64_MAX};
static const struct field KEY = {.role = STREAM, .width = 2, .offset = -2, .mask = 0xFF00, .shift = 8};

static const char *taken(struct program *p, const struct field *fields, int64_t count)
{
    *p = (struct program){.anchor = A_UDP, .selector = -1, .key = K_ALL};
    return program_read(p, fields, count);
}

int main(void)
{
    struct field many[MOST_FIELDS + 2];
    const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct program p;

    CHECK(!taken(&p, (struct field[]){KEY, COUNTER}, 2));
    CHECK(p.count == 2 && p.trailing_stream && program_counter(&p) == &p.fields[1]);
    CHECK(field_word(bytes, program_counter(&p)) == 0x01020304);
    CHECK(field_word(bytes, &p.fields[0]) == 0x0200);
    CHECK(field_is_dynamic(&p.fields[0]) && !field_is_dynamic(&p.fields[1]));

    CHECK(taken(&p, &KEY, 1) && taken(&p, (struct field[]){COUNTER, COUNTER}, 2) && taken(&p, NULL, 0));
    p = (struct program){.anchor = A_TCP + 1};
    CHECK(program_read(&p, &COUNTER, 1));
    p = (struct program){.key = K_NONE + 1};
    CHECK(program_read(&p, &COUNTER, 1));

    for (int n = 0; n < MOST_FIELDS + 2; n++)
        many[n] = n == 0 ? COUNTER : (struct field){.role = MATCH, .width = 1};
    CHECK(!taken(&p, many, MOST_FIELDS) && taken(&p, many, MOST_FIELDS + 1));
    for (int n = 1; n < MOST_FIELDS + 2; n++)
        many[n].role = n <= MAX_STREAM_FIELDS ? STREAM : MATCH + 1;     /* which decode passes over */
    CHECK(!taken(&p, many, MOST_FIELDS + 2) && p.count == 1 + MAX_STREAM_FIELDS);
    many[MAX_STREAM_FIELDS + 1].role = STREAM;
    CHECK(taken(&p, many, MOST_FIELDS + 2));

    for (int width = 0; width <= 9; width++)
        for (int shift = 0; shift <= 64; shift++) {
            const struct field odd = {.role = SEQ, .width = (uint8_t)width, .mask = UINT64_MAX, .shift = (uint8_t)shift};
            CHECK(!taken(&p, &odd, 1) == (width >= 1 && width <= 8 && shift <= 63));
            if (width >= 1 && width <= 8 && shift <= 63)
                CHECK(p.fields[0].shift < 8 * width
                      && field_word(bytes, &p.fields[0]) >> p.fields[0].shift
                             == (shift < 8 * width ? field_word(bytes, &p.fields[0]) >> shift : 0));
        }
    return 0;
}
