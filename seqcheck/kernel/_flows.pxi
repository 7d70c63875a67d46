# Flows: the key bits of a frame, as it lies in memory, to its stream and source. A cache: what it forgets is found again
# the long way. A flow lives in one of a few neighbouring slots; where all are taken the first gives way.

cdef struct Flows:
    Flow *slots
    void *memory        # what to free; slots are aligned to cache lines within it
    int bits            # log2 of their number
    int64_t evicted     # since the table last grew
    uint64_t odd[FLOW_WORDS]


cdef inline uint64_t flow_words(const uint8_t *p, const Template *t, const Flows *flows, uint64_t *words) noexcept nogil:
    """Copy the key bits out of the frame; their first slot."""
    cdef uint64_t h = 0
    cdef int j
    for j in range(t.keys):
        words[j] = raw64(p + 8 * t.key_at[j]) & t.key[t.key_at[j]]
        h += (words[j] ^ (words[j] >> 32)) * flows.odd[j]
    return h >> (64 - flows.bits)


cdef inline int64_t flow_find(const uint8_t *p, const Template *t, const Flows *flows) noexcept nogil:
    """The slot of the frame's flow, or -1."""
    cdef uint64_t words[FLOW_WORDS]
    cdef uint64_t at, differs
    cdef const Flow *flow
    cdef int j, probe
    if t.keys > FLOW_WORDS:
        return -1
    at = flow_words(p, t, flows, words)
    for probe in range(FLOW_PROBES):
        flow = flows.slots + ((at + probe) & ((1 << flows.bits) - 1))
        if flow.tag == t.tag:
            differs = 0
            for j in range(t.keys):
                differs |= words[j] ^ flow.key[j]
            if differs == 0:
                return flow - flows.slots
    return -1


cdef void flow_add(const uint8_t *p, const Template *t, Flows *flows, int64_t stream, int64_t source) noexcept nogil:
    cdef uint64_t words[FLOW_WORDS]
    cdef uint64_t at
    cdef Flow *flow
    cdef int probe
    if t.keys > FLOW_WORDS:
        return
    at = flow_words(p, t, flows, words)
    for probe in range(FLOW_PROBES):
        flow = flows.slots + ((at + probe) & ((1 << flows.bits) - 1))
        if flow.tag == 0:
            break
    else:
        flow = flows.slots + at
        flows.evicted += 1
    flow.tag, flow.stream, flow.source = t.tag, <int32_t>stream, <int32_t>source
    memcpy(flow.key, words, t.keys * 8)


cdef int flows_start(Flows *flows, int bits) except -1:
    """An empty table of 2**bits slots in place of the one there is; MemoryError, and all as it was, if it cannot be."""
    cdef void *memory = PyMem_RawCalloc((<size_t>1 << bits) + 1, sizeof(Flow))
    if memory == NULL:
        raise MemoryError("no memory for a larger table of flows")
    PyMem_RawFree(flows.memory)
    flows.memory = memory
    flows.slots = <Flow *>((<size_t>memory + 63) & ~<size_t>63)
    flows.bits, flows.evicted = bits, 0
    return 0
