/* The layout's program; see program.h. */
#include "program.h"

#include <stddef.h>

/* Up to 16 bytes more of the label. */
static bool add_label(struct program *program, const struct field *row)
{
    if (row->width > 16 || program->label_size + row->width > MOST_LABEL)
        return false;
    for (int j = 0; j < row->width; j++)
        program->label[program->label_size++] = (uint8_t)((j < 8 ? row->value : row->mask) >> (8 * (j & 7)));
    return true;
}

const char *program_read(struct program *program, const struct field *rows, int64_t count)
{
    int counters = 0, streams = 0;

    program->count = program->label_size = 0;
    program->trailing_stream = false;
    for (int64_t row = 0; row < count; row++) {
        if (rows[row].role == LABEL && !add_label(program, &rows[row]))
            return "program: a label of more than 32 bytes";
        if (rows[row].role > MATCH)
            continue;
        if (field_is_digits(&rows[row])) {
            if (program->count == MOST_FIELDS || rows[row].width > MOST_DIGITS || rows[row].op > BCD)
                return "program: too many fields, or too many digits";
            program->fields[program->count++] = rows[row];
            counters++;
            continue;
        }
        if (program->count == MOST_FIELDS || rows[row].width < 1 || rows[row].width > 8 || rows[row].shift > 63)
            return "program: too many fields, or a field of more than 8 bytes";
        struct field *const field = &program->fields[program->count++];
        *field = rows[row];
        if (field->width < 8)
            field->mask &= ((uint64_t)1 << (8 * field->width)) - 1;
        if (field->role != MATCH && field->shift >= 8 * field->width)   /* it then reads 0, whatever the mask */
            field->mask = field->shift = 0;
        counters += field->role == SEQ;
        streams += field->role == STREAM;
        program->trailing_stream |= field->role == STREAM && field->offset < 0;
    }
    if (counters != 1 || streams > MAX_STREAM_FIELDS || program->anchor < A_FRAME || program->anchor > A_TCP)
        return "program: one SEQ, at most 8 STREAM fields, and a known anchor";
    if (program->key < K_ALL || program->key > K_NONE)
        return "program: an unknown key";
    return NULL;
}

const struct field *program_counter(const struct program *program)
{
    const struct field *field = program->fields;

    while (field->role != SEQ)
        field++;
    return field;
}
