/* Memory for tables; see memory.h. */
#define _DEFAULT_SOURCE     /* madvise */

#include "memory.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#if defined(__linux__)
#include <sys/mman.h>
#endif

void *memory_lines(size_t size, void **memory)
{
    *memory = calloc(size + LINE, 1);
    return *memory ? lined_up(*memory) : NULL;
}

void large_pages(void *memory, size_t size)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const uintptr_t page = 4096, start = ((uintptr_t)memory + page - 1) & ~(page - 1);
    if (size > 2 * page)
        (void)madvise((void *)start, ((uintptr_t)memory + size - start) & ~(page - 1), MADV_HUGEPAGE);
#else
    (void)memory;
    (void)size;
#endif
}

void memory_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
