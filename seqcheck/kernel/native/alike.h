/* Whether frames look like templates, many at a time: the innermost loops of decode.
 *
 * A frame looks like a template where no bit of a mask differs from the template's. Processors that have them (AVX2)
 * compare 32 bytes at once, all others 16; which it is, is found out when a decoder is made. The answers are the same.
 * What may be read is checked by comparing with `span`, `WIDEST` or the buffer's end. */
#ifndef SEQCHECK_ALIKE_H
#define SEQCHECK_ALIKE_H

#include <stdbool.h>
#include <stdint.h>

#include "columns.h"
#include "flows.h"
#include "template.h"

enum { STRIP = 16 };

/* What `few` works with beside the frames. */
struct few {
    struct pick *pick;
    const struct number *number;
    int64_t *seen;          /* frames by source */
    int words;              /* that templates compare */
    struct record_columns *out;     /* has room for all of the rows */
};

/* Rows row..row+count-1, each with the template that it may look like and the first place of its flow; and the names of
 * their flows, when `names` has found them. */
struct strip {
    int64_t row;
    int64_t count;
    struct template *like[STRIP];
    uint64_t place[STRIP];
    uint64_t name[STRIP];
};

struct loops {
    /* The first row from `row` on that is not just like t, or `stop`. */
    int64_t (*same)(const struct frame_columns *f, const struct template *t, int64_t row, int64_t stop);
    /* Write the records of rows from `row` on that are just like one of the templates, and of the stream that it
     * remembers; the first row that is not, or `stop`. */
    int64_t (*few)(const struct frame_columns *f, const struct few *few, int64_t row, int64_t stop);
    /* Name the flows of the strip's rows, which all reach; how many there are before one that is not known. */
    int64_t (*names)(const struct frame_columns *f, const struct flows *flows, struct strip *strip);
};

/* The loops for this processor, or (`any`) those that every one can do. */
struct loops loops_for(bool any);

#endif
