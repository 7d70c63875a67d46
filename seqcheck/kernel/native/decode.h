/* What a decoder keeps, for the modules that are one: decoder.c, strips.c and long_way.c. */
#ifndef SEQCHECK_DECODE_H
#define SEQCHECK_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "alike.h"
#include "columns.h"
#include "decoder.h"
#include "flows.h"
#include "program.h"
#include "table.h"
#include "template.h"

enum { TEMPLATES = 8 };

enum { NEED_ROOM = NO_MEMORY + 1 };     /* of decode_rows and decode_any: a table has to grow first */

struct decoder {
    struct program program;
    struct number number;
    bool dynamic;           /* some fields need the lengths */
    struct table streams;
    struct table sources;
    int admission;
    struct table waiting[2];    /* keys that came once, while SECOND_RECORD; [young] is being filled */
    int young;
    int64_t *seen;          /* frames by source id */
    int64_t *counts;        /* [source id][reason], of frames that are no records */
    struct flows flows;
    struct template *templates;     /* and behind them the one being learnt; aligned to cache lines within `memory` */
    void *memory;
    int current;            /* the one whose stream is tried first */
    int victim;             /* the one to give way next */
    int patience;           /* records to let pass before the next is learnt */
    int64_t tags;           /* given out */
    int widen;              /* what a template needs of flows that are not as wide; 0: nothing */
    struct pick pick;
    struct loops loops;
};

/* Decode rows from *row up to `high`: DONE, or why it stopped at *row. */
int decode_rows(struct decoder *d, const struct frame_columns *f, struct record_columns *out, int64_t *row, int64_t high);

/* The same for a program with EACH, whose frames may hold several records. `out` has room for as many. */
int decode_chains(
    struct decoder *d, const struct frame_columns *f, struct record_columns *out, int64_t *row, int64_t high);

/* Larger tables, where the next key may need them. False if there is no memory, and all is as it was. */
bool decoder_make_room(struct decoder *d);

/* A frame of which nothing is known: DONE, or why not. */
int decode_any(struct decoder *d, const struct frame_columns *f, struct record_columns *out, int64_t row);

static inline void write_record(
    struct decoder *d, struct record_columns *out, int64_t row, struct identity of, uint64_t seq)
{
    const int64_t n = out->count++;

    out->row[n] = (int32_t)row;
    out->stream[n] = (int32_t)of.stream;
    out->seq[n] = seq;
    out->source[n] = (int32_t)of.source;
    out->ordinal[n] = d->seen[of.source]++;
}

#endif
