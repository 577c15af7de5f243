/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * One function a rule: does it suit the field, and what will a record be held
 * against. Runs in plan, in one thread.
 */
#include "make.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static const char *type_name(enum leat_type type)
{
    static const char *const names[] = { "null", "bool", "int64", "float64", "decimal", "date", "timestamp",
                                         "text", "bytes", "json" };

    return names[type];
}

/* Adds a rule with the reason "FIELD FORMAT...". */
static LEAT_PRINTF(3, 4) void add(struct maker *m, struct rule rule, const char *format, ...)
{
    char reason[400];
    va_list args;
    size_t n;
    char *kept;

    va_start(args, format);
    n = (size_t)snprintf(reason, sizeof reason, "%.100s ", m->field->name);
    (void)vsnprintf(reason + n, sizeof reason - n, format, args);
    va_end(args);
    if (m->spec.message)
        (void)snprintf(reason, sizeof reason, "%s", m->spec.message);
    n = strlen(reason) + 1;
    kept = leat_plan_alloc(m->plan, n);
    rule.reason = memcpy(kept, reason, n);
    rule.field = m->number;
    m->rules->rules[m->rules->n_rules++] = rule;
}

static void refuse(struct maker *m, const char *what)
{
    leat_plan_wrong_at(m->plan, m->node, "`%s` is for %s, and '%s' is a field of type %s", m->node->name, what,
                       m->field->name, type_name(m->field->type));
}

static void make_required(struct maker *m)
{
    if (m->spec.required)
        add(m, (struct rule){ .kind = RULE_REQUIRED, .code = "required" }, "is required");
}

static void make_type(struct maker *m)
{
    static const struct {
        rule_test *test;
        enum leat_type type;
        const char *what;
    } all[] = {
        { is_bool, LEAT_BOOL, "true or false" }, { is_int64, LEAT_INT64, "a whole number" },
        { is_float64, LEAT_FLOAT64, "a number" }, { is_decimal, LEAT_DECIMAL, "a decimal number" },
        { is_date, LEAT_DATE, "a date such as 2024-02-29" },
        { is_timestamp, LEAT_TIMESTAMP, "a timestamp such as 2024-02-29 12:00:00" }, { NULL, LEAT_TEXT, "a text" },
        { is_json, LEAT_JSON, "JSON" },
    };

    if (all[m->spec.type].type == m->field->type)
        return;
    if (m->field->type != LEAT_TEXT)
        refuse(m, "fields of type text");
    else
        add(m, (struct rule){ .kind = RULE_TEXT, .test = all[m->spec.type].test, .code = "wrong_type" }, "must be %s",
            all[m->spec.type].what);
}

static void make_format(struct maker *m)
{
    static const struct {
        rule_test *test;
        const char *code, *what;
    } all[] = {
        { is_email, "bad_email", "an e-mail address" },
        { is_e164, "bad_e164", "a phone number in E.164 form, such as +12025550123" },
        { is_plain_date, "bad_date", "a date such as 2024-02-29" },
        { is_uuid, "bad_uuid", "a UUID" },
        { is_url, "bad_url", "an http or https URL" },
    };

    if (m->field->type == LEAT_DATE && all[m->spec.format].test == is_plain_date)
        return;
    if (m->field->type != LEAT_TEXT)
        refuse(m, "fields of type text");
    else
        add(m, (struct rule){ .kind = RULE_TEXT, .test = all[m->spec.format].test, .code = all[m->spec.format].code },
            "is not %s", all[m->spec.format].what);
}

/* ---- lengths ---- */

static void add_length(struct maker *m, int64_t low, int64_t high, const char *code, const char *how)
{
    bool bytes = m->field->type == LEAT_BYTES;
    int64_t said = low > 0 ? low : high;
    struct rule rule = { .kind = RULE_TEXT, .test = bytes ? bytes_in_range : characters_in_range, .code = code };

    rule.low = low;
    rule.high = high;
    if (m->field->type != LEAT_TEXT && m->field->type != LEAT_JSON && !bytes)
        refuse(m, "fields of type text, json and bytes");
    else
        add(m, rule, "must have %s %" PRId64 " %s%s", how, said, bytes ? "byte" : "character", said == 1 ? "" : "s");
}

static void make_length(struct maker *m)
{
    add_length(m, m->spec.length, m->spec.length, "wrong_length", "exactly");
}

static void make_min_length(struct maker *m)
{
    add_length(m, m->spec.min_length, INT64_MAX, "too_short", "at least");
}

