/* Memory for tables: zeroed, aligned to cache lines, and in large pages where that can be had.
 *
 * Nothing is touched before it is used, so a large table costs what is used of it. */
#ifndef SEQCHECK_MEMORY_H
#define SEQCHECK_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "hints.h"

/* `size` bytes of zeros to be freed as `*memory`, and the first cache line in them; NULL if there is no room. */
void *memory_lines(size_t size, void **memory);

/* Ask for large pages: tables that are read here and there cost more in looking up pages than in reading. */
void large_pages(void *memory, size_t size);

/* What was freed in small pieces goes back to the system, where the library can do that. */
void memory_back(void);

/* The first cache line in `memory`, which is LINE bytes longer than what is needed. */
static inline void *lined_up(void *memory)
{
    return (void *)(((uintptr_t)memory + LINE - 1) & ~(uintptr_t)(LINE - 1));
}

#endif
