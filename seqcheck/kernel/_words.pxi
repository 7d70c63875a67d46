# Words out of bytes, in either order, from any address. The caller has checked that the bytes are there.

from libc.stdint cimport INT64_MAX, INT64_MIN, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

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
