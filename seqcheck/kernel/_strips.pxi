# Decode: the loop over a block, in strips of frames.
#
#     run     frames just like the last ones, of one stream: one masked comparison each, then columns of constants
#     few     frames of the one stream that each template remembers, where there are no more streams than that
#     known   frames of any template and flow seen before: template, hash, and their memory fetched ahead; then compared
#     any     one frame, by like_template and the rules
#
# Each takes what it can of a strip, and leaves the rest to the next.

cdef enum:
    STRIP = 16
    FEW = 16        # flows: with no more than these, the one that its template remembers is the one that a frame is of
    RUN = 128       # frames of a run that are compared, before their records are written
    FARTHEST = 4    # log2 of the strips that are taken before a run is looked for again, at most
    SAME = 8        # frames of one flow running, before it is the one tried first

cdef enum:          # why a loop stopped
    DONE = 0
    NEED_ROOM = 1
    OUTSIDE = 2


cdef inline Rows rows_of_frames(const FrameColumns *f) noexcept nogil:
    cdef Rows r
    r.buf, r.size, r.count, r.off, r.cap, r.link = f.buf, f.size, f.count, f.off, f.cap, f.link
    return r


cdef int64_t write_run(Decode *d, const FrameColumns *f, Out *out, int64_t row, int64_t stop) noexcept nogil:
    """The records of rows row..stop-1, which are a run; ends early before a number that is none."""
    cdef Template *t = &d.templates[d.current]
    cdef const uint8_t *counter = f.buf + t.seq_at
    cdef const int64_t *off = f.off + row
    cdef int64_t n = out.count, count = stop - row, k = 0, ordinal = d.seen[t.source]
    cdef int32_t stream = <int32_t>t.stream, source = <int32_t>t.source
    cdef int32_t *rows = out.row + n
    cdef int32_t *streams = out.stream + n
    cdef int32_t *sources = out.source + n
    cdef int64_t *ordinals = out.ordinal + n
    cdef uint64_t *seqs = out.seq + n
    cdef uint64_t mask = d.number.mask, top = d.number.top
    cdef int shift = d.number.shift
    if d.number.big:
        while k < count:
            seqs[k] = (be64(counter + off[k]) >> shift) & mask
            if seqs[k] > top:
                break
            k += 1
    else:
        while k < count:
            seqs[k] = (le64(counter + off[k]) >> shift) & mask
            if seqs[k] > top:
                break
            k += 1
    count = k
    for k in range(count):
        rows[k] = <int32_t>(row + k)
    for k in range(count):
        streams[k] = stream
    for k in range(count):
        sources[k] = source
    for k in range(count):
        ordinals[k] = ordinal + k
    d.seen[t.source] += count
    t.hits += count
    out.count += count
    return row + count


cdef int64_t known_frames(Decode *d, const FrameColumns *f, Out *out, int64_t row, int64_t stop) noexcept nogil:
    """The records of the rows from `row` on whose template and flow are known; the first row that is none."""
    cdef Template *template[STRIP]
    cdef uint64_t place[STRIP]
    cdef uint64_t name[STRIP]
    cdef const uint8_t *p
    cdef Template *t
    cdef Rows r = rows_of_frames(f)
    cdef int64_t k = 0, count = stop - row, room, named
    cdef uint64_t seq = 0, last = 0
    cdef int same = 0
    while k < count:
        room = f.size - f.off[row + k]
        if f.off[row + k] < 0 or room < WIDEST:
            break
        p = f.buf + f.off[row + k]
        t = picked(&d.pick, p)[0]
        if not reaches(p, t, room, f.cap[row + k], f.link[row + k]):
            break
        template[k], place[k] = t, flow_place(p, t, &d.flows)
        prefetch(d.flows.words + place[k] * d.flows.width)
        k += 1
    count = k
    named = d.loops.names(&r, &d.flows, row, count, template, place, STREAM_BITS + SOURCE_BITS, FLOW_PROBES, name)
    for k in range(named):
        p, t = f.buf + f.off[row + k], template[k]
        if d.dynamic and not dynamic_fields(p, f.cap[row + k], f.wire[row + k], t, &d.program, &seq):
            break
        if t.seq_at >= 0:
            seq = number_at(p + t.seq_at, &d.number)
        if seq > d.number.top:
            break
        write_record(d, out, row + k, stream_of(name[k]), source_of(name[k]), seq)
        t.hits += 1
        same = same + 1 if name[k] == last else 1
        last = name[k]
    else:
        k = named
    if same >= SAME:
        prefer(d, f.buf + f.off[row + k - 1], template[k - 1], last)
    return row + k


cdef void prefer(Decode *d, const uint8_t *p, Template *t, uint64_t name) noexcept nogil:
    """From now on this is the template and the stream to try first."""
    if t == &d.templates[d.current] and t.stream == stream_of(name) and t.source == source_of(name):
        memcpy(t.all, t.both, sizeof(t.all))    # it was, and yet they were not just like it: so their lengths vary
    memcpy(t.value, p, t.words * 8)
    t.stream, t.source, d.current = stream_of(name), source_of(name), <int>(t - d.templates)


cdef int decode_rows(Decode *d, const FrameColumns *f, Out *out, int64_t *row, int64_t high) noexcept nogil:
    """Decode from `row` up to `high`: DONE, or why it stopped at `row`."""
    cdef int64_t at = row[0], stop, last
    cdef int why = DONE, apart = 0
    cdef Rows r = rows_of_frames(f)
    memset(out.status + at, RECORD, high - at)
    while at < high and why == DONE:
        stop = min(at + RUN, high)
        last = d.loops.same(&r, &d.templates[d.current], at, stop) if not d.dynamic else at
        if last > at:
            at = write_run(d, f, out, at, last)
        if at == stop:
            apart = 0
            continue
        if d.flows.used <= FEW and not d.dynamic:
            apart = min(apart + 1, FARTHEST)    # where few are alike, runs are looked for less often
            stop = min(at + (STRIP << apart), high)
            at = d.loops.few(&r, &d.pick, WIDEST, d.flows.width, &d.number, d.seen, out, at, stop)
            if at == stop:
                continue
        last = known_frames(d, f, out, at, min(at + STRIP, high))
        if last == at:
            why = any_frame(d, f, out, at)
            last += why == DONE
        at = last
    row[0] = at
    return why
