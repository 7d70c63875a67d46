/* Decode: from frames to records. The rules are in portable/decode.py.
 *
 * A decoder keeps the tables of streams and sources, and what makes it quick. It is for one thread at a time. Ids are
 * given in order of first appearance. Its tables grow between two runs of the loop; in the loop nothing is allocated. */
#ifndef SEQCHECK_DECODER_H
#define SEQCHECK_DECODER_H

#include <stdbool.h>
#include <stdint.h>

#include "border.h"
#include "columns.h"
#include "program.h"

enum { DECODER_SEED = 48 };

struct decoder;

/* For a program that program_read has taken, with DECODER_SEED random words. `any`: only what every processor can do.
 * NULL if there is no memory. */
struct decoder *decoder_new(const struct program *program, const uint64_t *seed, bool any);

void decoder_free(struct decoder *d);

/* From now on, take in such unknown streams: see border.h. False if there is no memory, and all is as it was. */
bool decoder_admit(struct decoder *d, int which);

/* Append the records of rows *row..high-1 to `out`, with the status of each row; DONE, or why it stopped at *row.
 * The caller has checked: 0 <= *row <= high <= count, room for as many records as the rows may hold, and `judged` >= high. */
int decoder_decode(struct decoder *d, const struct frame_columns *f, struct record_columns *out, int64_t *row, int64_t high);

/* Whether no more than `capacity` records can be in rows low..high-1: one each, or one for each byte captured. */
bool decoder_fits(const struct decoder *d, const struct frame_columns *f, int64_t low, int64_t high, int64_t capacity);

/* The streams' keys, row = stream id; until the decoder goes on. */
const struct stream_key *decoder_streams(const struct decoder *d, int64_t *count);

/* The keys that came once while SECOND_RECORD: the last ones (0), and the older ones (1). */
const struct stream_key *decoder_waiting(const struct decoder *d, int older, int64_t *count);

/* What a decoder that has seen nothing yet is to know: keys of streams, sources (row = id, NO_SOURCE the first one), and
 * keys that wait, of `d`'s admission. DONE; OUTSIDE where that cannot be, or NO_MEMORY: then it can only be freed. The
 * rows may be anybody's. */
struct known {
    const struct stream_key *streams, *waiting[2];
    const struct source *sources;
    int64_t n_streams, n_waiting[2], n_sources;
};

int decoder_load(struct decoder *d, const struct known *known);

/* How many sources there are, NO_SOURCE included; and one of them with its counts. */
int64_t decoder_sources(const struct decoder *d);
void decoder_source(const struct decoder *d, int64_t id, struct source *source);

#endif
