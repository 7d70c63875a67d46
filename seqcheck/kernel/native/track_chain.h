/* What chains (track_chain.c) and restarts (track_epoch.c) share; see tracker.h. */
#ifndef SEQCHECK_TRACK_CHAIN_H
#define SEQCHECK_TRACK_CHAIN_H

#include "tracker.h"

/* So many duplicates at a distance more; false if there is no memory. */
bool tally_add(struct tally *tally, int64_t distance, int64_t count);

/* What a chain whose first record that is may turn out to be, in the list of all; NULL if there is no memory. */
struct other *other_new(struct tracker *t, const struct stream *w, const struct arrival *first);

/* The chain's records as those of a new epoch; NULL if there is no memory. */
struct other *read_again(struct tracker *t, const struct stream *w, struct chain *chain);

/* Out of the list, and all of it free but what others have taken over. */
void other_free(struct tracker *t, struct other *o);

/* Let go of the chain of `o`, and of what it may have turned out to be. */
void put_away(struct tracker *t, struct odd *o);

static inline bool near_base(const struct tracker *t, uint64_t seq, uint64_t base)
{
    return seq < NEAR_BASE || ahead_of(t, seq, base) < NEAR_BASE;
}

#endif
