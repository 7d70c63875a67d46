/* A row of 64-bit words that something is written to, or read from, one after the other.
 *
 * Whoever writes does it twice: first to no room at all, to learn how many words it will be. What is read may have been
 * written by anybody: reading past the end, or a word outside of what the reader allows, makes the tape `bad`, and all
 * further words 0; so a reader may go on, and ask once at the end. */
#ifndef SEQCHECK_TAPE_H
#define SEQCHECK_TAPE_H

#include <stdbool.h>
#include <stdint.h>

struct tape {
    int64_t *words;         /* written to */
    const int64_t *from;    /* read */
    int64_t room;           /* words there are */
    int64_t at;
    bool bad;
};

static inline void tape_put(struct tape *p, int64_t word)
{
    if (p->at < p->room)
        p->words[p->at] = word;
    p->at++;
}

static inline int64_t tape_any(struct tape *p)
{
    if (p->bad || p->at >= p->room) {
        p->bad = true;
        return 0;
    }
    return p->from[p->at++];
}

/* A word within low <= word <= high; else `low`. */
static inline int64_t tape_within(struct tape *p, int64_t low, int64_t high)
{
    const int64_t word = tape_any(p);

    if (word >= low && word <= high)
        return word;
    p->bad = true;
    return low;
}

/* How many things of that many words each follow, at most `most`. */
static inline int64_t tape_count(struct tape *p, int64_t most, int64_t each)
{
    const int64_t count = tape_within(p, 0, most);

    if (!p->bad && count <= (p->room - p->at) / each)
        return count;
    p->bad = true;
    return 0;
}

#endif
