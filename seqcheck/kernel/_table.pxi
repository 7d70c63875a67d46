# An open-addressing table: keys of a fixed number of words to ids, 0, 1, 2, … in order of first appearance.
#
# Lookup is linear probing over at most half-full slots. The multipliers of the hash are random, so that nobody can
# write a capture whose keys all collide; ids do not depend on them. The table never allocates while it is being filled:
# it has room for `room` keys, and its owner calls `table_grow` before that is used up.

from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree, PyMem_RawRealloc

cdef enum:
    MOST_WORDS = 16


cdef inline void *lined_up(void *memory) noexcept nogil:
    """The first cache line in `memory`, which is LINE bytes longer than what is needed."""
    return <void *>((<size_t>memory + LINE - 1) & ~<size_t>(LINE - 1))


cdef void *fresh(size_t count, size_t size) except NULL:
    cdef void *memory = PyMem_RawCalloc(count, size)
    if memory == NULL:
        raise MemoryError("no memory for the kernel's tables")
    return memory


cdef struct Table:
    uint64_t *keys      # room * words
    int32_t *slots      # id + 1, or 0; 2 * room of them, a power of two
    int64_t count
    int64_t room
    int64_t limit       # it never holds more keys than these
    int words
    int shift           # 64 - log2(slots)
    uint64_t odd[MOST_WORDS]


cdef inline int64_t table_find(const Table *t, const uint64_t *key, uint64_t *place) noexcept nogil:
    """The id of `key`, or -1; `place` is then the slot for it."""
    cdef uint64_t at, h = 0, mask = ((<uint64_t>1) << (64 - t.shift)) - 1
    cdef int j
    cdef int32_t entry
    for j in range(t.words):
        h += (key[j] ^ (key[j] >> 32)) * t.odd[j]
    at = h >> t.shift
    while True:
        entry = t.slots[at]
        if entry == 0:
            place[0] = at
            return -1
        if memcmp(t.keys + (entry - 1) * t.words, key, t.words * 8) == 0:
            return entry - 1
        at = (at + 1) & mask


cdef inline int64_t table_add(Table *t, const uint64_t *key, uint64_t place) noexcept nogil:
    """A new id for `key`, which `table_find` did not find; there must be room."""
    memcpy(t.keys + t.count * t.words, key, t.words * 8)
    t.slots[place] = <int32_t>(t.count + 1)
    t.count += 1
    return t.count - 1


cdef int table_start(Table *t, int words, int64_t limit, bytes seed) except -1:
    """An empty table; `seed` is 8 * words random bytes."""
    cdef int j
    t.keys, t.slots = NULL, NULL
    t.count, t.room, t.limit, t.words, t.shift = 0, 0, limit, words, 64
    for j in range(words):
        t.odd[j] = int.from_bytes(seed[8 * j : 8 * j + 8], "little") | 1
    return table_grow(t, 64)


cdef int table_grow(Table *t, int64_t room) except -1:
    """Room for `room` keys (a power of two), or MemoryError and all as it was."""
    cdef uint64_t *keys = <uint64_t *>PyMem_RawCalloc(room * t.words, 8)
    cdef int32_t *slots = <int32_t *>PyMem_RawCalloc(2 * room, 4)
    cdef uint64_t place = 0
    cdef int64_t count = t.count, row
    cdef uint64_t *old = t.keys
    if keys == NULL or slots == NULL:
        PyMem_RawFree(keys)
        PyMem_RawFree(slots)
        raise MemoryError("no memory for a larger table of streams or sources")
    PyMem_RawFree(t.slots)
    t.keys, t.slots, t.room, t.count = keys, slots, room, 0
    t.shift = 64 - (2 * room - 1).bit_length()
    for row in range(count):
        table_find(t, old + row * t.words, &place)
        table_add(t, old + row * t.words, place)
    PyMem_RawFree(old)
    return 0


cdef void table_end(Table *t) noexcept:
    PyMem_RawFree(t.keys)
    PyMem_RawFree(t.slots)
    t.keys, t.slots = NULL, NULL
