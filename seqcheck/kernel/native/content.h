/* Frames told apart by their bytes: from frames to records, without a layout. The rules are in portable/content.py.
 *
 * It keeps tables of streams and sources, and the contents of the last frames. It is for one thread at a time. Its tables
 * grow between strips of frames. Two contents are the same where their hashes (64 bits, keyed) are; where the earlier
 * frame is still in the buffer, also byte for byte. */
#ifndef SEQCHECK_CONTENT_H
#define SEQCHECK_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "border.h"
#include "columns.h"
#include "content_frame.h"
#include "table.h"

enum { CONTENT_WORDS = CONTENT_SEED + 2 * TABLE_WORDS };    /* of a seed */

struct content;

/* A window of that many frames, a power of two up to 2**30. NULL if there is no memory. */
struct content *content_new(int64_t window, const uint64_t *seed);

void content_free(struct content *t);

/* From now on, take in such unknown streams: see border.h. */
void content_admit(struct content *t, int which);

/* Append the records of rows *row..high-1 to `out`, with the status of each row; `first` is the number of row 0. The caller
 * has checked: 0 <= *row <= high <= count, room for as many records, and `judged` >= high. */
int content_decode(
    struct content *t, const struct frame_columns *f, int64_t first, struct record_columns *out, int64_t *row, int64_t high);

/* The streams' keys and what is known of them, row = stream id; until it goes on. */
const struct stream_key *content_streams(const struct content *t, int64_t *count);
const struct content_flow *content_flows(const struct content *t);
const struct content_often *content_often_rows(const struct content *t, int64_t *count);

/* How many sources there are, NO_SOURCE included; and one of them with its counts. */
int64_t content_sources(const struct content *t);
void content_source(const struct content *t, int64_t id, struct source *source);

#endif
