/* Takes a fuzzer's input apart: numbers from its front, the rest as bytes. What is not there reads as 0. */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input {
    const uint8_t *p;
    size_t left;
};

static inline uint64_t take(struct input *in, size_t width)
{
    uint64_t v = 0;
    const size_t have = width < in->left ? width : in->left;

    if (have > 0)
        memcpy(&v, in->p, have);
    in->p += have;
    in->left -= have;
    return v;
}

/* Zeroed memory of just that size, so that a sanitizer sees every step outside; never NULL. */
static inline void *room(size_t count, size_t size)
{
    void *const memory = calloc(count > 0 ? count : 1, size);

    if (!memory)
        abort();
    return memory;
}

/* What has to hold. */
#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

#endif
