/* What a tracker keeps, as its modules share it; see track.h.
 *
 * A stream has up to three parts, so that healthy traffic touches as little memory as can be: `hot`, one cache line, is
 * all that a record in its place needs beside its window; `stream_state` is the row that the report shows; `odd` is made
 * when something first happens. While only records in their place come, hot runs ahead of the other two (`settle`
 * catches up). What a chain may turn out to be (`other`) is a stream of its own, with rows of its own. */
#ifndef SEQCHECK_TRACK_KEPT_H
#define SEQCHECK_TRACK_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "border.h"
#include "pages.h"
#include "track.h"

#define NOWHERE INT64_MIN

enum {
    SPARE = 1024,           /* rows that any one record may cause, beside those of a restart */
    MOST_COPIES = 0x7FFFFFFF,   /* that the window counts */
    WINDOW_SIZES = 8,       /* WINDOW_FIRST to WINDOW_CAP */
    FEW = 4                 /* openers that every odd has room for: most streams have no more */
};

struct arrival {            /* one record */
    int64_t record;
    uint64_t seq;
    int64_t frame;
    int64_t ns;
    int64_t ordinal;
    int64_t copies;
    int64_t source;
};

struct entry {              /* the same as the window keeps it, without its number: 48 bits are enough for counts */
    int64_t ns;
    uint64_t frame;         /* << 16 | source */
    uint64_t record;        /* << 16 | low half of copies; copies 0 is an empty entry */
    uint64_t ordinal;       /* << 16 | high half of copies */
};

struct hot {
    uint64_t seq;           /* the number expected */
    int64_t next;
    int64_t received;
    int64_t limit;          /* the short way is open to positions below this one; -1: to none */
    int64_t last_ns;
    int64_t last_frame;
    struct entry *window;   /* NULL: there is none yet */
    uint32_t mask;          /* entries of the window - 1 */
    int32_t odd;            /* of a stream, in tracker.odds; -1: none */
};

struct early {
    int64_t x;
    int64_t provisional;
    int64_t since;          /* the record of its first copy */
    struct arrival arrival; /* of its last one */
};

struct opener {             /* a record that jumped over low <= x < high; odd has the lows */
    int64_t high;
    int64_t unique;
    int64_t ns;
    int64_t proven;
};

struct span {               /* a hole */
    int64_t epoch;
    int64_t low;
    int64_t high;
};

struct odd {
    int64_t seen;           /* hot.next when this was up to date */
    int64_t strict_next;    /* RFC 4737's NextExp */
    int64_t unique;
    int64_t last_late;
    int64_t proven;
    int64_t held_distance;  /* 0: none is held */
    int64_t provisional;
    int64_t settled;        /* of the provisionally late ones, and from which record on they are not */
    int64_t settled_from;
    int64_t floor;
    int64_t pause;
    int64_t window_from;    /* the record from which on the window's entries are of this epoch; entry 0 always is */
    struct chain *chain;    /* NULL: none */
    struct early *early;    /* at most EARLY_MAX + 1; NULL while there was none */
    struct span *holes;
    int64_t n_holes;
    int64_t holes_room;
    int64_t early_room;
    int32_t n_early;
    int32_t held_seen;
    uint32_t next_opener;   /* of a ring; how many there ever were */
    uint32_t next_back;
    struct arrival held;
    uint64_t back_x[BACKS]; /* biased; INT64_MAX: not in use */
    int64_t back_unique[BACKS];
    uint64_t lows[OPENERS]; /* biased; INT64_MAX: not in use */
    struct opener few[FEW];
    struct opener *more;    /* the other OPENERS - FEW; NULL while there was none */
};

struct tally {              /* how many duplicates, by distance */
    struct tallied {
        int64_t distance;
        int64_t count;
    } *of;
    int64_t count;
    int64_t room;
};

struct chain {
    struct chain *following;    /* of those not in use */
    struct other *other;    /* NULL: the records are in `rows` */
    struct arrival *rows;
    int64_t n_rows;
    int64_t rows_room;
    struct arrival first;
    uint64_t next;
    int64_t length;
    int64_t strays;
    int64_t run;            /* the strays just before that count up by one, */
    uint64_t run_next;      /* and what would follow them */
    int64_t fresh;
    int64_t filled;         /* positions of `refill` */
    bool eager;
    bool paused;
    bool spread;            /* over more than one frame */
    /* What a restart undoes. */
    struct stream_state before;
    int64_t before_next;
    int64_t held_distance;
    struct arrival held;
    int64_t provisional;
    int64_t settled;
    int64_t settled_from;
    struct tally counted;
    struct span *refill;    /* stretches of positions that were missing */
    int64_t n_refill;
    int64_t refill_room;
};

struct other {
    struct other *before;   /* in the list of all */
    struct other *behind;
    struct hot hot;
    struct stream_state state;
    struct odd odd;
    int32_t id;             /* of the stream */
    int32_t depth;
    struct event *rows;
    int64_t n_rows;
    int64_t rows_room;
    struct tally counted;
};

struct windows {            /* where windows lie; those given back are kept by size */
    void **chunks;
    int64_t n_chunks;
    char *at;
    size_t left;
    void *free[WINDOW_SIZES];   /* each begins with the address of the next */
};

struct tracker {
    uint64_t modulus;       /* of the stream that is being dealt with */
    uint64_t low_bits;      /* modulus - 1 where the modulus is a power of two, else 0 */
    uint64_t *moduli;       /* by stream, NULL if all have the same */
    int64_t n_moduli;
    int64_t moduli_room;
    struct track_room most;
    struct hot *hot;        /* aligned to cache lines within `hot_memory` */
    void *hot_memory;
    struct stream_state *states;
    struct odd *odds;
    int32_t *order;         /* streams in order of first appearance */
    int64_t room;           /* streams that hot, states and order have room for */
    int64_t known;          /* streams */
    int64_t odd_room;
    int64_t odd_count;
    struct other *others;
    struct chain *chains;   /* not in use */
    int64_t n_chains;       /* of these */
    struct pool missing;    /* and, below 0, received */
    struct pool repeated;
    int64_t n_holes;        /* of all streams */
    struct windows windows;
    int64_t allotted;       /* window entries */
    int64_t windows_of[WINDOW_SIZES];   /* how many there are of each size */
    int64_t widest;         /* entries that a window may have */
    int64_t distances[DISTANCES + 1];
    int64_t finished;       /* streams that `finish` has done */
    struct events *out;
    struct event spill;     /* where a row goes that finds no room */
    bool no_memory;
    bool fault;
};

struct stream {             /* one that is being dealt with */
    struct hot *hot;
    struct stream_state *state;
    struct odd *odd;
    struct other *other;    /* NULL: a stream that is one */
    int32_t id;
};

#endif