static void make_max_length(struct maker *m)
{
    const struct leat_node *least = leat_node_get(m->rules->fields, m->field->name);

    add_length(m, 0, m->spec.max_length, "too_long", "at most");
    if (leat_node_get(least, "min_length") && m->spec.min_length > m->spec.max_length)
        leat_plan_wrong_at(m->plan, m->node,
                           "no text can have more than min_length and less than max_length characters");
}

/* ---- ranges ---- */

static void add_range(struct maker *m, struct rule rule, bool is_min)
{
    rule.code = is_min ? "below_min" : "above_max";
    add(m, rule, "must be at %s %s", is_min ? "least" : "most", m->node->text);
}

static bool integer_range(struct maker *m, bool is_min)
{
    struct rule rule = { .kind = m->field->type == LEAT_DATE ? RULE_DATE : RULE_INTEGER };
    bool ok, has_offset;
    int64_t bound;
    int32_t days;

    if (m->field->type == LEAT_DATE) {
        ok = leat_text_to_date(m->node->text, strlen(m->node->text), &days);
        bound = ok ? days : 0;
    } else if (m->field->type == LEAT_TIMESTAMP) {
        ok = leat_text_to_timestamp(m->node->text, strlen(m->node->text), &bound, &has_offset);
    } else {
        ok = leat_text_to_int64(m->node->text, strlen(m->node->text), &bound);
    }
    if (!ok)
        return false;
    rule.low = is_min ? bound : INT64_MIN;
    rule.high = is_min ? INT64_MAX : bound;
    add_range(m, rule, is_min);
    return true;
}

static bool real_range(struct maker *m, bool is_min)
{
    struct rule rule = { .kind = RULE_REAL };
    double bound;

    if (!leat_text_to_float64(m->node->text, strlen(m->node->text), &bound) || isnan(bound))
        return false;
    rule.real_low = is_min ? bound : -(double)INFINITY;
    rule.real_high = is_min ? (double)INFINITY : bound;
    add_range(m, rule, is_min);
    return true;
}

/* What is no number, or no date, fails a rule of its own, once for min and max together. */
static void add_comparable(struct maker *m, rule_test *test, const char *what)
{
    if (!m->says_number && m->field->type == LEAT_TEXT)
        add(m, (struct rule){ .kind = RULE_TEXT, .test = test, .code = "wrong_type" }, "must be %s", what);
    m->says_number = true;
}

static bool text_range(struct maker *m, bool is_min)
{
    struct rule rule = { .kind = RULE_TEXT };
    struct decimal bound;
    int32_t days;

    if (parse_decimal(m->node->text, strlen(m->node->text), leat_plan_alloc(m->plan, LEAT_DECIMAL_ROOM), &bound)) {
        rule.test = is_min ? at_least_decimal : at_most_decimal;
        rule.decimal = bound;
        add_comparable(m, is_decimal, "a number");
    } else if (m->field->type == LEAT_TEXT && leat_text_to_date(m->node->text, strlen(m->node->text), &days)) {
        rule.test = date_in_range;
        rule.low = is_min ? days : INT32_MIN;
        rule.high = is_min ? INT32_MAX : days;
        add_comparable(m, is_date, "a date such as 2024-02-29");
    } else {
        return false;
    }
    add_range(m, rule, is_min);
    return true;
}

static void make_range(struct maker *m, bool is_min)
{
    enum leat_type type = m->field->type;
    bool ok;

    if (type == LEAT_INT64 || type == LEAT_DATE || type == LEAT_TIMESTAMP) {
        ok = integer_range(m, is_min);
    } else if (type == LEAT_FLOAT64) {
        ok = real_range(m, is_min);
    } else if (type == LEAT_TEXT || type == LEAT_DECIMAL) {
        ok = text_range(m, is_min);
    } else {
        refuse(m, "numbers, dates and timestamps, and texts that hold them");
        return;
    }
    if (!ok)
        leat_plan_wrong_at(m->plan, m->node, "`%s` of a field of type %s must be %s", m->node->name, type_name(type),
                           type == LEAT_INT64 ? "a whole number" : type == LEAT_DATE ? "a date such as 2024-02-29" :
                           type == LEAT_TIMESTAMP ? "a timestamp such as 2024-02-29 12:00:00" :
                           type == LEAT_TEXT ? "a number, or a date such as 2024-02-29" : "a number");
}

static void make_min(struct maker *m)
{
    make_range(m, true);
}

static void make_max(struct maker *m)
{
    make_range(m, false);
}

/* ---- the others ---- */

static void make_pattern(struct maker *m)
{
    struct rule rule = { .kind = RULE_TEXT, .test = matches_pattern, .code = "pattern" };
    char room[320];
    pcre2_code *compiled = compile_pattern(m->spec.pattern, room, sizeof room);

    rule.pattern = m->spec.pattern;
    pcre2_code_free(compiled); /* only looked at: what `plan` keeps, nobody would free under `check` */
    if (!compiled)
        leat_plan_wrong_at(m->plan, m->node, "%s", room);
    else if (m->field->type != LEAT_TEXT)
        refuse(m, "fields of type text");
    else
        add(m, rule, "must match the pattern %.200s", m->spec.pattern);
}

