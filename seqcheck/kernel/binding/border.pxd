"""native/border.h and native/columns.h, for all of this folder."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "../native/border.h" nogil:
    enum:
        TOTALS
    struct Interface "interface":
        pass
    enum:
        RECORD
        LINK
        CUT
        SHORT
        PROTOCOL
        PORT
        MAGIC
        FRAGMENT
        MALFORMED
        STREAMS
        INDISTINCT
        REASONS
    enum:
        ANY_STREAM
        SECOND_RECORD
        NO_STREAM
    enum:
        WAITING
    enum:
        MAX_STREAMS
        MAX_SOURCES
        NO_SOURCE
        MAX_STREAM_FIELDS
    enum:
        A_FRAME
        A_ETH
        A_IP
        A_UDP
        A_TCP
    enum:
        SEQ
        STREAM
        MATCH
    enum:
        K_ALL
        K_HOSTS
        K_SOURCE
        K_NONE
    enum:
        EQ
        NE
        EQ_LENGTH
    enum:
        MOST_PORTS
    struct Field "field":
        uint8_t role
        uint8_t width
        uint8_t big
        uint8_t op
        uint8_t shift
        int32_t offset
        uint64_t mask
        uint64_t value
    struct StreamKey "stream_key":
        uint8_t version
        uint8_t protocol
        uint16_t sport
        uint16_t dport
        uint8_t source[16]
        uint8_t target[16]
        uint16_t spare
        uint64_t tunnel
        uint64_t fields[8]
    struct Source "source":
        uint8_t address[8]
        uint32_t length
        int64_t counts[11]
    enum:
        CONTENT_WINDOW
    struct ContentFlow "content_flow":
        int64_t frames
        int64_t contents
        int64_t copies
        int64_t counted
        int64_t again
        int64_t varied
        int64_t row
        int32_t last
        int32_t round
    struct ContentOften "content_often":
        int32_t stream
        int32_t counted
        int64_t number
    struct Event "event":
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
    enum:
        DISTANCES
    struct MissingPage "missing_page":
        int32_t stream
        int32_t epoch
        int64_t number
        uint64_t words[64]
    struct Stretch "hole":
        int32_t stream
        int32_t epoch
        int64_t low
        int64_t high
    struct State "stream_state":
        int64_t received
        int64_t duplicates
        int64_t replicated
        int64_t missing
        int64_t gaps
        int64_t late
        int64_t restarts
        int64_t outliers
        int64_t early
        int64_t beyond
        int64_t unjudged
        int64_t forgotten
        int64_t unfollowed
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
        int64_t degrees[8]
        int64_t jumps
        int64_t jump_max
        int64_t free_runs
        int64_t free_length
        int64_t free_squares
        int64_t reorder_gaps
        int64_t reorder_gap_sum
        int64_t reorder_gap_max

cdef extern from "../native/columns.h" nogil:
    enum:
        DONE
        OUTSIDE
        NO_MEMORY
    struct FrameColumns "frame_columns":
        const uint8_t *buf
        int64_t size
        int64_t *off
        uint32_t *cap
        uint32_t *wire
        int64_t *ns
        uint16_t *link
        int64_t *totals
        int64_t count
        int64_t capacity
    struct Out "record_columns":
        int32_t *row
        int32_t *stream
        uint64_t *seq
        int32_t *source
        int64_t *ordinal
        uint8_t *status
        int64_t count
        int64_t capacity
        int64_t judged
