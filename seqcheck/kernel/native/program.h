/* The layout's program as a struct, checked once so that the loops may trust it. */
#ifndef SEQCHECK_PROGRAM_H
#define SEQCHECK_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "border.h"

enum { MOST_FIELDS = 32 };

struct program {
    int anchor;
    int32_t selector;               /* -1: any */
    int key;                        /* K_ALL …: what of addresses and ports stays in the stream's key */
    uint64_t modulus;               /* 0: 2**64 */
    int count;
    struct field fields[MOST_FIELDS];   /* SEQ, STREAM and MATCH, in the program's order; masks and shifts within the field */
    bool trailing_stream;           /* a STREAM field counts from the end */
    int label_size;
    uint8_t label[MOST_LABEL];      /* in front of the SEQ field's digits */
};

/* Take the fields in that decode reads. `anchor`, `selector`, `key` and `modulus` are there. NULL, or what is wrong. */
const char *program_read(struct program *program, const struct field *rows, int64_t count);

/* The SEQ field. */
const struct field *program_counter(const struct program *program);

/* Whether the field is digits. */
static inline bool field_is_digits(const struct field *field)
{
    return field->role == SEQ && field->op >= TEXT;
}

/* Whether reading the field needs the lengths: it counts from the end, is digits, or compares with them. */
static inline bool field_is_dynamic(const struct field *field)
{
    return field->offset < 0 || field_is_digits(field) || (field->role == MATCH && field->op == EQ_LENGTH);
}

/* The field's bytes at `p` as a number, masked. */
static inline uint64_t field_word(const uint8_t *p, const struct field *field)
{
    const int width = field->width;
    uint64_t word = 0;

    if (field->big)
        for (int j = 0; j < width; j++)
            word = word << 8 | p[j];
    else
        for (int j = 0; j < width; j++)
            word |= (uint64_t)p[j] << (8 * j);
    return word & field->mask;
}

#endif
