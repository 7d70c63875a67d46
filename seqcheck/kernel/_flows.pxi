# Flows: the key bits of a frame, as it lies in memory, to its stream and source. A cache: what it forgets is found again
# the long way. A flow lives in one of a few neighbouring slots; where all are taken the first gives way.

cdef enum:
    FLOW_PROBES = 4
    FLOW_BITS_FIRST = 10
    FLOW_BITS_MOST = 17

cdef struct Flow:
    int64_t tag         # of its template, 0 where the slot is free
    int32_t stream
    int32_t source

cdef struct Front:
    uint64_t words[WORDS]   # the frame's first bytes; what is no key bit of the template does not count

cdef struct Flows:
    Flow *slots
    Front *fronts
    int bits            # log2 of their number
    int64_t evicted     # since the table last grew
    uint64_t odd[WORDS]


cdef inline int64_t flow_find(const uint8_t *p, const Template *t, const Flows *flows) noexcept nogil:
    """The slot of the frame's flow, or -1."""
    cdef uint64_t at = hash_of(p, t.key, flows.odd, t.words) >> (64 - flows.bits)
    cdef int probe
    for probe in range(FLOW_PROBES):
        if flows.slots[at].tag == t.tag and differ(p, flows.fronts[at].words, t.key, t.words) == 0:
            return at
        at = (at + 1) & ((<uint64_t>1 << flows.bits) - 1)
    return -1


cdef void flow_add(const uint8_t *p, const Template *t, Flows *flows, int64_t stream, int64_t source) noexcept nogil:
    cdef uint64_t first = hash_of(p, t.key, flows.odd, t.words) >> (64 - flows.bits), at = first
    cdef int probe
    for probe in range(FLOW_PROBES):
        if flows.slots[at].tag == 0:
            break
        at = (at + 1) & ((<uint64_t>1 << flows.bits) - 1)
    else:
        at = first
        flows.evicted += 1
    flows.slots[at].tag, flows.slots[at].stream, flows.slots[at].source = t.tag, <int32_t>stream, <int32_t>source
    memcpy(flows.fronts[at].words, p, t.words * 8)


cdef int flows_start(Flows *flows, int bits) except -1:
    """An empty table of 2**bits slots in place of the one there is; MemoryError, and all as it was, if it cannot be."""
    cdef Flow *slots = <Flow *>PyMem_RawCalloc(<size_t>1 << bits, sizeof(Flow))
    cdef Front *fronts = <Front *>PyMem_RawCalloc(<size_t>1 << bits, sizeof(Front))
    if slots == NULL or fronts == NULL:
        PyMem_RawFree(slots)
        PyMem_RawFree(fronts)
        raise MemoryError("no memory for a larger table of flows")
    flows_end(flows)
    flows.slots, flows.fronts, flows.bits, flows.evicted = slots, fronts, bits, 0
    return 0


cdef void flows_end(Flows *flows) noexcept:
    PyMem_RawFree(flows.slots)
    PyMem_RawFree(flows.fronts)
    flows.slots, flows.fronts = NULL, NULL
