/* Track: from records to events, what is out of order. The rules are in portable/track.py, under the same names.
 *
 * A tracker keeps what it knows of every stream. It is for one thread at a time. The loop over healthy records allocates
 * nothing; what is out of order may, up to the limits of `struct track_room` over all streams. */
#ifndef SEQCHECK_TRACK_H
#define SEQCHECK_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "border.h"

enum {                      /* how a call ended */
    TRACK_DONE,
    TRACK_FULL,             /* the events could not take what one more record may cause */
    TRACK_OUTSIDE,          /* a record names a row or a stream that cannot be */
    TRACK_NO_MEMORY,        /* some of the last record is lost: the tracker is of no use any more */
    TRACK_FAULT             /* so is an event: a fault in here */
};

struct track_room {         /* border.Room */
    int64_t entries;
    int64_t pages;
    int64_t small_pages;
    int64_t holes;
    int64_t chain_rows;
    bool restarts;
};

struct records {
    const int32_t *row;
    const int32_t *stream;
    const uint64_t *seq;
    const int32_t *source;
    const int64_t *ordinal;
    const int64_t *ns;      /* by row */
    int64_t frames;         /* rows */
    int64_t first;          /* number of row 0 */
};

struct events {
    struct event *rows;
    int64_t count;
    int64_t capacity;
};

struct tracker;

/* `modulus` 0 is 2**64; it is not 1. `seed` is random. NULL if there is no memory. */
struct tracker *tracker_new(uint64_t modulus, const struct track_room *room, uint64_t seed);

void tracker_free(struct tracker *t);

/* The next `count` streams, by id, count by moduli of their own. To be said before their first records. False if there is
 * no memory, and all is as it was. */
bool tracker_count(struct tracker *t, const uint64_t *moduli, int64_t count);

/* Take the records *at..high-1, all of which are there; *at is then the one reached. Events are appended. */
int tracker_feed(struct tracker *t, const struct records *r, int64_t *at, int64_t high, struct events *out);

/* The input has ended: decide what is left open. TRACK_FULL: call again. */
int tracker_finish(struct tracker *t, struct events *out);

/* How many streams there are, and one of them, in order of first appearance. */
int64_t tracker_streams(const struct tracker *t);
void tracker_stream(const struct tracker *t, int64_t n, struct stream_state *row);

/* DISTANCES + 1 counts. */
const int64_t *tracker_distances(const struct tracker *t);

/* What is missing: how many pages and holes there are, and all of them in order; false if there is no memory. */
int64_t tracker_pages(const struct tracker *t);
int64_t tracker_holes(const struct tracker *t);
bool tracker_missing(const struct tracker *t, struct missing_page *pages, struct hole *holes);

/* Let go of what is missing, once tracker_finish is done: nothing may be fed or saved any more. False if there is no
 * memory to begin it empty. */
bool tracker_forget(struct tracker *t);

#endif
