# Words out of bytes, in either order, from any address. The caller has checked that the bytes are there.

from libc.stdint cimport INT64_MAX, INT64_MIN, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memmove, memset

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    #define SEQ_LITTLE(bits, v) __builtin_bswap##bits(v)
    #define SEQ_BIG(bits, v) (v)
    #else
    #define SEQ_LITTLE(bits, v) (v)
    #define SEQ_BIG(bits, v) __builtin_bswap##bits(v)
    #endif
    #define SEQ_READER(bits) \\
    static inline uint##bits##_t seq_raw##bits(const uint8_t *p) { \\
        uint##bits##_t v; memcpy(&v, p, sizeof v); return v; } \\
    static inline uint##bits##_t seq_le##bits(const uint8_t *p) { return SEQ_LITTLE(bits, seq_raw##bits(p)); } \\
    static inline uint##bits##_t seq_be##bits(const uint8_t *p) { return SEQ_BIG(bits, seq_raw##bits(p)); }
    SEQ_READER(16)
    SEQ_READER(32)
    SEQ_READER(64)
    /* Whether the words at p differ from `value` in a bit of `mask`: 8, 12 or 16 words, two at a time. */
    typedef uint64_t seq_pair __attribute__((vector_size(16), aligned(8), may_alias));
    typedef uint64_t seq_loose __attribute__((vector_size(16), aligned(1), may_alias));
    static inline seq_pair seq_pairs(const uint8_t *p, const uint64_t *value, const uint64_t *mask) {
        return (*(const seq_loose *)p ^ *(const seq_pair *)value) & *(const seq_pair *)mask;
    }
    static inline uint64_t seq_differ(const uint8_t *p, const uint64_t *value, const uint64_t *mask, int words) {
        seq_pair d = seq_pairs(p, value, mask) | seq_pairs(p + 16, value + 2, mask + 2)
            | seq_pairs(p + 32, value + 4, mask + 4) | seq_pairs(p + 48, value + 6, mask + 6);
        if (words > 8) {
            d |= seq_pairs(p + 64, value + 8, mask + 8) | seq_pairs(p + 80, value + 10, mask + 10);
            if (words > 12) d |= seq_pairs(p + 96, value + 12, mask + 12) | seq_pairs(p + 112, value + 14, mask + 14);
        }
        return d[0] | d[1];
    }
    /* A hash of the bits of `mask` in the words at p; `odd` are random odd numbers, one for each word. */
    static inline uint64_t seq_hash(const uint8_t *p, const uint64_t *mask, const uint64_t *odd, int words) {
        uint64_t h = 0; int j;
        for (j = 0; j < 8; j++) h += (seq_raw64(p + 8 * j) & mask[j]) * odd[j];
        for (; j < words; j++) h += (seq_raw64(p + 8 * j) & mask[j]) * odd[j];
        return (h ^ (h >> 32)) * odd[0];
    }
    typedef __int128 seq_int128;
    typedef unsigned __int128 seq_uint128;
    #define seq_likely(c) __builtin_expect(!!(c), 1)
    #define seq_unlikely(c) __builtin_expect(!!(c), 0)
    #define seq_prefetch(p) __builtin_prefetch(p)
    /* `actual`, but where it equals `guess` the processor need not wait for it: a branch is predicted, a sum is not. The
       empty asm keeps the compiler from seeing that both ways lead to the same number. */
    static inline int64_t seq_guessed(int64_t actual, int64_t guess) {
        if (__builtin_expect(actual == guess, 1)) { __asm__("" : "+r"(guess)); return guess; }
        return actual;
    }
    """
    uint16_t be16 "seq_be16"(const uint8_t *p) noexcept nogil
    uint16_t le16 "seq_le16"(const uint8_t *p) noexcept nogil
    uint32_t be32 "seq_be32"(const uint8_t *p) noexcept nogil
    uint32_t le32 "seq_le32"(const uint8_t *p) noexcept nogil
    uint64_t be64 "seq_be64"(const uint8_t *p) noexcept nogil
    uint64_t le64 "seq_le64"(const uint8_t *p) noexcept nogil
    uint64_t raw64 "seq_raw64"(const uint8_t *p) noexcept nogil
    int64_t guessed "seq_guessed"(int64_t actual, int64_t guess) noexcept nogil
    ctypedef long long int128 "seq_int128"
    ctypedef unsigned long long uint128 "seq_uint128"
    uint64_t differ "seq_differ"(
        const uint8_t *p, const uint64_t *value, const uint64_t *mask, int words
    ) noexcept nogil
    uint64_t hash_of "seq_hash"(const uint8_t *p, const uint64_t *mask, const uint64_t *odd, int words) noexcept nogil
    bint likely "seq_likely"(bint c) noexcept nogil
    bint unlikely "seq_unlikely"(bint c) noexcept nogil
    void prefetch "seq_prefetch"(const void *p) noexcept nogil


cdef struct Little:
    int nothing


cdef struct Big:
    int nothing


# A loop over words takes an `Order *` (NULL will do), and is compiled once for each byte order.
ctypedef fused Order:
    Little
    Big


cdef inline uint16_t word16(const uint8_t *p, Order *order) noexcept nogil:
    if Order is Big:
        return be16(p)
    else:
        return le16(p)


cdef inline uint32_t word32(const uint8_t *p, Order *order) noexcept nogil:
    if Order is Big:
        return be32(p)
    else:
        return le32(p)


cdef inline uint64_t word64(const uint8_t *p, bint big) noexcept nogil:
    return be64(p) if big else le64(p)
