/* The loop over a block's records; see track_loop.c. */
#ifndef SEQCHECK_TRACK_LOOP_H
#define SEQCHECK_TRACK_LOOP_H

#include "tracker.h"

enum { NEED_STREAMS = TRACK_FAULT + 1, NEED_ODDS };     /* why the loop stopped, beside those of track.h */

/* Take the records *at..high-1; *at is the one reached. TRACK_DONE, or why it stopped. */
int feed_rows(struct tracker *t, const struct records *r, int64_t *at, int64_t high);

/* Decide what is left open; false where the events are full before all is done. */
bool finish_streams(struct tracker *t);

#endif
