/* Flows; see flows.h. */
#include "flows.h"

#include <stdlib.h>

#include "memory.h"

void flows_add(struct flows *flows, const uint8_t *p, const struct template *t, struct identity of)
{
    const uint64_t first = flow_place(p, t, flows), mask = ((uint64_t)1 << flows->bits) - 1;
    const size_t width = (size_t)flows->width;
    uint64_t at = first;
    int probe = 0;

    while (probe < FLOW_PROBES && flows->words[at * width + width - 1] != 0) {
        at = (at + 1) & mask;
        probe++;
    }
    if (probe == FLOW_PROBES)
        at = first;
    else
        flows->used++;
    uint64_t *const words = flows->words + at * width;
    memcpy(words, p, width * 8);
    words[width - 1] = flow_name(t, of);
}

bool flows_begin(struct flows *flows, int bits, int width)
{
    const size_t size = ((size_t)1 << bits) * (size_t)width * 8;
    void *memory;
    uint64_t *const words = memory_lines(size, &memory);

    if (!words)
        return false;
    free(flows->memory);
    large_pages(memory, size);
    flows->memory = memory;
    flows->words = words;
    flows->bits = bits;
    flows->width = width;
    flows->used = 0;
    return true;
}

void flows_end(struct flows *flows)
{
    free(flows->memory);
    flows->memory = NULL;
    flows->words = NULL;
}
