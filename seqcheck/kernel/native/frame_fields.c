/* The layout's program over a payload; see frame.h. */
#include "digits.h"
#include "frame.h"
#include "frame_moves.h"
#include "words.h"

/* A field at a fixed place: what matched has to be so again, a stream's number belongs to the key. */
static void mark_field(struct marks *m, int64_t at, const struct field *field)
{
    m->deep = max64(m->deep, at + field->width);
    if (field->role == SEQ)
        return;
    if (at + field->width > SPAN) {
        m->fits = false;
        return;
    }
    for (int j = 0; j < field->width; j++) {
        const uint8_t bits = (uint8_t)(field->mask >> (8 * (field->big ? field->width - 1 - j : j)));
        if (field->role == STREAM)
            m->key[at + j] |= bits;
        else if (field->op != EQ_LENGTH)
            m->fixed[at + j] |= bits;
    }
}

static bool holds(const struct field *field, uint64_t word, int64_t length)
{
    if (field->op == EQ)
        return word == field->value;
    return field->op == NE ? word != field->value : word == (uint64_t)length;
}

/* A field that rules the payload out: within it there may be one that is not, and the same bits rule it out again. */
static void mark_against(struct marks *m, int64_t at, const struct field *field, int status)
{
    if (!m)
        return;
    if (field->role != MATCH || field_is_dynamic(field) || status != RECORD)
        m->fits = false;
    else
        mark_field(m, at, field);
}

/* Run the program, after its moves where `f->here` is a record's place already (`moved`). */
static int read_fields(const struct frame *x, const struct program *program, struct place *f, struct marks *m, bool moved)
{
    int streams = 0, status = RECORD;

    f->seq = 0;
    for (int row = 0; row < program->count; row++) {
        const struct field *const field = &program->fields[row];
        if (row == program->moves_before && !moved) {
            struct extent extent = {f->start, f->end, f->stated, x->cap, f->start};
            const int led = moves_do(x->p, program, &extent, m);
            f->here = extent.here;
            if (led != RECORD) {
                if (m)
                    m->fits = false;
                return led;
            }
        }
        if (field_is_ber(field)) {
            const struct extent extent = {f->start, f->end, f->stated, x->cap, f->here};
            uint64_t value = 0;
            const int read = ber_read(x->p, &extent, field, &value);
            if (read == CUT)
                status = CUT;
            else if (read != RECORD || (field->role == SEQ && !program->made && program->modulus != 0 && value >= program->modulus)) {
                if (m)
                    m->fits = false;
                return MAGIC;
            } else if (field->role == STREAM)
                f->key.fields[streams++] = value;
            else
                f->seq = value;
            continue;
        }
        if (field_is_digits(field)) {
            const struct extent extent = {f->start, f->end, f->stated, x->cap, f->here};
            const int read = digits_read(x->p, program, field, extent, &f->seq);
            if (read == CUT)
                status = CUT;
            else if (read != RECORD || (!program->made && program->modulus != 0 && f->seq >= program->modulus)) {
                if (m)
                    m->fits = false;
                return read == SHORT ? SHORT : MAGIC;
            }
            continue;
        }
        const int64_t at = (field->offset >= HERE ? f->here - HERE : field->offset >= 0 ? f->start : f->stated) + field->offset;
        if (at < f->start || at + field->width > f->end)
            return SHORT;
        if (at + field->width > x->cap) {
            status = CUT;
            continue;
        }
        const uint64_t word = field_word(x->p + at, field);
        if (field->role == MATCH) {
            if (!holds(field, word, f->stated - f->start)) {
                mark_against(m, at, field, status);
                return MAGIC;
            }
        } else if (field->role == STREAM) {
            f->key.fields[streams++] = word >> field->shift;
        } else if (program->made) {
            f->seq = f->seq << field->value | word >> field->shift;
        } else {
            f->seq = word >> field->shift;
            if (program->modulus != 0 && f->seq >= program->modulus) {
                mark_against(m, at, field, status);
                return MAGIC;
            }
        }
        if (m && field->offset >= 0)
            mark_field(m, at, field);
    }
    if (program->made && status == RECORD && !program_number(program, &f->seq)) {
        if (m)
            m->fits = false;
        return MAGIC;
    }
    return status;
}

bool frame_next(const struct frame *x, const struct program *program, struct place *f)
{
    struct extent extent = {f->start, f->end, f->stated, x->cap, f->here};

    while (moves_to_next(x->p, program, &extent)) {
        f->here = extent.here;
        if (read_fields(x, program, f, NULL, true) == RECORD)
            return true;
    }
    return false;
}

/* The first record of a payload whose first place holds none, for that reason; or the reason. */
static int find_record(const struct frame *x, const struct program *program, struct place *f, int reason)
{
    struct extent extent = {f->start, f->end, f->stated, x->cap, f->start};

    if (moves_do(x->p, program, &extent, NULL) != RECORD)
        return reason;
    f->here = extent.here;
    return frame_next(x, program, f) ? RECORD : reason;
}

int frame_fields(const struct frame *x, const struct program *program, struct place *f, struct marks *m)
{
    f->here = f->start;
    const int status = read_fields(x, program, f, m, false);
    return program->each_count == 0 || status == RECORD ? status : find_record(x, program, f, status);
}
