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
    /* A hash of the bits of `mask` in the words at p, with or without the first two; `odd` are random odd numbers. */
    static inline uint64_t seq_hash(const uint8_t *p, const uint64_t *mask, const uint64_t *odd, int words, int front) {
        uint64_t h = 0; int j;
        if (front) h = (seq_raw64(p) & mask[0]) * odd[0] + (seq_raw64(p + 8) & mask[1]) * odd[1];
        for (j = 2; j < 7; j++) h += (seq_raw64(p + 8 * j) & mask[j]) * odd[j];
        if (words > 8) for (j = 7; j < 11; j++) h += (seq_raw64(p + 8 * j) & mask[j]) * odd[j];
        if (words > 12) for (j = 11; j < 15; j++) h += (seq_raw64(p + 8 * j) & mask[j]) * odd[j];
        return (h ^ (h >> 32)) * odd[0];
    }
    /* A copy word by word. The words were written one by one just before: what reads two of them at once (memcpy, the
       assignment of a struct) has to wait until both have left the store buffer, which here is full of rows. The empty
       asm keeps the compiler from making such a copy of it. */
    static inline void seq_copy(void *to, const void *from, size_t size) {
        size_t j;
        for (j = 0; j < size; j += 8) {
            uint64_t word;
            memcpy(&word, (const char *)from + j, 8);
            __asm__("" : "+r"(word));
            memcpy((char *)to + j, &word, 8);
        }
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
    /* So many lines from p on, a multiple of 8. */
    static inline void seq_fetch_lines(const uint8_t *p, int lines) {
        for (; lines > 0; lines -= 8, p += 512) {
            __builtin_prefetch(p); __builtin_prefetch(p + 64); __builtin_prefetch(p + 128); __builtin_prefetch(p + 192);
            __builtin_prefetch(p + 256); __builtin_prefetch(p + 320); __builtin_prefetch(p + 384); __builtin_prefetch(p + 448);
        }
    }
    /* The empty asm keeps gcc from leaving out calls of functions that do nothing but this. */
    static inline void seq_prefetch_to_write(const void *p) { __builtin_prefetch(p, 1); __asm__ volatile(""); }
    static inline void seq_prefetch(const void *p) { __builtin_prefetch(p); __asm__ volatile(""); }
    /* `actual`, but where it equals `guess`, and the last SURE guesses were right, the processor need not wait for it: a
       branch is predicted, a sum is not. The empty asm keeps the compiler from seeing that both ways lead to the same
       number. Where guesses are often wrong, waiting costs less than a wrong branch. `right` counts right guesses. */
    #define SEQ_SURE 8
    #define SEQ_LINE 64
    static inline int64_t seq_guessed(int64_t actual, int64_t guess, int64_t *right) {
        if (*right >= SEQ_SURE) {
            if (__builtin_expect(actual == guess, 1)) { __asm__("" : "+r"(guess)); return guess; }
            *right = 0;
            return actual;
        }
        *right = (*right + 1) & -(int64_t)(actual == guess);
        return actual;
    }
    """
    enum:
        SURE "SEQ_SURE"
        LINE "SEQ_LINE"     # bytes of a cache line
    uint16_t be16 "seq_be16"(const uint8_t *p) noexcept nogil
    uint16_t le16 "seq_le16"(const uint8_t *p) noexcept nogil
    uint32_t be32 "seq_be32"(const uint8_t *p) noexcept nogil
    uint32_t le32 "seq_le32"(const uint8_t *p) noexcept nogil
    uint64_t be64 "seq_be64"(const uint8_t *p) noexcept nogil
    uint64_t le64 "seq_le64"(const uint8_t *p) noexcept nogil
    uint64_t raw64 "seq_raw64"(const uint8_t *p) noexcept nogil
    int64_t guessed "seq_guessed"(int64_t actual, int64_t guess, int64_t *right) noexcept nogil
    ctypedef long long int128 "seq_int128"
    ctypedef unsigned long long uint128 "seq_uint128"
    void copy_words "seq_copy"(void *to, const void *starting, size_t size) noexcept nogil  # a multiple of 8
    int64_t apart "seq_apart"(int64_t later, int64_t earlier) noexcept nogil    # the difference, or the nearest int64
    void large_pages "seq_large_pages"(void *memory, size_t size) noexcept nogil
    int highest "seq_highest"(uint32_t bits) noexcept nogil                     # the highest bit of bits != 0
    uint64_t hash_of "seq_hash"(
        const uint8_t *p, const uint64_t *mask, const uint64_t *odd, int words, bint front
    ) noexcept nogil
    bint likely "seq_likely"(bint c) noexcept nogil
    bint unlikely "seq_unlikely"(bint c) noexcept nogil
    void prefetch "seq_prefetch"(const void *p) noexcept nogil
    void fetch_lines "seq_fetch_lines"(const uint8_t *p, int lines) noexcept nogil
    void prefetch_to_write "seq_prefetch_to_write"(const void *p) noexcept nogil


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
