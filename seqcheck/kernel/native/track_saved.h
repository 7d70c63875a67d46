/* A tracker as a row of words, and back: the same words as portable/saved.py writes, which states what they are.
 *
 * They hold all that a tracker knows, in one order whatever came first, and nothing of how it is kept. */
#ifndef SEQCHECK_TRACK_SAVED_H
#define SEQCHECK_TRACK_SAVED_H

#include "track.h"

/* How many words it takes; they are written as far as there is `room`. -1 if there is no memory. Before the end of the
 * input alone. */
int64_t tracker_save(struct tracker *t, int64_t *words, int64_t room);

/* Make a new tracker what the words say: TRACK_DONE; TRACK_OUTSIDE where they are none of a tracker with this modulus and
 * this room, or TRACK_NO_MEMORY: then it can only be freed. The words may be anybody's. */
int tracker_load(struct tracker *t, const int64_t *words, int64_t count);

#endif
