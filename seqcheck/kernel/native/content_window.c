/* The contents of the last frames; see content_window.h. */
#include "content_window.h"

#include <stdlib.h>

#include "memory.h"

enum { HEADS = 4 };             /* for each entry: the more, the fewer lead to a content that is not the one sought */

bool window_begin(struct content_window *w, int64_t size)
{
    const size_t entries = (size_t)size * sizeof *w->entries, heads = (size_t)(HEADS * size) * sizeof *w->heads;

    w->size = size;
    w->position = 0;
    w->shift = 64 - __builtin_ctzll((uint64_t)(HEADS * size));
    w->entries = memory_lines(entries, &w->memory[0]);
    w->heads = memory_lines(heads, &w->memory[1]);
    if (!w->entries || !w->heads)
        return false;
    large_pages(w->entries, entries);
    large_pages(w->heads, heads);
    return true;
}

void window_end(struct content_window *w)
{
    free(w->memory[0]);
    free(w->memory[1]);
}
