/* Packed: what the tracker needs of a block as few bytes, for another thread or another machine to unpack.
 *
 * Times, statuses and records are told apart from what was to be expected; healthy traffic is expected, all but its
 * times. The format is in portable/packed.py. Packed bytes are not trusted: nothing is read or written outside. */
#ifndef SEQCHECK_PACKED_H
#define SEQCHECK_PACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "border.h"
#include "columns.h"

enum { PACKED_FRAME = 20, PACKED_RECORD = 40, PACKED_MORE = 64 };  /* bytes that one takes at most, and all the others */

/* What comes next, by stream and by source: border.Expected. Packer and unpacker know the same before each block. */
struct expected {
    int32_t *after;         /* the stream of the record after this stream's last */
    uint64_t *seq;          /* the stream's next number */
    int32_t *source;        /* who sent it */
    int64_t streams;        /* how many there is room for, one at least */
    int64_t *ordinal;       /* the source's next frame */
    int64_t sources;
    int32_t *last;          /* the stream of the last record */
};

/* All rows of `f` and their records into `out`, which has the room stated above; how many bytes. -1 where a record has
 * no row of its own, or a stream or a source that there is no room for in `e`. */
int64_t pack(const struct frame_columns *f, const struct record_columns *r, struct expected *e, uint8_t *out);

/* The times of all rows, into f->ns; f->count is then how many rows there are. The position behind them; -1 where this was
 * not packed, or there are more than `f` has room for. */
int64_t unpack_times(const uint8_t *data, int64_t size, struct frame_columns *f);

/* The records of the `frames` rows, with their statuses, from where the times end; r->count is then how many there are.
 * False if this was not packed, or there is no room. */
bool unpack(const uint8_t *data, int64_t size, int64_t at, int64_t frames, struct record_columns *r, struct expected *e);

#endif
