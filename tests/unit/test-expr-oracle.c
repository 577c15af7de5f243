/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Random expressions over random columns, evaluated a batch at a time by the
 * engine and a row at a time by the oracle (expr-oracle.c): values, nulls and
 * faults must be the same, whatever rows are asked for.
 *
 *     LEAT_SEED=N  other expressions; each failure names its own seed
 *     LEAT_RUNS=N  how many
 */
#include "unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "expr-oracle.h"
#include "expr/expr.h"

enum { MAX_ROWS = 300, CAP_ROWS = 320 };
enum { T_WORD, T_ACCENT, T_NUMBER, N_SMALL, N_LARGE, F_ANY, B_SURE, B_NULL, D_DAY, S_TIME, M_PRICE, N_FIELDS };

static const struct leat_field fields[N_FIELDS] = {
    {"word", LEAT_TEXT, LEAT_PII, false, NULL},       {"accent", LEAT_TEXT, LEAT_PII, false, NULL},
    {"number", LEAT_TEXT, LEAT_PII, false, NULL},     {"small", LEAT_INT64, LEAT_PII, false, NULL},
    {"large", LEAT_INT64, LEAT_PII, false, NULL},     {"ratio", LEAT_FLOAT64, LEAT_PII, false, NULL},
    {"sure", LEAT_BOOL, LEAT_PUBLIC, false, NULL},    {"perhaps", LEAT_BOOL, LEAT_PUBLIC, false, NULL},
    {"day", LEAT_DATE, LEAT_PII, false, NULL},        {"seen", LEAT_TIMESTAMP, LEAT_PII, false, NULL},
    {"price", LEAT_DECIMAL, LEAT_PII, false, NULL},
};
static const struct leat_schema schema = {N_FIELDS, fields};

static uint64_t state; /* of the generator: xorshift */

static int below(int n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int)(state >> 33) % n;
}

static struct leat_arena arena;       /* of one run */
static struct oracle_value values[N_FIELDS][MAX_ROWS];
static struct leat_store stores[N_FIELDS];

/* ---- values ---- */

static struct oracle_value random_text(int kind)
{
    static const char *const pieces[][16] = {
        {"a", "b", "A", "B", "c", "z", "Z", " ", "-", "/", "ab", "xyz", ".", "_", "%", "'"},
        {"a", "\xC3\xA9", "\xC3\x89", "\xC3\xB1", " ", "b", "B", "\xC3\x9F", "\xE6\x97\xA5", "\xF0\x9F\x98\x80", "c",
         "0", "-", "/", "\xC3\x91", "e"},
        {"0", "1", "2", "7", "42", "-", " ", "0", "yes", "f", "x", "/", "100", "9", "3", "+"},
    };
    struct oracle_value v = {.type = LEAT_TEXT};
    char *text = leat_arena_alloc(&arena, 160);
    int n = below(4) ? below(6) : below(30);

    for (int i = 0; i < n; i++)
        strcat(text, pieces[kind][below(16)]);
    v.text = text;
    v.n = (int)strlen(text);
    return v;
}

static struct oracle_value random_value(enum leat_type type, int kind)
{
    static const int64_t edges[] = {0, 1, -1, 2, -2, 3, 10, INT64_MAX, INT64_MIN, 2000000, INT64_MAX - 1, -7};
    struct oracle_value v = {.type = type};

    switch (type) {
    case LEAT_TEXT:
        return random_text(kind);
    case LEAT_BOOL:
        v.i = below(2);
        break;
    case LEAT_INT64:
        v.i = kind ? edges[below(12)] : below(21) - 10;
        break;
    case LEAT_FLOAT64:
        v.f = below(8) ? (below(4001) - 2000) / 8.0 : below(2) ? 1e300 : -2.5e-7;
        break;
    case LEAT_DECIMAL:
        v.digits = below(200001) - 100000;
        v.scale = below(4);
        break;
    case LEAT_DATE:
        v.i = below(40000) - 15000;
        break;
    default:
        v.i = ((int64_t)below(2000000000) - 500000000) * 1000000;
    }
    return v;
}

