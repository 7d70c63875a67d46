# Flows: what a record of a known stream begins with, as it lies in memory, to its stream and source. A cache: what it
# forgets is found again the long way. A flow lives in one of a few neighbouring places; where all are taken the first
# gives way.
#
# A flow is as many words as templates compare, of which the last is not compared: there stands the flow's name. So a
# flow of a common frame is one cache line, which matters most where thousands of streams come in turn.

cdef enum:
    FLOW_PROBES = 4
    FLOW_BITS_FIRST = 10
    FLOW_BITS_MOST = 17
    STREAM_BITS = 20
    SOURCE_BITS = 16
    TAGS_MOST = (1 << 28) - 1

# What Flows holds (its struct stands in _alike.pxi):
#     words       aligned to cache lines within `memory`
#     bits        log2 of the number of flows
#     width       words of one: NARROW, WIDE or WORDS
#     by_link     link-layer addresses name streams
#     used        flows; where it is more than a quarter, the table should grow

cdef inline uint64_t flow_name(const Template *t, int64_t stream, int64_t source) noexcept nogil:
    return <uint64_t>t.tag << (STREAM_BITS + SOURCE_BITS) | <uint64_t>source << STREAM_BITS | <uint64_t>stream


cdef inline int64_t stream_of(uint64_t name) noexcept nogil:
    return <int64_t>(name & ((1 << STREAM_BITS) - 1))


cdef inline int64_t source_of(uint64_t name) noexcept nogil:
    return <int64_t>((name >> STREAM_BITS) & ((1 << SOURCE_BITS) - 1))


cdef inline uint64_t flow_place(const uint8_t *p, const Template *t, const Flows *flows) noexcept nogil:
    """The first place where the frame's flow may live. Link-layer addresses enter only where they name streams: where
    flows differ in them alone otherwise, they are few, and live in neighbouring places."""
    return hash_of(p, t.key, flows.odd, flows.width, flows.by_link) >> (64 - flows.bits)


cdef void flow_add(const uint8_t *p, const Template *t, Flows *flows, int64_t stream, int64_t source) noexcept nogil:
    cdef uint64_t first = flow_place(p, t, flows), at = first
    cdef uint64_t *words
    cdef int probe
    for probe in range(FLOW_PROBES):
        if flows.words[at * flows.width + flows.width - 1] == 0:
            flows.used += 1
            break
        at = (at + 1) & ((<uint64_t>1 << flows.bits) - 1)
    else:
        at = first
    words = flows.words + at * flows.width
    memcpy(words, p, flows.width * 8)
    words[flows.width - 1] = flow_name(t, stream, source)


cdef int flows_start(Flows *flows, int bits, int width) except -1:
    """An empty table of 2**bits flows in place of the one there is; MemoryError, and all as it was, if it cannot be."""
    cdef size_t size = (<size_t>1 << bits) * width * 8
    cdef void *memory = PyMem_RawCalloc(size + LINE, 1)
    if memory == NULL:
        raise MemoryError("no memory for a larger table of flows")
    PyMem_RawFree(flows.memory)
    large_pages(memory, size)
    flows.memory, flows.words = memory, <uint64_t *>lined_up(memory)
    flows.bits, flows.width, flows.used = bits, width, 0
    return 0
