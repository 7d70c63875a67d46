/* Templates: made of a record, and asked with care; see template.h. The quick checks are in alike.c. */
#include "template.h"

#include "digits.h"
#include "frame_inside.h"
#include "frame_moves.h"

bool template_is_like(const struct frame *x, const struct template *t)
{
    if (!frame_reaches(x->p, t, x->room, x->cap, x->link))
        return false;
    for (int j = 0; j < t->words; j++)
        if (((raw64(x->p + 8 * j) ^ t->value[j]) & t->fixed[j]) != 0)
            return false;
    return true;
}

bool template_dynamic(const struct frame *x, const struct template *t, const struct program *program, uint64_t *seq)
{
    int64_t stated = t->stated != INT64_MAX ? t->stated : x->wire, end = min64(t->bound, x->wire);

    if (t->ip_need != 0) {
        stated = t->ip_base + be16(x->p + t->ip_at);
        end = min64(end, stated);
    }
    if (t->udp_need != 0) {
        stated = t->udp_base + be16(x->p + t->udp_at);
        end = min64(end, stated);
    }
    *seq = 0;
    for (int row = 0; row < program->count; row++) {
        const struct field *const field = &program->fields[row];
        if (!field_is_dynamic(field))
            continue;
        if (field->role == SEQ && field->op != PIECE && field->op >= TEXT) {    /* digits, or a BER element */
            const struct extent extent = {t->start, end, stated, x->cap, t->here};
            const int read = field->op == BER ? ber_read(x->p, &extent, field, seq)
                                              : digits_read(x->p, program, field, extent, seq);
            if (read != RECORD)
                return false;
            continue;
        }
        const int64_t base = field->offset < 0 ? stated : field->offset < HERE ? t->start : t->here - HERE;
        const int64_t at = base + field->offset;
        if (at < t->start || at + field->width > end || at + field->width > x->cap)
            return false;
        const uint64_t word = field_word(x->p + at, field);
        if (field->role == SEQ)
            *seq = program->made ? *seq << field->value | word >> field->shift : word >> field->shift;
        else if (field->op == EQ_LENGTH ? word != (uint64_t)(stated - t->start)
                                        : (word == field->value) != (field->op == EQ))
            return false;
    }
    return !program->made || program_number(program, seq);
}

/* How many words hold all that was marked. */
static int words_of(const struct marks *m)
{
    int last = 0;

    for (int j = 0; j < SPAN; j++)
        if (m->fixed[j] != 0 || m->key[j] != 0 || j == m->ip_at + 1 || j == m->udp_at + 1)
            last = j;
    return last < 8 * (NARROW - 1) ? NARROW : last < 8 * (WIDE - 1) ? WIDE : WORDS;
}

/* Where the counter is, if that is fixed; it is read as 8 bytes. */
static void place_counter(struct template *t, const struct program *program)
{
    const struct field *const field = program_counter(program);

    t->seq_at = -1;
    if (field_is_dynamic(field))
        return;
    t->seq_at = field->offset >= HERE ? t->here + field->offset - HERE : t->start + field->offset;
    t->span = max64(t->span, t->seq_at + 8);
}

/* A length word has to say at least so much. */
static void place_length(struct template *t, int64_t at, int64_t base, int64_t *its_at, uint32_t *its_need)
{
    *its_at = at;
    *its_need = (uint32_t)max64(t->deep - base, 1);
    memset((uint8_t *)t->all + at, 0xFF, 2);
}

bool template_learn(const struct frame *x, const struct program *program, struct template *t)
{
    struct place place;
    struct marks m = {.fits = !program->trailing_stream, .ip_at = -1, .udp_at = -1, .bound = INT64_MAX,
                      .stated = INT64_MAX};
    uint64_t seq;

    memset(t, 0, sizeof *t);
    if (frame_read(x, program, &place, &m) != RECORD || !m.fits)
        return false;
    if (m.ip_at + 2 > SPAN || m.udp_at + 2 > SPAN)
        return false;
    t->words = words_of(&m);
    t->span = 8 * t->words;
    t->deep = m.deep;
    t->link = x->link;
    t->start = place.start;
    t->here = place.here;
    t->bound = m.bound;
    t->stated = m.stated;
    place_counter(t, program);
    if (x->room < t->span)
        return false;
    memcpy(t->value, x->p, 8 * (size_t)t->words);
    memcpy(t->fixed, m.fixed, SPAN);
    memcpy(t->key, m.key, SPAN);
    for (int j = 0; j < WORDS; j++)
        t->both[j] = t->all[j] = t->fixed[j] | t->key[j];
    if (m.ip_at >= 0) {
        t->ip_base = m.ip_base;
        place_length(t, m.ip_at, m.ip_base, &t->ip_at, &t->ip_need);
    }
    if (m.udp_at >= 0) {
        t->udp_base = m.udp_base;
        place_length(t, m.udp_at, m.udp_base, &t->udp_at, &t->udp_need);
    }
    return template_is_like(x, t) && template_dynamic(x, t, program, &seq);
}
