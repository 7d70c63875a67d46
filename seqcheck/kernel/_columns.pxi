# The caller's arrays as pointers. Typed memoryviews check the dtype, the order and (where written) the permission;
# what is left to check is the length, once per call.

cdef struct FrameColumns:
    const uint8_t *buf
    int64_t size        # bytes in buf
    int64_t *off
    uint32_t *cap
    uint32_t *wire
    int64_t *ns
    uint16_t *link
    int64_t *totals
    int64_t count       # rows in use
    int64_t capacity


cdef FrameColumns columns_of(
    object frames, const uint8_t[::1] buf, int64_t[::1] off, uint32_t[::1] cap, uint32_t[::1] wire, int64_t[::1] ns,
    uint16_t[::1] link, int64_t[::1] totals,
):
    """The columns to write to. The memoryviews stay with the caller, who thereby keeps the arrays alive."""
    cdef FrameColumns f
    f.buf, f.size = &buf[0], buf.shape[0]
    f.off, f.cap, f.wire, f.ns, f.link, f.totals = &off[0], &cap[0], &wire[0], &ns[0], &link[0], &totals[0]
    f.count, f.capacity = frames.count, off.shape[0]
    if totals.shape[0] != TOTALS or not 0 <= f.count <= f.capacity:
        raise ValueError("frames: totals or count do not fit")
    if cap.shape[0] != f.capacity or wire.shape[0] != f.capacity or ns.shape[0] != f.capacity:
        raise ValueError("frames: columns of different lengths")
    if link.shape[0] != f.capacity:
        raise ValueError("frames: columns of different lengths")
    return f
