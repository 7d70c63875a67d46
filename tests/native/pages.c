/* pages.c alone: what was set is found, whatever was given back meanwhile; order, limits, epochs. */
#include "pages.h"

#include <stdlib.h>

#include "check.h"

enum { PAGES = 500, BITS = 512, STEPS = 20000 };

static bool there[PAGES];

static struct page_key key_of(int n)
{
    return (struct page_key){n / 7 - 20, (int64_t)(n % 7) << 32 | (n / 7 % 3)};
}

static int64_t in_all(void)
{
    int64_t count = 0;
    for (int n = 0; n < PAGES; n++)
        count += there[n];
    return count;
}

static void check_order(const struct pool *p)
{
    struct ordered_page *const pages = pool_in_order(p);

    CHECK(pages != NULL);
    for (int64_t n = 1; n < p->pages; n++) {
        const struct page_key *const a = &pages[n - 1].key, *const b = &pages[n].key;
        CHECK(a->set < b->set || (a->set == b->set && a->number < b->number));
    }
    free(pages);
}

int main(void)
{
    struct pool p = {0};
    uint64_t state = 1;

    CHECK(pool_begin(&p, PAGES, BITS, 2));
    CHECK(p.size == BITS / 64 && p.pages == 0);
    for (int step = 0; step < STEPS; step++) {
        const int n = (int)(draw(&state) % PAGES);
        const struct page_key key = key_of(n);
        const int32_t page = page_find(&p, &key);
        CHECK((page >= 0) == there[n]);
        if (page >= 0 && step % 3 == 0) {
            CHECK(p.words[page * p.size] == (uint64_t)n + 1);
            page_drop(&p, page);
            there[n] = false;
        } else if (page < 0) {
            const int32_t made = page_add(&p, &key);
            CHECK(made >= 0);
            for (int64_t word = 0; word < p.size; word++)
                CHECK(p.words[made * p.size + word] == 0);
            p.words[made * p.size] = (uint64_t)n + 1;
            there[n] = true;
        }
        CHECK(p.pages == in_all());
    }
    check_order(&p);
    drop_epochs_after(&p, 3, 0);
    for (int n = 0; n < PAGES; n++) {
        const struct page_key key = key_of(n);
        there[n] = there[n] && !(n % 7 == 3 && n / 7 % 3 > 0);
        CHECK((page_find(&p, &key) >= 0) == there[n]);
    }
    pool_end(&p);
    return 0;
}
