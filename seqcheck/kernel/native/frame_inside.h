/* One frame as a whole: its own headers, and where they are not those that are sought, those inside the tunnel that it
 * carries. What most frames need is inlined: most carry none.
 *
 * The conditions of the ways in are in portable/inside.py. */
#ifndef SEQCHECK_FRAME_INSIDE_H
#define SEQCHECK_FRAME_INSIDE_H

#include <string.h>

#include "frame.h"
#include "words.h"

enum { IP_IN_IP = 4, UDP = 17, IPV6_IN_IP = 41, GRE = 47, MPLS_IN_IP = 137 };     /* RFC 2003, 2473, 4213, 2784, 4023 */

enum {                      /* UDP ports */
    L2TP = 1701,            /* RFC 2661 */
    GTP_U = 2152,           /* 3GPP TS 29.281 */
    VXLAN = 4789,           /* RFC 7348 */
    VXLAN_LINUX = 8472,     /* Linux drivers/net/vxlan, before there was a number */
    GENEVE = 6081,          /* RFC 8926 */
    MPLS_IN_UDP = 6635      /* RFC 7510 */
};

enum { IPV4_TYPE = 0x0800, IPV6_TYPE = 0x86DD };

/* Into tunnels, from the outermost storey, whose status was `first`. */
int frame_read_inside(
    const struct frame *x, const struct program *program, int first, struct place *f, struct marks *m);

/* The storey may not be the one that is sought, while one below it is. */
static inline bool frame_goes_on(int status)
{
    return status == PROTOCOL || status == PORT || status == MAGIC;
}

static inline bool is_tunnel_port(int port)
{
    return port == VXLAN || port == VXLAN_LINUX || port == GENEVE || port == GTP_U || port == MPLS_IN_UDP || port == L2TP;
}

/* Whether the outermost storey may carry a tunnel, by what was seen of it. */
static inline bool frame_may_enter(const struct frame *x, const struct program *program, const struct place *f)
{
    if (program->anchor == A_ETH)
        return true;
    if (f->key.version == 0)
        return f->type >= 0 && f->type != IPV4_TYPE && f->type != IPV6_TYPE;
    switch (f->key.protocol) {
    case IP_IN_IP:
    case IPV6_IN_IP:
    case GRE:
    case MPLS_IN_IP:
        return true;
    case UDP:               /* of other anchors, the walk stands at its header */
        if (program->anchor == A_UDP)
            return is_tunnel_port(f->key.dport);
        return f->start + 4 <= x->cap && is_tunnel_port(be16(x->p + f->start + 2));
    default:
        return false;
    }
}

/* Leave out of the stream's key what the program does not want in it. */
static inline void frame_forget(int key, struct stream_key *k)
{
    if (key >= K_HOSTS)
        k->sport = k->dport = 0;
    if (key >= K_SOURCE)
        memset(k->target, 0, sizeof k->target);
    if (key >= K_NONE) {
        memset(k->source, 0, sizeof k->source);
        k->tunnel = 0;
    }
}

/* Whose the frame is, and what its fields say: outside in, at the first storey where the program holds. A status of
 * border.h: the outermost storey's, where none holds. */
static inline int frame_read(const struct frame *x, const struct program *program, struct place *f, struct marks *m)
{
    int status = frame_locate(x, program, f, m);

    if (status == RECORD)
        status = frame_fields(x, program, f, m);
    if (frame_goes_on(status) && program->anchor != A_FRAME && frame_may_enter(x, program, f))
        status = frame_read_inside(x, program, status, f, m);
    if (status == RECORD)
        frame_forget(program->key, &f->key);
    return status;
}

#endif
