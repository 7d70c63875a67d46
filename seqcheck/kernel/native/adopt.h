/* Adopt: what another decoder of the same program has read, in this one's ids.
 *
 * Where parts of a capture are decoded on their own, each by a decoder with ids of its own, their streams and sources are
 * taken in part by part, in order, as if this decoder had read them. The caller sees to it that there are no limits in
 * the way: with them, what is taken in depends on the order of single records. */
#ifndef SEQCHECK_ADOPT_H
#define SEQCHECK_ADOPT_H

#include <stdbool.h>
#include <stdint.h>

#include "border.h"
#include "columns.h"
#include "decoder.h"

/* The ids here of `count` streams, in order of first appearance; new ones are taken in. False if there is no memory
 * or no id left; those before are taken in. */
bool adopt_streams(struct decoder *d, const struct stream_key *keys, int64_t count, int32_t *ids);

/* The same of sources, whose frames are added to what was counted; `before`: how many each had sent by then. A source
 * of length 0 is NO_SOURCE. */
bool adopt_sources(struct decoder *d, const struct source *rows, int64_t count, int32_t *ids, int64_t *before);

/* How records are to be renumbered: stream and source s become streams[s] and sources[s], and an ordinal of source s grows by
 * shift[s]. */
struct renumbering {
    const int32_t *streams;
    int64_t stream_count;
    const int32_t *sources;
    const int64_t *shift;
    int64_t source_count;
};

/* The first record with an id that has no place there or a negative one, before which all are renumbered; or count. */
int64_t renumber(struct record_columns *out, int64_t count, const struct renumbering *by);

#endif
