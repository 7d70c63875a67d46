/* The storeys of a frame that lie inside tunnels, outside in; see frame_inside.h. */
#include <string.h>

#include "frame.h"
#include "frame_inside.h"
#include "frame_steps.h"
#include "words.h"

/* The addresses of the innermost Ethernet header, where those of the link layer count. */
static void name_link(const struct frame *x, struct place *f, struct marks *m)
{
    if (f->mac < 0)
        return;
    memset(f->key.source, 0, sizeof f->key.source);
    memcpy(f->key.target, x->p + f->mac, 6);
    memcpy(f->key.source, x->p + f->mac + 6, 6);
    frame_mark_key(m, f->mac, 12);
}

/* Within a tunnel the lengths of the headers around it decide as they are. */
static void fix_lengths(const struct place *f, struct marks *m)
{
    if (!m)
        return;
    if (m->ip_at >= 0)
        frame_mark(m, m->ip_at, 0xFFFF, 2);
    if (m->udp_at >= 0)
        frame_mark(m, m->udp_at, 0xFFFF, 2);
    m->ip_at = m->udp_at = -1;
    m->bound = f->bound;
    m->stated = f->bound == INT64_MAX ? INT64_MAX : f->stated;
}

static int read_storey(const struct frame *x, const struct program *program, int way, struct place *f, struct marks *m)
{
    const int status = frame_locate_inside(x, program, way, f, m);

    if (status != RECORD)
        return status;
    if (program->anchor == A_ETH)
        name_link(x, f, m);
    return frame_fields(x, program, f, m);
}

int frame_read_inside(const struct frame *x, const struct program *program, int first, struct place *f, struct marks *m)
{
    struct stream_key outer;    /* what a storey's key begins with: the frame's addresses, where they count */
    struct place next = *f;
    int way = FROM_LINK;

    memset(&outer, 0, sizeof outer);
    if (program->anchor == A_ETH)
        memcpy(&outer, &f->key, sizeof outer);
    next.start = 0;
    next.end = next.stated = x->wire;
    next.bound = INT64_MAX;
    next.mac = -1;
    for (int storey = 0; storey < MAX_STOREYS; storey++) {
        if (!frame_enter(x, &way, &next, m))
            return first;
        fix_lengths(&next, m);
        struct place here = next;
        outer.tunnel = next.key.tunnel;
        memcpy(&here.key, &outer, sizeof outer);    /* with its padding, since keys are compared as bytes */
        const int status = read_storey(x, program, way, &here, m);
        if (status == RECORD || status == CUT) {
            *f = here;
            return status;
        }
        if (!frame_goes_on(status))
            return first;
    }
    return first;
}
