/* The layout's program as a struct, checked once so that the loops may trust it. */
#ifndef SEQCHECK_PROGRAM_H
#define SEQCHECK_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "border.h"

enum { MOST_FIELDS = 32, LARGEST_BER = 9, LARGEST_NAME = 255 };

/* From the value in the frame to the number that counts by one. */
struct rule {
    int kind;                       /* PLAIN, BY_STEP … */
    int shift;
    uint64_t by;
};

struct port_range {
    int low;
    int high;
};

struct program {
    int anchor;
    int32_t selector;               /* -1: any, or one of `ports` */
    int port_ranges;                /* 0: any */
    struct port_range ports[MOST_PORTS];
    struct rule rule;
    int key;                        /* K_ALL …: what of addresses and ports stays in the stream's key */
    uint64_t modulus;               /* 0: 2**64 */
    int count;
    struct field fields[MOST_FIELDS];   /* SEQ, STREAM and MATCH, in the program's order; masks and shifts within the field */
    int move_count;
    int moves_before;               /* the field before which all moves are done */
    struct field moves[MOST_MOVES];
    bool made;                      /* the number is one of several pieces, or made by a rule */
    bool trailing_stream;           /* a STREAM field counts from the end, or is in a BER element */
    int label_size;
    uint8_t label[MOST_LABEL];      /* before the SEQ field's digits */
    int each_count;                 /* 0: one record in a frame */
    struct field each[MOST_EACH];   /* amounts from a record to the next */
};

/* Take the fields in that decode reads. All up to `modulus` is there. NULL, or what is wrong. */
const char *program_read(struct program *program, const struct field *rows, int64_t count);

/* The SEQ field. */
const struct field *program_counter(const struct program *program);

/* Whether the field is digits. */
static inline bool field_is_digits(const struct field *field)
{
    return field->role == SEQ && field->op >= TEXT && field->op <= VARINT;
}

/* Whether the field is the content of a BER element. */
static inline bool field_is_ber(const struct field *field)
{
    return field->role != MATCH && field->op == BER;
}

/* Whether the field is read for each frame: it counts from the end, is digits, a BER element, or compares with the lengths;
 * or the number is made of what it says. */
static inline bool field_is_dynamic(const struct field *field)
{
    return field->offset < 0 || (field->role == SEQ && field->op >= TEXT) || (field->role == MATCH && field->op == EQ_LENGTH);
}

/* Whether one of these ports is sought. */
static inline bool program_seeks(const struct program *program, int sport, int dport)
{
    if (program->selector >= 0)
        return sport == program->selector || dport == program->selector;
    for (int n = 0; n < program->port_ranges; n++)
        if ((sport >= program->ports[n].low && sport <= program->ports[n].high)
            || (dport >= program->ports[n].low && dport <= program->ports[n].high))
            return true;
    return program->port_ranges == 0;
}

/* The number that the SEQ fields' value stands for, in its place. False if it stands for none. */
static inline bool program_number(const struct program *program, uint64_t *value)
{
    const struct rule rule = program->rule;
    const uint64_t modulus = program->modulus;
    uint64_t number = *value;

    if (rule.kind == BY_STEP)
        number >>= rule.shift;
    else if (rule.kind == BY_DIVISION)
        number /= rule.by;
    else if (rule.kind == FROM_LEAST) {
        if (number < rule.by)
            return false;
        number -= rule.by;
    }
    if (modulus != 0 && number >= modulus)
        return false;
    if (rule.kind == BY_STEP)
        number = number * rule.by & (modulus - 1);
    else if (rule.kind == FROM_LEAST)
        number = *value % modulus;
    *value = number;
    return true;
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