/* The scalars of the list, where they are right; their number. */
static int words_of(struct maker *m, struct word *words)
{
    int n = 0;

    for (int i = 0; i < m->node->n_children; i++) {
        const struct leat_node *item = m->node->children[i];

        if (item->kind != LEAT_SCALAR)
            leat_plan_wrong_at(m->plan, item, "`enum` is a list of values");
        else if (item->plain && (strcmp(item->text, "null") == 0 || !*item->text))
            leat_plan_wrong_at(m->plan, item, "null passes every rule but `required`; leave it out here");
        else
            words[n++] = (struct word){ item->text, strlen(item->text) };
    }
    return n;
}

static void numbers_of(struct maker *m, struct rule *rule, const struct word *words, int n)
{
    int64_t *numbers = leat_plan_alloc(m->plan, (size_t)n * sizeof *numbers);

    for (int i = 0; i < n; i++)
        if (!leat_text_to_int64(words[i].text, words[i].n, &numbers[i]))
            leat_plan_wrong_at(m->plan, m->node, "`enum` of a field of type int64 is a list of whole numbers");
    rule->kind = RULE_ONE_OF;
    rule->numbers = numbers;
    rule->n_numbers = n;
}

/* "a, b, c", as long as people read on. */
static void join(char *room, size_t n_room, const struct word *words, int n)
{
    size_t used = 0;

    room[0] = '\0';
    for (int i = 0; i < n; i++) {
        if (used + words[i].n + 3 > n_room) {
            (void)snprintf(room, n_room, "the %d values of the list", n);
            return;
        }
        used += (size_t)snprintf(room + used, n_room - used, "%s%s", i ? ", " : "", words[i].text);
    }
}

static void make_enum(struct maker *m)
{
    struct rule rule = { .kind = RULE_TEXT, .test = is_one_of, .code = "not_in_enum" };
    struct word *words = leat_plan_alloc(m->plan, (size_t)m->spec.values->n_children * sizeof *words);
    char list[200];
    int n;

    m->node = m->spec.values; /* a scalar has been made a list of one */
    n = words_of(m, words);
    join(list, sizeof list, words, n);
    if (m->field->type == LEAT_INT64) {
        numbers_of(m, &rule, words, n);
    } else {
        qsort(words, (size_t)n, sizeof *words, compare_words);
        rule.words = words;
        rule.n_words = n;
    }
    if (m->field->type != LEAT_INT64 && m->field->type != LEAT_TEXT)
        refuse(m, "fields of type text and int64; write `check: FIELD in (...)`");
    else if (!m->node->n_children)
        leat_plan_wrong_at(m->plan, m->node, "`enum` names no value");
    else
        add(m, rule, "must be one of %s", list);
}

static void make_check(struct maker *m)
{
    struct rule rule = { .kind = RULE_CHECK, .code = "check" };

    rule.expression = leat_plan_expression(m->plan, m->spec.check, LEAT_BOOL, NULL);
    if (rule.expression)
        add(m, rule, "does not meet its check (line %d of the pipeline)", m->node->line);
}

static void make_unique(struct maker *m)
{
    if (!m->spec.unique)
        return;
    add(m, (struct rule){ .kind = RULE_UNIQUE, .code = "not_unique" },
        "must be unique, and a record before it has the same value");
    m->rules->n_unique++;
}

static const struct {
    const char *name;
    void (*make)(struct maker *);
    bool any_text; /* no text is wrong before it is looked at here */
} makers[] = {
    { "required", make_required, false }, { "type", make_type, false }, { "format", make_format, false },
    { "length", make_length, false }, { "min_length", make_min_length, false },
    { "max_length", make_max_length, false }, { "unique", make_unique, false }, { "enum", make_enum, false },
    { "min", make_min, true }, { "max", make_max, true }, { "pattern", make_pattern, true },
    { "check", make_check, true },
};

/* A key with nothing behind it is not given. */
static bool is_given(const struct leat_node *node)
{
    return node->kind != LEAT_SCALAR || !node->plain || (*node->text && strcmp(node->text, "null") != 0);
}

void make_rule(struct maker *m, bool bound)
{
    bool scalar = m->node->kind == LEAT_SCALAR;

    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        if (strcmp(makers[i].name, m->node->name) == 0 && is_given(m->node) &&
            (bound || (makers[i].any_text && scalar)))
            makers[i].make(m);
}
