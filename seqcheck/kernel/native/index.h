/* Index: where the frames of a container lie, how long they are, when they came.
 *
 * Each walk appends rows to `f` from its `pos` on, and returns why it stopped: MORE, FULL, BAD or BLOCK; `pos` is then
 * where. The rules are next to those names in border.py and in portable/index.py. Nothing is read outside
 * buf[pos:stop], nothing written outside rows count..capacity-1 and `totals`; nothing is allocated.
 *
 * The caller has checked: 0 <= pos <= stop <= size, 0 <= count <= capacity. */
#ifndef SEQCHECK_INDEX_H
#define SEQCHECK_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "border.h"
#include "columns.h"

/* The records of a classic pcap. */
struct pcap_walk {
    int64_t pos;
    int64_t stop;
    int64_t header;         /* bytes of a record's header: 16, or 24 where the pcap is of the modified kind */
    uint16_t link;
    bool big;
    bool nano;              /* fractions of a second are nanoseconds, else microseconds */
    bool swapped;           /* the two lengths may stand the other way round */
};

int walk_pcap(struct frame_columns *f, struct pcap_walk *w);

/* The packet blocks of a pcapng section. */
struct pcapng_walk {
    int64_t pos;
    int64_t stop;
    const struct interface *interfaces;
    int64_t known;          /* how many interfaces */
    bool big;
};

int walk_pcapng(struct frame_columns *f, struct pcapng_walk *w);

/* The packets of a TPACKET_V3 block. `bytes` is `f->buf`, to be written to: VLAN tags are put back
 * into it, and the headers of LINKTYPE_LINUX_SLL2. */
struct tpacket_walk {
    uint8_t *bytes;
    int64_t pos;
    int64_t stop;
    uint16_t link;
};

int walk_tpacket(struct frame_columns *f, struct tpacket_walk *w);

#endif
