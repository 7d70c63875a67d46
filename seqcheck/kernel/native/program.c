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

/* One move more. An UNTIL is followed by its AMOUNT, as is an ONLY_IF. */
static bool add_move(struct program *program, const struct field *row)
{
    const struct field *const last = program->move_count > 0 ? &program->moves[program->move_count - 1] : NULL;
    const bool begun = last && (last->op == ONLY_IF || last->op == UNTIL);

    if (program->move_count == MOST_MOVES || row->width > 8 || row->shift > 63 || row->op > INTO)
        return false;
    if ((begun && row->op != AMOUNT) || (row->width == 0 && (row->op == ONLY_IF || row->op == UNTIL)))
        return false;
    if (program->move_count == 0)
        program->moves_before = program->count;
    program->moves[program->move_count++] = *row;
    return true;
}

/* One amount more from a record to the next, or what the AMOUNT behind it depends on. */
static bool add_each(struct program *program, const struct field *row)
{
    const bool begun = program->each_count > 0 && program->each[program->each_count - 1].op == ONLY_IF;

    if (program->each_count == MOST_EACH || row->width > 8 || row->shift > 63 || row->op > AMOUNT)
        return false;
    if (row->op == ONLY_IF && (begun || row->width == 0))
        return false;
    program->each[program->each_count++] = *row;
    return true;
}

/* Whether the last of them is whole. */
static bool moves_are_whole(const struct program *program)
{
    const int last = program->move_count > 0 ? program->moves[program->move_count - 1].op : AMOUNT;

    return (last == AMOUNT || last == INTO)
        && (program->each_count == 0 || program->each[program->each_count - 1].op == AMOUNT);
}

/* What no rule can be: the loops divide by `by`, and mask by the modulus. */
static bool is_rule(const struct program *program)
{
    const struct rule *const rule = &program->rule;

    switch (rule->kind) {
    case PLAIN:
        return true;
    case BY_STEP:
        return rule->shift >= 0 && rule->shift <= 63 && (program->modulus & (program->modulus - 1)) == 0;
    case BY_DIVISION:
        return rule->by != 0;
    case FROM_LEAST:
        return rule->by != 0 && program->modulus != 0;
    default:
        return false;
    }
}

/* Where the number is made by a rule, its field is a piece, too. */
static void make_pieces(struct program *program, int counters)
{
    program->made = program->rule.kind != PLAIN;
    for (int row = 0; row < program->count; row++) {
        struct field *const field = &program->fields[row];
        if (field->role != SEQ || field_is_digits(field) || field_is_ber(field))
            continue;
        if (program->made)
            field->op = PIECE;
        program->made |= field->op == PIECE;
        field->value = counters > 1 ? field->value & 63 : 0;
    }
}

const char *program_read(struct program *program, const struct field *rows, int64_t count)
{
    int counters = 0, streams = 0, whole = 0;

    program->count = program->label_size = program->move_count = program->each_count = 0;
    program->moves_before = -1;
    program->trailing_stream = false;
    for (int64_t row = 0; row < count; row++) {
        if (rows[row].role == LABEL && !add_label(program, &rows[row]))
            return "program: a label of more than 32 bytes";
        if (rows[row].role == MOVE && !add_move(program, &rows[row]))
            return "program: too many moves, or one that is none";
        if (rows[row].role == EACH && !add_each(program, &rows[row]))
            return "program: too many amounts from record to record, or one that is none";
        if (rows[row].role > MATCH)
            continue;
        if (field_is_ber(&rows[row])) {
            if (program->count == MOST_FIELDS || rows[row].value > UINT8_MAX)
                return "program: too many fields, or a tag of more than a byte";
            program->fields[program->count++] = rows[row];
            counters += rows[row].role == SEQ;
            whole += rows[row].role == SEQ;
            streams += rows[row].role == STREAM;
            program->trailing_stream |= rows[row].role == STREAM;
            continue;
        }
        if (field_is_digits(&rows[row])) {
            if (program->count == MOST_FIELDS || rows[row].width > MOST_DIGITS || rows[row].op > VARINT)
                return "program: too many fields, or too many digits";
            program->fields[program->count++] = rows[row];
            counters++;
            whole++;
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
        whole += field->role == SEQ && field->op != PIECE;
        streams += field->role == STREAM;
        program->trailing_stream |= field->role == STREAM && field->offset < 0;
    }
    if (!moves_are_whole(program))
        return "program: a move without its amount";
    if (counters > MOST_PIECES || (whole > 0 && counters > 1) || !is_rule(program))
        return "program: too many pieces, numbers that are no pieces, or a rule that is none";
    if (program->port_ranges < 0 || program->port_ranges > MOST_PORTS)
        return "program: too many ranges of ports";
    make_pieces(program, counters);
    if (counters < 1 || streams > MAX_STREAM_FIELDS || program->anchor < A_FRAME || program->anchor > A_TCP)
        return "program: a SEQ, at most 8 STREAM fields, and a known anchor";
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
