/* What the compiler and the processor are told beside what to do. No answer depends on anything here. */
#ifndef SEQCHECK_HINTS_H
#define SEQCHECK_HINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define usually(condition) __builtin_expect(!!(condition), 1)
#define rarely(condition) __builtin_expect(!!(condition), 0)
#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum {
    LINE = 64,              /* bytes of a cache line */
    SURE = 8,               /* right guesses in a row, before they are relied on */
    IN_ADVANCE = 4096,      /* bytes that are fetched ahead of where lengths vary, */
    FETCH = 8               /* in this many lines for a frame: more than most have, few enough to be on their way at once */
};

/* Fetching reads nothing, so it may be told any address, which need not be one of an object that is there. */
static inline void prefetch(const void *p)
{
    __builtin_prefetch(p);
}

static inline void prefetch_to_write(const void *p)
{
    __builtin_prefetch(p, 1);
}

static inline void fetch_lines(uintptr_t address, int lines)
{
    for (int line = 0; line < lines; line++)
        __builtin_prefetch((const void *)(address + (uintptr_t)LINE * (uintptr_t)line));
}

/* `actual`, but where that equals `guess`, and the last SURE guesses were right, the processor need not wait for it: a
 * branch is predicted, a sum is not. The empty asm keeps the compiler from seeing that both ways lead to the same
 * number. Where guesses are often wrong, waiting costs less than a wrong branch. `right` counts right guesses. */
static inline int64_t guessed(int64_t actual, int64_t guess, int64_t *right)
{
    if (*right >= SURE) {
        if (usually(actual == guess)) {
            __asm__("" : "+r"(guess));
            return guess;
        }
        *right = 0;
        return actual;
    }
    *right = (*right + 1) & -(int64_t)(actual == guess);
    return actual;
}

/* Where a walk is that goes from one length to the next, and what of the bytes ahead is on its way. */
struct ahead {
    int64_t fetched;        /* up to here */
    int64_t length;         /* the last one: the guess for the next */
    int64_t right;          /* guesses in a row */
};

/* Fetch some lines behind those that were fetched, unless lengths are guessed right or enough is on its way. */
static inline void fetch_ahead(const uint8_t *buf, int64_t pos, struct ahead *a)
{
    if (a->right >= SURE || a->fetched - pos >= IN_ADVANCE)
        return;
    if (a->fetched < pos)
        a->fetched = pos;
    fetch_lines((uintptr_t)buf + (uintptr_t)a->fetched, FETCH);
    a->fetched += FETCH * LINE;
}

#endif
