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

cdef enum:
    DUPLICATE = 0
    LATE = 1
    GAP = 2
    RESTART = 3
    RETRACT = 4
    RETRACT_LATE = 5
    EARLY = 6
    OUTLIER = 7

cdef struct Event:
    int32_t kind
    int32_t stream
    int32_t epoch
    int32_t source
    uint64_t seq
    int64_t x
    int64_t next
    int64_t record
    int64_t frame
    int64_t ns
    int64_t ordinal
    int64_t e_record
    int64_t e_frame
    int64_t e_ns
    int64_t e_ordinal
    int64_t copies
    int64_t a
    int64_t b

cdef enum:
    WINDOW_FIRST = 16
    WINDOW_STEP = 4
    WINDOW_CAP = 1 << 16
    WINDOW_BUDGET = 1 << 20
    EARLY_MAX = 16
    EARLY_REACH = 1 << 16
    OPENERS = 16
    BACKS = 8
    CHAIN_SKIP = 64
    CHAIN_EAGER = 32
    CHAIN_PAUSED = 1024
    CHAIN_LONG = 1 << 14
    CHAIN_SEGMENT = 64
    CHAIN_SEGMENTS = 4096
    NEAR_BASE = 8
    PAUSE_NS = 200000000
    PAUSE_FACTOR = 20
    PAGE = 4096
    PAGES_CAP = 1 << 17
    HOLES_CAP = 4096
    HOLE_PAGES = 8
    SMALL_PAGE = 512
    SMALL_PAGES_CAP = 1 << 20
    N_DEGREES = 8

cdef extern from *:     # too large for an enum
    """
    #define SEQ_FAR (INT64_C(1) << 32)
    """
    int64_t FAR "SEQ_FAR"

cdef struct State:
    int64_t received
    int64_t duplicates
    int64_t replicated
    int64_t missing
    int64_t gaps
    int64_t late
    int64_t restarts
    int64_t outliers
    int64_t early
    uint64_t first_seq
    uint64_t base
    int64_t next
    int64_t epoch
    int64_t first_ns
    int64_t last_ns
    int64_t first_frame
    int64_t last_frame
    int64_t source
    int64_t reordered
    int64_t extents
    int64_t extent_sum
    int64_t extent_max
    int64_t late_ns_max
    int64_t degrees[N_DEGREES]
    int64_t jumps
    int64_t jump_max
    int64_t free_runs
    int64_t free_length
    int64_t free_squares
    int64_t reorder_gaps
    int64_t reorder_gap_sum
    int64_t reorder_gap_max
