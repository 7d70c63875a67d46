# What the tracker uses of the C modules' headers, and memory for its tables.

from libc.stdint cimport INT64_MAX, INT64_MIN, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree, PyMem_RawRealloc

cdef extern from "native/hints.h" nogil:
    enum:
        LINE            # bytes of a cache line
    bint likely "usually"(bint c)
    bint unlikely "rarely"(bint c)
    void prefetch(const void *p)
    void prefetch_to_write(const void *p)

cdef extern from "native/words.h" nogil:
    int64_t apart(int64_t later, int64_t earlier)
    int highest(uint32_t bits)
    int64_t add_square(int64_t sum, int64_t value)

cdef extern from "native/memory.h" nogil:
    void large_pages(void *memory, size_t size)
    void *lined_up(void *memory)

cdef extern from *:
    void copy_words "memcpy"(void *to, const void *starting, size_t size) nogil
    ctypedef long long int128 "__int128"


cdef void *fresh(size_t count, size_t size) except NULL:
    cdef void *memory = PyMem_RawCalloc(count, size)
    if memory == NULL:
        raise MemoryError("no memory for the kernel's tables")
    return memory
