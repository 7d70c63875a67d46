/* From the payload's first byte to a place that the payload itself tells. The rules are in portable/moves.py. */
#ifndef SEQCHECK_FRAME_MOVES_H
#define SEQCHECK_FRAME_MOVES_H

#include <stdint.h>

#include "digits.h"
#include "frame.h"

/* Where a field at this offset begins; `here` is where the moves lead. */
static inline int64_t field_at(const struct extent *e, int64_t offset)
{
    return offset >= HERE ? e->here + offset - HERE : (offset >= 0 ? e->start : e->stated) + offset;
}

/* Do all moves from e->here on, which then is where they lead. A status of border.h. What they look at is marked, if m is not NULL. */
int moves_do(const uint8_t *p, const struct program *program, struct extent *e, struct marks *m);

/* On from the record at e->here to the place of the next, by the sum of the program's amounts. False where that cannot be
 * read, is 0, or leads out of the payload. The rules are in portable/chain.py. */
bool moves_to_next(const uint8_t *p, const struct program *program, struct extent *e);

/* The number in the BER element that a field names, or what stands for the name in it, where the field is a stream's. A status. */
int ber_read(const uint8_t *p, const struct extent *e, const struct field *field, uint64_t *value);

#endif