static void store_value(struct leat_store *store, const struct oracle_value *v)
{
    struct leat_column *c = &store->column;
    int32_t row = c->n_rows;
    struct oracle o = {.arena = &arena};
    const char *text;
    size_t n;

    if (v->null) {
        leat_store_put_null(store);
        return;
    }
    if (leat_type_is_text(c->type)) {
        text = v->type == LEAT_TEXT ? v->text : oracle_text(&o, *v);
        n = v->type == LEAT_TEXT ? (size_t)v->n : strlen(text);
        assert_true(leat_store_reserve(store, n));
        memcpy(c->bytes + c->offsets[row], text, n);
        c->offsets[row + 1] = c->offsets[row] + (int32_t)n;
    } else if (c->type == LEAT_BOOL) {
        c->bits[row >> 3] = (uint8_t)((c->bits[row >> 3] & ~(1 << (row & 7))) | (int)v->i << (row & 7));
    } else if (c->type == LEAT_DATE) {
        c->date[row] = (int32_t)v->i;
    } else if (c->type == LEAT_FLOAT64) {
        c->float64[row] = v->f;
    } else {
        c->int64[row] = v->i;
    }
    c->n_rows++;
}

static void random_columns(int32_t n_rows)
{
    for (int f = 0; f < N_FIELDS; f++) {
        int nulls = f == T_NUMBER || f == N_LARGE || f == B_SURE ? 0 : below(3) ? 5 : 0;

        leat_store_begin(&stores[f], fields[f].type, CAP_ROWS);
        for (int32_t row = 0; row < n_rows; row++) {
            values[f][row] = random_value(fields[f].type, f == T_ACCENT ? 1 : f == T_NUMBER ? 2 : f == N_LARGE);
            if (nulls && !below(nulls))
                values[f][row] = (struct oracle_value){.type = fields[f].type, .null = true};
            store_value(&stores[f], &values[f][row]);
        }
    }
}

/* ---- expressions ---- */

static struct oracle_node *make(enum leat_type type, int depth);

static struct oracle_node *node(enum oracle_op op, enum leat_type type, const char *name)
{
    struct oracle_node *n = leat_arena_alloc(&arena, sizeof *n);

    n->op = op;
    n->type = type;
    n->name = name;
    return n;
}

static struct oracle_node *add(struct oracle_node *n, struct oracle_node *arg)
{
    n->args[n->n_args++] = arg;
    return n;
}

static struct oracle_node *literal(enum leat_type type, int kind)
{
    struct oracle_node *n = node(O_LITERAL, type, NULL);

    if (type == LEAT_DATE || type == LEAT_TIMESTAMP) { /* have no literal of their own */
        n->op = O_FIELD;
        n->field = type == LEAT_DATE ? D_DAY : S_TIME;
    } else {
        n->literal = random_value(type, kind);
    }
    return n;
}

static struct oracle_node *leaf(enum leat_type type)
{
    static const int first[] = {[LEAT_BOOL] = B_SURE, [LEAT_INT64] = N_SMALL, [LEAT_FLOAT64] = F_ANY,
                                [LEAT_DECIMAL] = M_PRICE, [LEAT_DATE] = D_DAY, [LEAT_TIMESTAMP] = S_TIME,
                                [LEAT_TEXT] = T_WORD};
    static const int how_many[] = {[LEAT_BOOL] = 2, [LEAT_INT64] = 2, [LEAT_FLOAT64] = 1, [LEAT_DECIMAL] = 1,
                                   [LEAT_DATE] = 1, [LEAT_TIMESTAMP] = 1, [LEAT_TEXT] = 3};
    struct oracle_node *n;

    if (!below(4))
        return literal(type, below(type == LEAT_TEXT ? 3 : 2));
    n = node(O_FIELD, type, NULL);
    n->field = first[type] + below(how_many[type]);
    return n;
}

static struct oracle_node *null(enum leat_type type)
{
    struct oracle_node *n = node(O_LITERAL, LEAT_NONE, NULL);

    n->literal = (struct oracle_value){.type = type, .null = true};
    return n;
}

/* An argument that may be null by name, or an integer where it is made to fit. */
static struct oracle_node *loose(enum leat_type type, int depth)
{
    struct oracle_node *n;

    if (!below(12))
        return null(type);
    if ((type == LEAT_FLOAT64 || type == LEAT_DECIMAL) && !below(4))
        return make(LEAT_INT64, depth);
    if (type == LEAT_FLOAT64 && !below(4)) { /* the one that is made to fit as a constant */
        n = literal(LEAT_DECIMAL, 0);
        return n;
    }
    return make(type, depth);
}

