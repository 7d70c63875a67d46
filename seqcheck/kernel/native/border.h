/* The border: constants and rows that C and Python share.
 *
 * What each means is in border.py, under the same name; tests/test_kernel_border.py holds the two together, constant
 * by constant and field by field. Rows are read and written by NumPy, so their order, widths and padding matter. */
#ifndef SEQCHECK_BORDER_H
#define SEQCHECK_BORDER_H

#include <stdint.h>

/* ---- index ---- */

enum { MAX_FRAME = 262144, MAX_BLOCK = 2 * MAX_FRAME, MAX_WIRE = 0x7FFFFFFF };

enum { MORE, FULL, BAD, BLOCK };                                        /* why index stopped */

enum { T_BYTES, T_CUT, T_ODD, T_ODD_AT, T_FIRST, T_LAST, T_UNHANDLED, TOTALS };   /* where in totals */

enum { TIMES, OVER, SHIFT };                                            /* kind of an interface's clock */

struct interface {
    uint16_t link;
    uint16_t kind;
    uint32_t snap;
    uint64_t value;
    int64_t offset;
};

/* ---- decode ---- */

enum { RECORD, LINK, CUT, SHORT, PROTOCOL, PORT, MAGIC, FRAGMENT, MALFORMED, STREAMS, INDISTINCT, REASONS };

enum { ANY_STREAM, SECOND_RECORD, NO_STREAM };                          /* which unknown streams are taken in */

enum { WAITING = 1 << 14 };

enum { MAX_STREAMS = 1 << 20, MAX_SOURCES = (1 << 16) - 1, NO_SOURCE = 0, MAX_STREAM_FIELDS = 8, MAX_STOREYS = 8 };

enum { A_FRAME, A_ETH, A_IP, A_UDP, A_TCP };                            /* anchor */

enum { SEQ, STREAM, MATCH, LABEL = 6, MOVE, EACH };                     /* role of a field */

enum { K_ALL, K_HOSTS, K_SOURCE, K_NONE };                              /* what stays in a stream's key */

enum { EQ, NE, EQ_LENGTH, TEXT, HEX, BCD, VARINT, PIECE, BER };         /* how MATCH compares; and what SEQ is */

enum { ONLY_IF, AMOUNT, UNTIL, INTO };                                  /* what MOVE does; EACH the first two */

enum { HERE = 1 << 24, MOST_MOVES = 12, MOST_ELEMENTS = 64 };           /* places that moves lead to */

enum { MOST_EACH = 8 };                                                 /* several records in a frame */

enum { PLAIN, BY_STEP, BY_DIVISION, FROM_LEAST };                       /* from SEQ's value to the number */

enum { MOST_DIGITS = 20, MOST_LABEL = 32, LABEL_REACH = 4096 };

enum { MOST_PIECES = 4, MOST_PORTS = 32 };

struct field {
    uint8_t role;
    uint8_t width;
    uint8_t big;
    uint8_t op;
    uint8_t shift;
    int32_t offset;
    uint64_t mask;
    uint64_t value;
};

struct stream_key {
    uint8_t version;
    uint8_t protocol;
    uint16_t sport;
    uint16_t dport;
    uint8_t source[16];
    uint8_t target[16];
    uint16_t spare;
    uint64_t tunnel;
    uint64_t fields[MAX_STREAM_FIELDS];
};

struct source {
    uint8_t address[8];
    uint32_t length;
    int64_t counts[REASONS];
};

/* ---- content ---- */

enum { CONTENT_WINDOW = 1 << 20, PROVEN = 16, OFTEN = 4, IDENTIFIED = 2, ROUND = 64, ROUND_BACK = 8, ROUND_SHORT = 1 << 15 };

enum { MOST_OFTEN = 1 << 16 };

struct content_flow {
    int64_t frames;
    int64_t contents;
    int64_t copies;
    int64_t counted;
    int64_t again;
    int64_t varied;
    int64_t row;
    int32_t last;
    int32_t round;
};

struct content_often {
    int32_t stream;
    int32_t counted;
    int64_t number;
};

/* ---- track ---- */

enum { DUPLICATE, LATE, GAP, RESTART, RETRACT, RETRACT_LATE, EARLY, OUTLIER };      /* kind of an event */

struct event {
    int32_t kind;
    int32_t stream;
    int32_t epoch;
    int32_t source;
    uint64_t seq;
    int64_t x;
    int64_t next;
    int64_t record;
    int64_t frame;
    int64_t ns;
    int64_t ordinal;
    int64_t e_record;
    int64_t e_frame;
    int64_t e_ns;
    int64_t e_ordinal;
    int64_t copies;
    int64_t a;
    int64_t b;
};

enum {
    WINDOW_FIRST = 4,
    WINDOW_STEP = 4,
    WINDOW_CAP = 1 << 16,
    DISTANCES = 1 << 17,
    EARLY_MAX = 256,
    EARLY_REACH = 1 << 16,
    OPENERS = 16,
    BACKS = 8,
    CHAIN_SKIP = 64,
    CHAIN_EAGER = 32,
    CHAIN_PAUSED = 1024,
    CHAIN_LONG = 1 << 14,
    SHORT_COUNT = 1 << 14,
    CHAIN_THIN = 3,
    CHAIN_LOST = 1,
    CHAIN_BUFFER = 1024,
    CHAIN_DEPTH = 6,
    NEAR_BASE = 8,
    PAUSE_NS = 200000000,
    PAUSE_FACTOR = 20,
    PACE = 64,
    PAGE = 4096,
    PAGE_WORDS = 64,  /* of 64 bits */
    HOLE_LEAST = 1024,
    SMALL_PAGE = 512,
    N_DEGREES = 8
};

#define FAR INT64_C(0x100000000)    /* too large for an enum */

struct missing_page {
    int32_t stream;
    int32_t epoch;
    int64_t number;
    uint64_t words[PAGE_WORDS];
};

struct hole {
    int32_t stream;
    int32_t epoch;
    int64_t low;
    int64_t high;
};

struct stream_state {
    int64_t received;
    int64_t duplicates;
    int64_t replicated;
    int64_t missing;
    int64_t gaps;
    int64_t late;
    int64_t restarts;
    int64_t outliers;
    int64_t early;
    int64_t beyond;
    int64_t unjudged;
    int64_t forgotten;
    int64_t unfollowed;
    uint64_t first_seq;
    uint64_t base;
    int64_t next;
    int64_t epoch;
    int64_t first_ns;
    int64_t last_ns;
    int64_t first_frame;
    int64_t last_frame;
    int64_t source;
    int64_t reordered;
    int64_t extents;
    int64_t extent_sum;
    int64_t extent_max;
    int64_t late_ns_max;
    int64_t degrees[N_DEGREES];
    int64_t jumps;
    int64_t jump_max;
    int64_t free_runs;
    int64_t free_length;
    int64_t free_squares;
    int64_t reorder_gaps;
    int64_t reorder_gap_sum;
    int64_t reorder_gap_max;
};

#endif
