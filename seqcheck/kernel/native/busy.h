/* A flag that a thread takes before it works on something, and gives back: one at a time, with or without a lock of all
 * threads around it. */
#ifndef SEQCHECK_BUSY_H
#define SEQCHECK_BUSY_H

#include <stdbool.h>

/* Whether it was free, and now is this thread's. */
static inline bool busy_take(unsigned char *flag)
{
    return !__atomic_test_and_set(flag, __ATOMIC_ACQUIRE);
}

static inline void busy_leave(unsigned char *flag)
{
    __atomic_clear(flag, __ATOMIC_RELEASE);
}

#endif