static enum leat_type any_type(void)
{
    static const enum leat_type types[] = {LEAT_BOOL, LEAT_INT64, LEAT_FLOAT64, LEAT_DECIMAL,
                                           LEAT_DATE, LEAT_TIMESTAMP, LEAT_TEXT, LEAT_TEXT};

    return types[below(8)];
}

/* The one type of several terms is `type` only if one of them has it. */
static struct oracle_node *of_one_type(struct oracle_node *n, enum leat_type type, int n_args, int depth)
{
    add(n, make(type, depth));
    for (int i = 1; i < n_args; i++)
        add(n, loose(type, depth));
    return n;
}

static struct oracle_node *choice(enum leat_type type, int depth)
{
    struct oracle_node *n;
    enum leat_type subject = any_type();
    int arms = 1 + below(3);

    switch (below(6)) {
    case 0:
        n = node(O_CASE, type, "case");
        for (int i = 0; i < arms; i++)
            add(add(n, loose(LEAT_BOOL, depth)), i ? loose(type, depth) : make(type, depth));
        break;
    case 1:
        n = add(node(O_CASE_OF, type, "case"), make(subject, depth));
        for (int i = 0; i < arms; i++)
            add(add(n, below(2) ? literal(subject, below(2)) : loose(subject, depth)),
                i ? loose(type, depth) : make(type, depth));
        break;
    case 2:
        return of_one_type(node(O_COALESCE, type, "coalesce"), type, 1 + below(3), depth);
    case 3:
        return of_one_type(node(O_NULLIF, type, "nullif"), type, 2, depth);
    case 4:
        return of_one_type(node(O_GREATEST, type, "greatest"), type, 1 + below(3), depth);
    default:
        return of_one_type(node(O_LEAST, type, "least"), type, 1 + below(3), depth);
    }
    n->otherwise = below(2);
    if (n->otherwise)
        add(n, loose(type, depth));
    return n;
}

static struct oracle_node *compare(int depth)
{
    static const char *const names[] = {"=", "<>", "<", "<=", ">", ">=", "is distinct from", "is not distinct from"};
    enum leat_type type = any_type();
    int op = below(8);

    return add(add(node(O_EQ + (enum oracle_op)op, LEAT_BOOL, names[op]), make(type, depth)), loose(type, depth));
}

static struct oracle_node *range(int depth)
{
    enum leat_type type = any_type();
    int kind = below(3), constants = below(2);
    struct oracle_node *n = node(kind == 0 ? O_IN : kind == 1 ? O_BETWEEN : O_LIKE, LEAT_BOOL, NULL);

    n->negated = below(2);
    if (n->op == O_LIKE) {
        static const char *const patterns[] = {"a%", "%b", "%a%", "_", "%", "", "ab", "a_%", "%\\%%", "%_b%", "0%0"};
        struct oracle_node *pattern = literal(LEAT_TEXT, 0);

        pattern->literal.text = patterns[below(11)];
        pattern->literal.n = (int)strlen(pattern->literal.text);
        return add(add(n, make(LEAT_TEXT, depth)), pattern);
    }
    if (n->op == O_BETWEEN)
        return of_one_type(n, type, 3, depth);
    add(n, make(type, depth));
    for (int i = 1 + below(6); i >= 0; i--)
        add(n, !constants ? loose(type, depth) : below(8) ? literal(type, below(2)) : null(type));
    return n;
}

static struct oracle_node *function(enum leat_type type, const char *name, int depth, const char *arguments)
{
    struct oracle_node *n = node(O_FUNCTION, type, name);

    for (const char *a = arguments; *a; a++) {
        enum leat_type of = *a == 't' || *a == 'l' ? LEAT_TEXT : *a == 'd' ? LEAT_DATE : *a == 's' ? LEAT_TIMESTAMP : LEAT_INT64;

        if (*a == 'i' || *a == 'l') /* small literals, or all runs out of range */
            add(n, literal(of, 0));
        else
            add(n, make(of, depth));
    }
    return n;
}

static struct oracle_node *tried(struct oracle_node *n)
{
    n->tries = below(2);
    return n;
}

static struct oracle_node *cast_to(enum leat_type to, const char *name, enum leat_type from, int depth)
{
    struct oracle_node *n = add(node(O_CAST, to, name), make(from, depth));

    n->tries = !below(3);
    return n;
}

