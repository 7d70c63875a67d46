# Words out of bytes, in either order, from any address. The caller has checked that the bytes are there.

from libc.stdint cimport INT64_MAX, INT64_MIN, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memmove, memset

cdef extern from "native/hints.h" nogil:
    enum:
        LINE            # bytes of a cache line
    bint likely "usually"(bint c)
    bint unlikely "rarely"(bint c)

cdef extern from "native/words.h" nogil:
    uint16_t be16(const uint8_t *p)
    uint32_t be32(const uint8_t *p)
    uint64_t be64(const uint8_t *p)
    uint32_t le32(const uint8_t *p)
    uint64_t le64(const uint8_t *p)

cdef extern from *:
    """
    static inline int64_t seq_apart(int64_t later, int64_t earlier) {
        int64_t d;
        if (__builtin_expect(__builtin_sub_overflow(later, earlier, &d), 0)) return later < 0 ? INT64_MIN : INT64_MAX;
        return d;
    }
    /* A hash of the bits of `mask` in the words at p, with or without the first two; `odd` are random odd numbers. */
    static inline uint64_t seq_hash(const uint8_t *p, const uint64_t *mask, const uint64_t *odd, int words, int front) {
        uint64_t h = 0; int j;
        if (front) h = (raw64(p) & mask[0]) * odd[0] + (raw64(p + 8) & mask[1]) * odd[1];
        for (j = 2; j < 7; j++) h += (raw64(p + 8 * j) & mask[j]) * odd[j];
        if (words > 8) for (j = 7; j < 11; j++) h += (raw64(p + 8 * j) & mask[j]) * odd[j];
        if (words > 12) for (j = 11; j < 15; j++) h += (raw64(p + 8 * j) & mask[j]) * odd[j];
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
    #define seq_highest(bits) (31 - __builtin_clz(bits))
    /* The empty asm keeps gcc from leaving out calls of functions that do nothing but this. */
    static inline void seq_prefetch_to_write(const void *p) { __builtin_prefetch(p, 1); __asm__ volatile(""); }
    static inline void seq_prefetch(const void *p) { __builtin_prefetch(p); __asm__ volatile(""); }
    """
    ctypedef long long int128 "seq_int128"
    ctypedef unsigned long long uint128 "seq_uint128"
    void copy_words "seq_copy"(void *to, const void *starting, size_t size) noexcept nogil  # a multiple of 8
    int64_t apart "seq_apart"(int64_t later, int64_t earlier) noexcept nogil    # the difference, or the nearest int64
    void large_pages "seq_large_pages"(void *memory, size_t size) noexcept nogil
    int highest "seq_highest"(uint32_t bits) noexcept nogil                     # the highest bit of bits != 0
    uint64_t hash_of "seq_hash"(
        const uint8_t *p, const uint64_t *mask, const uint64_t *odd, int words, bint front
    ) noexcept nogil
    void prefetch "seq_prefetch"(const void *p) noexcept nogil
    void prefetch_to_write "seq_prefetch_to_write"(const void *p) noexcept nogil

