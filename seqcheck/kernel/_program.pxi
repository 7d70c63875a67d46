# The layout's program as a struct, checked once so that the loops may trust it.

cdef enum:
    MOST_FIELDS = 32

cdef struct Program:
    int anchor
    int32_t selector
    int key                     # K_ALL ...: what of addresses and ports stays in the stream's key
    uint64_t modulus
    int count
    Field fields[MOST_FIELDS]   # SEQ, STREAM and MATCH, in the program's order
    bint trailing_stream        # a STREAM field counts from the end


cdef int read_program(Program *program, object given) except -1:
    cdef const uint8_t[::1] table = given.fields.view("u1")
    cdef const Field *rows = <const Field *>&table[0]
    cdef Field *field
    cdef int64_t row
    cdef int streams = 0, seqs = 0
    if table.shape[0] != len(given.fields) * <int64_t>sizeof(Field):
        raise ValueError("program: fields that are no FIELD rows")
    program.anchor, program.selector, program.modulus = given.anchor, given.selector, given.modulus
    program.key, program.count, program.trailing_stream = given.key, 0, False
    for row in range(len(given.fields)):
        if rows[row].role > MATCH:
            continue
        if program.count == MOST_FIELDS or not 1 <= rows[row].width <= 8 or rows[row].shift > 63:
            raise ValueError("program: too many fields, or a field of more than 8 bytes")
        field = &program.fields[program.count]
        field[0] = rows[row]
        if field.width < 8:
            field.mask &= ((<uint64_t>1) << (8 * field.width)) - 1
        program.count += 1
        seqs += field.role == SEQ
        streams += field.role == STREAM
        program.trailing_stream |= field.role == STREAM and field.offset < 0
    if seqs != 1 or streams > MAX_STREAM_FIELDS or not A_FRAME <= program.anchor <= A_TCP:
        raise ValueError("program: one SEQ, at most 8 STREAM fields, and a known anchor")
    if not K_ALL <= program.key <= K_NONE:
        raise ValueError("program: an unknown key")
    return 0


cdef inline uint64_t field_word(const uint8_t *p, const Field *field) noexcept nogil:
    """The field's bytes at `p` as a number, masked."""
    cdef uint64_t word = 0
    cdef int j, width = field.width
    if field.big:
        for j in range(width):
            word = word << 8 | p[j]
    else:
        for j in range(width):
            word |= <uint64_t>p[j] << (8 * j)
    return word & field.mask