static struct oracle_node *logic(int depth)
{
    bool is_and = below(2);
    struct oracle_node *n = node(is_and ? O_AND : O_OR, LEAT_BOOL, is_and ? "and" : "or");

    for (int i = 2 + below(3); i > 0; i--)
        add(n, loose(LEAT_BOOL, depth));
    return n;
}

static struct oracle_node *make_bool(int depth)
{
    struct oracle_node *n;

    switch (below(10)) {
    case 0: case 1:
        return compare(depth);
    case 2: case 3:
        return logic(depth);
    case 4:
        return add(node(O_NOT, LEAT_BOOL, "not"), make(LEAT_BOOL, depth));
    case 5:
        n = add(node(O_IS_NULL, LEAT_BOOL, NULL), make(any_type(), depth));
        n->negated = below(2);
        return n;
    case 6:
        n = add(node(below(2) ? O_IS_TRUE : O_IS_FALSE, LEAT_BOOL, NULL), loose(LEAT_BOOL, depth));
        n->negated = below(2);
        return n;
    case 7: case 8:
        return range(depth);
    default:
        switch (below(4)) {
        case 0:
            return cast_to(LEAT_BOOL, "bool", LEAT_INT64, depth);
        case 1:
            return tried(function(LEAT_BOOL, "bool", depth, "t"));
        case 2:
            return function(LEAT_BOOL, "starts_with", depth, below(2) ? "tl" : "tt");
        default:
            return choice(LEAT_BOOL, depth);
        }
    }
}

static struct oracle_node *regexp(int depth)
{
    static const char *const patterns[] = {"\\D", "[^0-9]+", "^0", "[a-c/]", "\\s+"};
    struct oracle_node *n = function(LEAT_TEXT, "regexp_replace", depth, below(2) ? "tll" : "tlll");

    n->args[1]->literal.text = patterns[below(5)];
    n->args[1]->literal.n = (int)strlen(n->args[1]->literal.text);
    if (n->n_args == 4) {
        n->args[3]->literal.text = "g";
        n->args[3]->literal.n = 1;
    }
    return n;
}

static struct oracle_node *make_text(int depth)
{
    static const char *const plain[] = {"lower", "upper", "trim", "ltrim", "rtrim", "reverse"};
    struct oracle_node *n;
    int kind = below(14), count;

    switch (kind) {
    case 0: case 1:
        n = node(O_CONCAT_OP, LEAT_TEXT, "||");
        break;
    case 2:
        n = node(O_FUNCTION, LEAT_TEXT, "concat");
        break;
    case 3:
        n = add(node(O_FUNCTION, LEAT_TEXT, "concat_ws"), loose(LEAT_TEXT, depth));
        break;
    case 4: case 5:
        return function(LEAT_TEXT, plain[below(6)], depth, "t");
    case 6:
        return function(LEAT_TEXT, plain[2 + below(3)], depth, "tl");
    case 7:
        n = tried(function(LEAT_TEXT, "substr", depth, below(3) ? below(2) ? "tn" : "tii" : "tnn"));
        if (n->n_args == 3 && n->args[2]->op == O_LITERAL && n->args[2]->literal.i < 0) /* refused, too */
            n->args[2]->literal.i = 2;
        return n;
    case 8:
        return function(LEAT_TEXT, below(2) ? "left" : "right", depth, "tn");
    case 9:
        return tried(function(LEAT_TEXT, below(2) ? "lpad" : "rpad", depth, below(2) ? "ti" : "til"));
    case 10:
        return function(LEAT_TEXT, below(2) ? "replace" : "translate", depth, "tll");
    case 11:
        n = tried(function(LEAT_TEXT, "split_part", depth, below(2) ? "tli" : "tln"));
        if (n->args[2]->op == O_LITERAL && n->args[2]->literal.i == 0) /* a constant that is refused */
            n->args[2]->literal.i = 1;
        return n;
    case 12:
        return below(2) ? regexp(depth) : choice(LEAT_TEXT, depth);
    default:
        return add(node(O_CAST, LEAT_TEXT, "text"), make(any_type(), depth));
    }
    count = 2 + below(3);
    for (int i = 0; i < count; i++)
        add(n, make(any_type(), depth));
    return n;
}

static struct oracle_node *arithmetic(enum leat_type type, int depth)
{
    static const char *const names[] = {"+", "-", "*", "/", "%"};
    int op = below(5);

