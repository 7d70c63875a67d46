/* Seek: where a record begins, in bytes from the middle of a capture.
 *
 * A guess, by a chain of records that agree; its user proves it by what comes before. The rules are in
 * portable/seek.py. Nothing is read outside buf[start:end], nothing is written.
 *
 * The caller has checked: 0 <= start <= stop <= end <= size. */
#ifndef SEQCHECK_SEEK_H
#define SEQCHECK_SEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "index.h"

/* The first record of a classic pcap that begins in buf[start:stop], of which buf[:end] is known; -1 if there is none.
 * `rule`: its `pos` and `stop` are not looked at. */
int64_t seek_pcap(const uint8_t *buf, int64_t start, int64_t stop, int64_t end, const struct pcap_walk *rule);

/* The same for the packet blocks of a pcapng; `start` is a multiple of four bytes from the section's first. */
int64_t seek_pcapng(const uint8_t *buf, int64_t start, int64_t stop, int64_t end, bool big);

#endif
