/* What tells a frame apart, without a layout: its flow, and its content from the network header on, as
 * portable/content_frame.py states the rules.
 *
 * Every read lies behind a comparison with what was captured. */
#ifndef SEQCHECK_CONTENT_FRAME_H
#define SEQCHECK_CONTENT_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "border.h"
#include "frame.h"

/* A frame's content: `head` (the first 16 bytes of it, filled up with zeros) without what a path changes, and `rest` bytes
 * behind them at `more`; `length` is that of the layer on the wire. `kind` is the ethertype, or -1 where IP follows. */
struct content_frame {
    uint64_t head[2];
    const uint8_t *more;
    int64_t rest;
    int64_t length;
    uint64_t address[2];        /* of the source's link layer, zero-filled; and its length */
    const uint8_t *network;
    int64_t captured;           /* bytes from there on that belong to the layer and are there */
    int32_t kind;
    uint16_t identification;    /* IPv4's, 0 if there is none */
    uint8_t hops;
    uint8_t version;
    uint8_t protocol;
    uint16_t ports;             /* their place, counted from the network header; 0: nowhere */
};

/* Fill it in from a frame. A status of border.h; the source's address is there whatever it is. */
int content_read(const struct frame *x, struct content_frame *c);

/* The flow of one whose status is RECORD. */
void content_key(const struct frame *x, const struct content_frame *c, struct stream_key *key);

/* A hash of the content, keyed by CONTENT_SEED random words. */
enum { CONTENT_SEED = 6 };
uint64_t content_hash(const struct content_frame *c, const uint64_t *seed);

/* Whether two contents are the same, byte for byte. */
bool content_same(const struct content_frame *one, const struct content_frame *other);

#endif