    if (type == LEAT_FLOAT64 && op == 4)
        op = 0;
    if (type == LEAT_DECIMAL && op == 3)
        op = 1;
    if (!below(8))
        return add(node(O_NEGATE, type, "-"), make(type, depth));
    return add(add(node(O_ADD + (enum oracle_op)op, type, names[op]), make(type, depth)), loose(type, depth));
}

static struct oracle_node *make_number(enum leat_type type, int depth)
{
    static const char *const rounding[] = {"abs", "round", "floor", "ceil"};

    switch (below(type == LEAT_INT64 ? 8 : 5)) {
    case 0: case 1:
        return arithmetic(type, depth);
    case 2:
        return add(node(O_FUNCTION, type, rounding[below(4)]), make(type, depth));
    case 3:
        return choice(type, depth);
    case 4:
        if (type == LEAT_INT64)
            return cast_to(type, "int64", LEAT_TEXT, depth);
        return cast_to(type, type == LEAT_FLOAT64 ? "float64" : "decimal", LEAT_INT64, depth);
    case 5:
        return function(type, "length", depth, "t");
    case 6:
        return cast_to(type, "int64", below(2) ? LEAT_BOOL : LEAT_FLOAT64, depth);
    default:
        if (below(2))
            return function(type, "epoch", depth, below(2) ? "d" : "s");
        return add(add(node(O_SUBTRACT, type, "-"), make(LEAT_DATE, depth)), make(LEAT_DATE, depth));
    }
}

static struct oracle_node *make_date(int depth)
{
    if (below(3) == 0)
        return choice(LEAT_DATE, depth);
    if (below(2))
        return cast_to(LEAT_DATE, "date", LEAT_TIMESTAMP, depth);
    return add(add(node(below(2) ? O_ADD : O_SUBTRACT, LEAT_DATE, NULL), leaf(LEAT_DATE)), literal(LEAT_INT64, 0));
}

static struct oracle_node *make(enum leat_type type, int depth)
{
    struct oracle_node *n;

    if (depth <= 0 || !below(5))
        return leaf(type);
    if (type == LEAT_BOOL)
        return make_bool(depth - 1);
    if (type == LEAT_TEXT)
        return make_text(depth - 1);
    if (type == LEAT_TIMESTAMP)
        return choice(type, depth - 1);
    if (type != LEAT_DATE)
        return make_number(type, depth - 1);
    n = make_date(depth - 1);
    if (n->op == O_ADD || n->op == O_SUBTRACT)
        n->name = n->op == O_ADD ? "+" : "-";
    return n;
}

/* ---- one run ---- */

static struct oracle_value field_value(void *context, int field)
{
    return values[field][*(int32_t *)context];
}

static int32_t random_rows(int32_t n_rows, int32_t *rows)
{
    int kind = below(4), n = 0;

    for (int32_t row = 0; row < n_rows; row++)
        if (kind == 0 || (kind == 1 && below(2)) || (kind == 2 && !below(10)) || (kind == 3 && row == n_rows / 2))
            rows[n++] = row;
    return n;
}

static void give_up(uint64_t seed, const char *text, int32_t row, const char *what, const char *want, const char *got)
{
    fprintf(stderr, "# LEAT_SEED=%" PRIu64 " LEAT_RUNS=1\n# %s\n# row %d: %s; the oracle: %s, the engine: %s\n", seed,
                  text, (int)row, what, want ? want : "null", got ? got : "null");
    for (int f = 0; f < N_FIELDS; f++) {
        struct oracle o = {.arena = &arena};

        fprintf(stderr, "#   %s = %s\n", fields[f].name, values[f][row].null ? "null" : oracle_text(&o, values[f][row]));
    }
    fail_msg("%s", what);
}

/* Whatever rows were asked for, the whole column can be read. */
static void check_shape(const struct leat_column *c, int32_t n_rows)
{
    assert_int_equal(c->n_rows, n_rows);
    if (!c->offsets)
        return;
    assert_int_equal(c->offsets[0], 0);
    for (int32_t row = 0; row < n_rows; row++)
        assert_true(c->offsets[row] <= c->offsets[row + 1]);
    assert_true(c->offsets[n_rows] <= c->cap_bytes);
}

