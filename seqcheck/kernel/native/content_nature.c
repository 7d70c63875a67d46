/* The walk through the storeys of a frame for what repeats by nature; see content_nature.h. */
#include "content_nature.h"

#include <string.h>

#include "frame_inside.h"
#include "frame_steps.h"
#include "words.h"

bool repeats_may_enter(int version, int protocol, const uint8_t *p, bool four)
{
    switch (protocol) {
    case IP_IN_IP:
    case IPV6_IN_IP:
    case GRE:
    case MPLS_IN_IP:
    case 51:                /* AH */
        return true;
    case UDP:
        return four && is_tunnel_port(be16(p + 2));
    default:                /* hop-by-hop, routing, fragment, destination, mobility, HIP, shim6 */
        return version == 6 && (protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60 || protocol == 135
                                || protocol == 139 || protocol == 140);
    }
}

/* One storey, which begins at f.start, as `way` says. */
static bool repeats_here(const struct frame *x, int way, struct place f)
{
    f.type = -1;
    const int status = frame_to_network(x, way, &f, NULL);
    if (status == PROTOCOL && f.type >= 0)
        return repeats_by_type(f.type) && !(f.type < SIZES && f.start < x->cap && x->p[f.start] == SNAP);
    if (status != RECORD || frame_through_ip(x, -1, &f, NULL) != RECORD)
        return false;
    if (repeats_by_protocol(f.key.protocol))
        return true;
    return repeats_bare(x->p + f.start, f.key.protocol, min64(f.end, x->cap) - f.start, f.end - f.start);
}

bool repeats_inside(const struct frame *x)
{
    struct place f;
    int way = FROM_LINK;

    memset(&f, 0, sizeof f);
    f.end = f.stated = x->wire;
    f.bound = INT64_MAX;
    f.mac = f.type = -1;
    for (int storey = 0; storey <= MAX_STOREYS; storey++) {
        if (repeats_here(x, way, f))
            return true;
        if (storey == MAX_STOREYS || !frame_enter(x, &way, &f, NULL))
            return false;
    }
    return false;
}
