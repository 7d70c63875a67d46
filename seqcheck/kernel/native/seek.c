/* Seek; see seek.h. */
#include "seek.h"

#include "words.h"

enum {
    CHAIN = 6,              /* records that must agree */
    APART = 3600,           /* seconds that two of them are apart at most */
    ENHANCED = 6,
    SIMPLE = 3,
    OBSOLETE = 2
};

/* Whether what may be a record at `pos` is one, as far as it can be seen. */
static bool chained_pcap(const uint8_t *buf, int64_t pos, int64_t end, const struct pcap_walk *rule)
{
    const uint32_t second = rule->nano ? 1000000000 : 1000000;
    int64_t last = -1;

    for (int n = 0; n < CHAIN && end - pos >= rule->header; n++) {
        const uint8_t *const p = buf + pos;
        const int64_t now = word32(p, rule->big);
        uint32_t cap = word32(p + 8, rule->big), wire = word32(p + 12, rule->big);
        if (rule->swapped && cap > wire) {
            const uint32_t captured = wire;
            wire = cap;
            cap = captured;
        }
        if (word32(p + 4, rule->big) >= second || cap > MAX_FRAME || wire > MAX_FRAME || cap > wire)
            return false;
        if (n == 0 ? cap == 0 : now - last > APART || last - now > APART)
            return false;
        pos += rule->header + cap;
        last = now;
    }
    return last >= 0;
}

int64_t seek_pcap(const uint8_t *buf, int64_t start, int64_t stop, int64_t end, const struct pcap_walk *rule)
{
    for (int64_t pos = start; pos < stop; pos++)
        if (chained_pcap(buf, pos, end, rule))
            return pos;
    return -1;
}

static bool chained_pcapng(const uint8_t *buf, int64_t pos, int64_t end, bool big)
{
    int n;

    for (n = 0; n < CHAIN && end - pos >= 8; n++) {
        const uint32_t kind = word32(buf + pos, big), length = word32(buf + pos + 4, big);
        if (kind != ENHANCED && kind != SIMPLE && kind != OBSOLETE)
            return false;
        if (length < (kind == SIMPLE ? 16 : 32) || length > MAX_BLOCK || (length & 3) != 0)
            return false;
        if (end - pos >= length && word32(buf + pos + length - 4, big) != length)
            return false;
        pos += length;
    }
    return n > 0;
}

int64_t seek_pcapng(const uint8_t *buf, int64_t start, int64_t stop, int64_t end, bool big)
{
    for (int64_t pos = start; pos < stop; pos += 4)
        if (chained_pcapng(buf, pos, end, big))
            return pos;
    return -1;
}
