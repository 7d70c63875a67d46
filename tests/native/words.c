/* words.h alone: both byte orders from any address; sums at the ends of int64. */
#include "words.h"

#include "check.h"

int main(void)
{
    const uint8_t bytes[] = {0xFF, 1, 2, 3, 4, 5, 6, 7, 8};
    const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, -2, -1, 0, 1, 2, INT64_MAX - 1, INT64_MAX};

    CHECK(be16(bytes + 1) == 0x0102 && be32(bytes + 1) == 0x01020304 && be64(bytes + 1) == UINT64_C(0x0102030405060708));
    CHECK(le16(bytes + 1) == 0x0201 && le32(bytes + 1) == 0x04030201 && le64(bytes + 1) == UINT64_C(0x0807060504030201));
    CHECK(word16(bytes, true) == 0xFF01 && word16(bytes, false) == 0x01FF);
    for (int bit = 0; bit < 32; bit++)
        CHECK(highest(UINT32_C(1) << bit) == bit && highest(UINT32_C(1) << bit | 1) == bit);
    for (size_t a = 0; a < sizeof ends / sizeof *ends; a++)
        for (size_t b = 0; b < sizeof ends / sizeof *ends; b++) {
            const long double exact = (long double)ends[a] - ends[b];
            const int64_t nearest = exact > INT64_MAX ? INT64_MAX : exact < INT64_MIN ? INT64_MIN : (int64_t)exact;
            CHECK(apart(ends[a], ends[b]) == nearest);
            CHECK(min64(ends[a], ends[b]) == ends[a < b ? a : b] && max64(ends[a], ends[b]) == ends[a < b ? b : a]);
        }
    CHECK(add_square(0, 3037000499) == INT64_C(9223372030926249001));    /* the largest whose square fits */
    CHECK(add_square(0, 3037000500) == INT64_MAX && add_square(INT64_MAX, 0) == INT64_MAX);
    CHECK(add_square(INT64_MAX - 8, 3) == INT64_MAX && add_square(INT64_MAX - 9, -3) == INT64_MAX);
    return 0;
}
