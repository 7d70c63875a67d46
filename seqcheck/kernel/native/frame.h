/* One frame, layer by layer, as portable/decode.py states the rules: where its payload lies, and whose it is.
 *
 * Every read lies behind a `need`, or an equal comparison with `cap`. While a template is being learnt (`marks` is not
 * NULL) each step also notes which bits it looked at: bits of `fixed` decide the way through the headers, bits of `key`
 * name the stream and the source. The two length words are noted apart, since they may vary from frame to frame. */
#ifndef SEQCHECK_FRAME_H
#define SEQCHECK_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "border.h"
#include "columns.h"
#include "program.h"

enum {
    SPAN = 120              /* bytes of a frame's front that a template can remember */
};

struct frame {
    const uint8_t *p;
    int64_t cap;            /* bytes captured; they lie within `room` */
    int64_t wire;
    int64_t room;           /* bytes that may be read from p on */
    int link;
};

struct marks {
    bool fits;              /* all that was looked at lies within SPAN */
    int64_t deep;           /* the lowest `end` and `cap` at which the way is the same */
    uint8_t fixed[SPAN];
    uint8_t key[SPAN];
    int64_t ip_at;          /* position of the IP header's length word, -1 if there is none */
    int64_t ip_base;        /* where its count begins */
    int64_t udp_at;
    int64_t udp_base;
    int64_t bound;          /* where the headers around a tunnel say that they end, INT64_MAX where they do not; */
    int64_t stated;         /* and the innermost of them */
};

struct place {
    int64_t start;          /* of the payload */
    int64_t here;           /* where the program's moves lead, or the record begins, */
    int64_t end;            /* of what is there, as far as headers and wire say */
    int64_t stated;         /* its end by the innermost length */
    int64_t bound;          /* the least end that a length said, INT64_MAX where none did */
    int64_t mac;            /* the innermost Ethernet header in a tunnel, -1 if there is none */
    int type;               /* the last ethertype, -1 if there was none */
    uint64_t address[2];    /* of the source's link layer, zero-filled; and its length */
    uint64_t seq;
    struct stream_key key;
};

/* What a storey of headers begins with: the frame's own link header, or inside a tunnel an Ethernet header, an IP header,
 * or what an ethertype (0 or more) names. */
enum { FROM_LINK = -1, ETHERNET_HERE = -2, IP_HERE = -3 };

/* Find the anchor's payload in the outermost storey, the stream's key (except for its fields) and the source's address. A
 * status of border.h. */
int frame_locate(const struct frame *x, const struct program *program, struct place *f, struct marks *m);

/* The same in a storey that begins at f->start, as `way` says. */
int frame_locate_inside(const struct frame *x, const struct program *program, int way, struct place *f, struct marks *m);

/* From the beginning of a storey into the tunnel that it carries: f->start is where the next storey begins, as *way says.
 * False if there is none. */
bool frame_enter(const struct frame *x, int *way, struct place *f, struct marks *m);

/* Run the program over the payload that was located: its first record, where it may hold several. A status of border.h. */
int frame_fields(const struct frame *x, const struct program *program, struct place *f, struct marks *m);

/* After a record, the next one in the same payload: f->here, f->seq and the key's fields become its own. False if there
 * is none. */
bool frame_next(const struct frame *x, const struct program *program, struct place *f);

/* The frame of a row. False if it does not lie in the buffer. */
static inline bool frame_at(const struct frame_columns *f, int64_t row, struct frame *x)
{
    const int64_t off = f->off[row], room = f->size - off, cap = f->cap[row];

    *x = (struct frame){.cap = cap, .wire = f->wire[row], .room = room, .link = f->link[row]};
    if (off < 0 || cap > room)
        return false;
    x->p = f->buf + off;
    return true;
}

/* Bytes of the link header, 0 for those without an ethertype. */
static inline int link_header(int link)
{
    return link == 1 ? 14 : link == 113 ? 16 : link == 276 ? 20 : 0;
}

#endif
