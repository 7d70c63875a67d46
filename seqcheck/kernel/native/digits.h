/* Numbers that are written in digits: decimal or hexadecimal text, BCD, or a varint. The rules are in portable/digits.py. */
#ifndef SEQCHECK_DIGITS_H
#define SEQCHECK_DIGITS_H

#include <stdint.h>

#include "program.h"

/* Where a payload lies in the frame at p: start..end-1, of which nothing at or behind cap was captured; `stated` is where
 * its end is said to be. */
struct extent {
    int64_t start;
    int64_t end;
    int64_t stated;
    int64_t cap;
    int64_t here;           /* where the program's moves lead */
};

/* The SEQ field of a program, whose digits it is. A status of border.h: RECORD with the number, SHORT, CUT or MAGIC. */
int digits_read(const uint8_t *p, const struct program *program, const struct field *field, struct extent e, uint64_t *seq);

#endif
