/* table.c alone: ids in order of first appearance, keys that differ in one bit, growth, limits. */
#include "table.h"

#include <string.h>

#include "check.h"

enum { KEYS = 3000, WORDS_OF_ONE = 3 };

int main(void)
{
    uint64_t seed[TABLE_WORDS] = {0}, keys[KEYS][WORDS_OF_ONE] = {{0}}, state = 1, place = 0;
    struct table t;

    CHECK(table_begin(&t, WORDS_OF_ONE, KEYS, seed));   /* the worst seed: every multiplier is 1 */
    CHECK(t.count == 0 && t.room == TABLE_FIRST && !table_is_full(&t));
    for (int n = 0; n < KEYS; n++) {
        if (n > 0)
            memcpy(keys[n], keys[n - 1], sizeof keys[n]);
        keys[n][n % WORDS_OF_ONE] ^= (uint64_t)1 << (n / WORDS_OF_ONE % 64) | draw(&state) << 8;
        if (table_is_full(&t))
            CHECK(table_grow(&t, 2 * t.room));
        CHECK(table_find(&t, keys[n], &place) < 0);
        CHECK(place < 2 * (uint64_t)t.room);
        CHECK(table_add(&t, keys[n], place) == n);
    }
    for (int n = 0; n < KEYS; n++)
        CHECK(table_find(&t, keys[n], &place) == n);
    CHECK(t.count == t.limit && !table_is_full(&t));    /* no more keys are taken: no room is wanted */
    keys[0][0] ^= UINT64_C(1) << 63;
    CHECK(table_find(&t, keys[0], &place) < 0);
    table_end(&t);
    return 0;
}
