/* The caller's columns, as border.Frames and border.RecordColumns describe them. Nothing here owns memory.
 *
 * Whoever makes one of these has checked that all columns have `capacity` rows and that `totals` has TOTALS. Rows below
 * `count` are in use. Offsets are the caller's too: the reader of a frame checks first that it lies in `buf`. */
#ifndef SEQCHECK_COLUMNS_H
#define SEQCHECK_COLUMNS_H

#include <stdint.h>

enum {                      /* how a call that fills records ended */
    DONE,
    OUTSIDE,                /* a row's frame does not lie in the buffer */
    NO_MEMORY
};

struct frame_columns {
    const uint8_t *buf;
    int64_t size;           /* bytes in buf */
    int64_t *off;
    uint32_t *cap;
    uint32_t *wire;
    int64_t *ns;
    uint16_t *link;
    int64_t *totals;
    int64_t count;
    int64_t capacity;
};

struct record_columns {
    int32_t *row;
    int32_t *stream;
    uint64_t *seq;
    int32_t *source;
    int64_t *ordinal;
    uint8_t *status;        /* one for each frame, not for each record */
    int64_t count;
    int64_t capacity;
    int64_t judged;         /* frames that `status` has room for */
};

#endif