static void check_row(uint64_t seed, const char *text, const struct oracle_node *root, const struct leat_field *type,
                      const struct leat_column *c, int32_t row, const struct leat_row_fault *fault)
{
    struct oracle o = {.arena = &arena, .field = field_value, .context = &row};
    struct oracle_value want = oracle_evaluate(&o, root);
    const char *got, *wanted;
    char room[64];
    size_t n;

    if (want.unknown)
        return;
    if (want.fault || fault) {
        if (!want.fault || !fault || strcmp(want.fault, fault->code) != 0)
            give_up(seed, text, row, "faults differ", want.fault ? want.fault : "none", fault ? fault->code : "none");
        assert_true(leat_is_null(c, row));
        return;
    }
    n = leat_value_text(type, c, row, room, &got);
    got = got ? leat_arena_strndup(&arena, got, n) : NULL;
    wanted = want.null ? NULL : oracle_text(&o, want);
    if (!got != !wanted || (got && strcmp(got, wanted) != 0))
        give_up(seed, text, row, "values differ", wanted, got);
}

/* What a constant argument may be refused for; that it can be one in the end is
 * not seen when it is made. */
static bool is_refused(const char *why)
{
    return strstr(why, "cannot be negative") || strstr(why, "counted from 1");
}

static void run(uint64_t seed, struct leat_scratch *scratch, struct leat_store *out, long *n_checked)
{
    static const struct leat_function *const tables[] = {leat_core_functions};
    static const char *names[N_FIELDS];
    const struct leat_functions functions = {tables, 1};
    const struct leat_scope scope = {.schema = &schema, .functions = &functions};
    const struct leat_expression *expression;
    struct leat_column columns[N_FIELDS];
    struct leat_batch batch = {.schema = &schema, .columns = columns};
    int32_t rows[MAX_ROWS], n, fault = 0;
    struct leat_evaluation evaluation;
    struct leat_text_buffer text = {0};
    struct leat_expr_fault why;
    struct oracle_node *root;
    struct leat_error err;
    struct leat_field type;

    state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (int i = 0; i < 4; i++)
        (void)below(2);
    batch.n_rows = batch.n_selected = below(8) ? below(70) : below(MAX_ROWS);
    random_columns(batch.n_rows);
    for (int f = 0; f < N_FIELDS; f++) {
        columns[f] = stores[f].column;
        names[f] = fields[f].name;
    }
    root = make(any_type(), 1 + below(4));
    oracle_print(root, names, &text);
    if (leat_expression_compile(&scope, text.p, text.n, LEAT_NONE, &arena, &expression, &type, &why) < 0) {
        if (!is_refused(why.text))
            give_up(seed, text.p, 0, "does not compile", "", why.text);
        leat_text_deinit(&text);
        leat_arena_deinit(&arena);
        return;
    }
    for (int turn = 0; turn < 2; turn++) {
        n = random_rows(batch.n_rows, rows);
        assert_int_equal(leat_expression_evaluate(expression, scratch, &batch, rows, n, out, &evaluation, &err), 0);
        check_shape(&out->column, batch.n_rows);
        fault = 0;
        for (int i = 0; i < n; i++) {
            bool failed = fault < evaluation.n_faults && evaluation.faults[fault].row == rows[i];

            check_row(seed, text.p, root, &type, &out->column, rows[i], failed ? &evaluation.faults[fault] : NULL);
            fault += failed;
            ++*n_checked;
        }
        assert_int_equal(fault, evaluation.n_faults);
    }
    leat_expression_release(expression);
    leat_text_deinit(&text);
    leat_arena_deinit(&arena);
}

static void test_engine_and_oracle_agree(void **unused)
{
    const char *seed_text = getenv("LEAT_SEED"), *runs_text = getenv("LEAT_RUNS");
    uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : UINT64_C(20261121000000);
    long runs = runs_text ? atol(runs_text) : 10000, n_checked = 0;
    struct leat_scratch *scratch = leat_scratch_new(CAP_ROWS);
    struct leat_store out = {0};

    (void)unused;
    fprintf(stderr, "# LEAT_SEED=%" PRIu64 " LEAT_RUNS=%ld\n", seed, runs);
    for (long i = 0; i < runs; i++)
        run(seed + (uint64_t)i, scratch, &out, &n_checked);
    fprintf(stderr, "# %ld values compared\n", n_checked);
    leat_store_deinit(&out);
    for (int f = 0; f < N_FIELDS; f++)
        leat_store_deinit(&stores[f]);
    leat_scratch_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_engine_and_oracle_agree)};

    return cmocka_run_group_tests_name("expr-oracle", tests, NULL, NULL);
}
