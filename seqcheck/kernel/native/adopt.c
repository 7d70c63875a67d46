/* Adopt; see adopt.h. */
#include "adopt.h"

#include <string.h>

#include "decode.h"

bool adopt_streams(struct decoder *d, const struct stream_key *keys, int64_t count, int32_t *ids)
{
    for (int64_t n = 0; n < count; n++) {
        uint64_t place;
        if (!decoder_make_room(d))
            return false;
        int64_t found = table_find(&d->streams, keys + n, &place);
        if (found < 0) {
            if (d->streams.count == d->streams.limit)
                return false;
            found = table_add(&d->streams, keys + n, place);
        }
        ids[n] = (int32_t)found;
    }
    return true;
}

/* The id of a source, taken in if it is new; -1 if there is none left. */
static int64_t source_id(struct decoder *d, const struct source *row)
{
    uint64_t key[2] = {0, row->length}, place;

    if (row->length == 0)
        return NO_SOURCE;
    memcpy(key, row->address, sizeof row->address);
    const int64_t found = table_find(&d->sources, key, &place);
    if (found >= 0)
        return found + 1;
    return d->sources.count == d->sources.limit ? -1 : table_add(&d->sources, key, place) + 1;
}

bool adopt_sources(struct decoder *d, const struct source *rows, int64_t count, int32_t *ids, int64_t *before)
{
    for (int64_t n = 0; n < count; n++) {
        if (!decoder_make_room(d))
            return false;
        const int64_t id = source_id(d, rows + n);
        if (id < 0)
            return false;
        ids[n] = (int32_t)id;
        before[n] = d->seen[id];
        d->seen[id] += rows[n].counts[RECORD];
        for (int reason = RECORD + 1; reason < REASONS; reason++) {
            d->seen[id] += rows[n].counts[reason];
            d->counts[id * REASONS + reason] += rows[n].counts[reason];
        }
    }
    return true;
}

int64_t renumber(struct record_columns *out, int64_t count, const struct renumbering *by)
{
    for (int64_t n = 0; n < count; n++) {
        const uint64_t stream = (uint64_t)(int64_t)out->stream[n], source = (uint64_t)(int64_t)out->source[n];
        if (stream >= (uint64_t)by->stream_count || source >= (uint64_t)by->source_count)
            return n;
        if (by->streams[stream] < 0 || by->sources[source] < 0)
            return n;
        out->stream[n] = by->streams[stream];
        out->source[n] = by->sources[source];
        out->ordinal[n] += by->shift[source];
    }
    return count;
}
