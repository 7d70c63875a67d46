# The constants of border.py, and its rows as structs. tests/test_kernel_border.py holds the two together.

cdef enum:
    MAX_FRAME = 262144
    MAX_BLOCK = 2 * MAX_FRAME
    MAX_WIRE = 0x7FFFFFFF

cdef enum:
    MORE = 0
    FULL = 1
    BAD = 2
    BLOCK = 3

cdef enum:
    T_BYTES = 0
    T_CUT = 1
    T_ODD = 2
    T_ODD_AT = 3
    T_FIRST = 4
    T_LAST = 5
    TOTALS = 6

cdef enum:
    TIMES = 0
    OVER = 1
    SHIFT = 2

cdef struct Interface:
    uint16_t link
    uint16_t kind
    uint32_t snap
    uint64_t value
    int64_t offset

cdef enum:
    RECORD = 0
    LINK = 1
    CUT = 2
    SHORT = 3
    PROTOCOL = 4
    PORT = 5
    MAGIC = 6
    FRAGMENT = 7
    MALFORMED = 8
    STREAMS = 9
    REASONS = 10

cdef enum:
    MAX_STREAMS = 1 << 17
    MAX_SOURCES = (1 << 16) - 1
    NO_SOURCE = 0
    MAX_STREAM_FIELDS = 8

cdef enum:
    A_FRAME = 0
    A_ETH = 1
    A_IP = 2
    A_UDP = 3
    A_TCP = 4

cdef enum:
    SEQ = 0
    STREAM = 1
    MATCH = 2

cdef enum:
    K_ALL = 0
    K_HOSTS = 1
    K_SOURCE = 2
    K_NONE = 3

cdef enum:
    EQ = 0
    NE = 1
    EQ_LENGTH = 2

cdef struct Field:
    uint8_t role
    uint8_t width
    uint8_t big
    uint8_t op
    uint8_t shift
    int32_t offset
    uint64_t mask
    uint64_t value

cdef struct StreamKey:
    uint8_t version
    uint8_t protocol
    uint16_t sport
    uint16_t dport
    uint8_t source[16]
    uint8_t target[16]
    uint64_t fields[MAX_STREAM_FIELDS]

cdef struct Source:
    uint8_t address[8]
    uint32_t length
    int64_t counts[REASONS]
