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
    static inline int64_t seq_apart(int64_t later, int64_t earlier) {
        int64_t d;
        if (__builtin_expect(__builtin_sub_overflow(later, earlier, &d), 0)) return later < 0 ? INT64_MIN : INT64_MAX;
        return d;
    }
    /* Whether the words at p differ from `value` in a bit of `mask`: 8, 12 or 16 words, two at a time.
       `value` and `mask` are aligned to 16 bytes. */
    typedef uint64_t seq_pair __attribute__((vector_size(16), may_alias));
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
    /* A hash of the bits of `mask` in the words at p, with or without the first two; `odd` are random odd numbers. */
    static inline uint64_t seq_hash(const uint8_t *p, const uint64_t *mask, const uint64_t *odd, int words, int front) {
        uint64_t h = 0; int j;
        if (front) h = (seq_raw64(p) & mask[0]) * odd[0] + (seq_raw64(p + 8) & mask[1]) * odd[1];
        for (j = 2; j < 7; j++) h += (seq_raw64(p + 8 * j) & mask[j]) * odd[j];
        if (words > 8) for (j = 7; j < 11; j++) h += (seq_raw64(p + 8 * j) & mask[j]) * odd[j];
        if (words > 12) for (j = 11; j < 15; j++) h += (seq_raw64(p + 8 * j) & mask[j]) * odd[j];
        return (h ^ (h >> 32)) * odd[0];
    }
    /* Ask for large pages: tables that are read here and there cost more in looking up pages than in reading. */
    #if defined(__linux__)
    #include <sys/mman.h>
    #endif
    static inline void seq_large_pages(void *memory, size_t size) {
    #if defined(__linux__) && defined(MADV_HUGEPAGE)
        const uintptr_t page = 4096, start = ((uintptr_t)memory + page - 1) & ~(page - 1);
        if (size > 2 * page) (void)madvise((void *)start, ((uintptr_t)memory + size - start) & ~(page - 1), MADV_HUGEPAGE);
    #else
        (void)memory; (void)size;
    #endif
    }
    typedef __int128 seq_int128;
    typedef unsigned __int128 seq_uint128;
    #define seq_likely(c) __builtin_expect(!!(c), 1)
    #define seq_unlikely(c) __builtin_expect(!!(c), 0)
    #define seq_highest(bits) (31 - __builtin_clz(bits))
    /* The empty asm keeps gcc from leaving out calls of functions that do nothing but this. */
    static inline void seq_prefetch(const void *p) { __builtin_prefetch(p); __asm__ volatile(""); }
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
    int64_t apart "seq_apart"(int64_t later, int64_t earlier) noexcept nogil    # the difference, or the nearest int64
    void large_pages "seq_large_pages"(void *memory, size_t size) noexcept nogil
    int highest "seq_highest"(uint32_t bits) noexcept nogil                     # the highest bit of bits != 0
    uint64_t hash_of "seq_hash"(
        const uint8_t *p, const uint64_t *mask, const uint64_t *odd, int words, bint front
    ) noexcept nogil
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
