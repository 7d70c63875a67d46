/* Words out of bytes, in either order, from any address. The caller has checked that the bytes are there. */
#ifndef SEQCHECK_WORDS_H
#define SEQCHECK_WORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
enum { BIG_MACHINE = 1 };
#else
enum { BIG_MACHINE = 0 };
#endif

/* As this machine reads them. */

static inline uint16_t raw16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t raw32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t raw64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* In the byte order that the capture has. Where `big` is a constant, so is the choice. */

static inline uint16_t word16(const uint8_t *p, bool big)
{
    return big == BIG_MACHINE ? raw16(p) : __builtin_bswap16(raw16(p));
}

static inline uint32_t word32(const uint8_t *p, bool big)
{
    return big == BIG_MACHINE ? raw32(p) : __builtin_bswap32(raw32(p));
}

static inline uint64_t word64(const uint8_t *p, bool big)
{
    return big == BIG_MACHINE ? raw64(p) : __builtin_bswap64(raw64(p));
}

/* In the byte order of the network. */

static inline uint16_t be16(const uint8_t *p) { return word16(p, true); }
static inline uint32_t be32(const uint8_t *p) { return word32(p, true); }
static inline uint64_t be64(const uint8_t *p) { return word64(p, true); }
static inline uint16_t le16(const uint8_t *p) { return word16(p, false); }
static inline uint32_t le32(const uint8_t *p) { return word32(p, false); }
static inline uint64_t le64(const uint8_t *p) { return word64(p, false); }

/* Numbers. */

static inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

/* The highest bit of bits != 0. */
static inline int highest(uint32_t bits) { return 31 - __builtin_clz(bits); }

/* later - earlier, or the nearest int64. */
static inline int64_t apart(int64_t later, int64_t earlier)
{
    int64_t d;
    if (__builtin_sub_overflow(later, earlier, &d))
        return later < 0 ? INT64_MIN : INT64_MAX;
    return d;
}

/* a * b for b > 0, or the nearest int64. */
static inline int64_t multiplied(int64_t a, int64_t b)
{
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return a < 0 ? INT64_MIN : INT64_MAX;
    return product;
}

/* sum + value**2 for a sum >= 0, or the largest int64. */
static inline int64_t add_square(int64_t sum, int64_t value)
{
    int64_t square, whole;
    if (__builtin_mul_overflow(value, value, &square) || __builtin_add_overflow(sum, square, &whole))
        return INT64_MAX;
    return whole;
}

#endif
