/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Dates and times. Formats are constants, read once; the one that databases
 * write has a reader of its own.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "expr/functions.h"
#include "expr/kernel.h"
#include "expr/timeformat.h"
#include "expr/zone.h"

#define INLINE static inline __attribute__((always_inline))

struct formats {
    bool sql;        /* the first one is %Y-%m-%d %H:%M:%S */
    int n;
    char reason[160];
    struct leat_time_format list[];
};

void leat_unbind_parse(void *bound)
{
    struct formats *f = bound;

    for (int i = 0; i < f->n; i++)
        leat_time_format_deinit(&f->list[i]);
    free(f);
}

static const char *constant(const struct leat_argument *a, size_t *ret_n)
{
    return a->column && !leat_is_null(a->column, 0) ? leat_text(a->column, 0, ret_n) : NULL;
}

static int bind_formats(const struct leat_bind *bind, bool for_reading, struct formats **ret, struct leat_error *err)
{
    struct formats *f = leat_alloc(sizeof *f + (size_t)bind->n_arguments * sizeof *f->list);
    int rc = 0;

    for (int i = 1; i < bind->n_arguments && rc >= 0; i++) {
        size_t n = 0;
        const char *text = constant(&bind->arguments[i], &n);

        if (!text)
            rc = leat_fail(err, -EINVAL, "a format is a constant text such as '%%Y-%%m-%%d'");
        else
            rc = leat_time_format_init(&f->list[f->n], text, n, for_reading, err);
        if (rc < 0)
            break;
        f->n++;
        f->sql = f->sql || (f->n == 1 && n == 17 && memcmp(text, "%Y-%m-%d %H:%M:%S", 17) == 0);
        if (f->n == 1)
            (void)snprintf(f->reason, sizeof f->reason, "the text does not fit %.*s%s", n < 100 ? (int)n : 100, text,
                           bind->n_arguments > 2 ? " or another of the formats" : "");
    }
    if (rc < 0)
        leat_unbind_parse(f);
    else
        *ret = f;
    return rc;
}

int leat_bind_parse_date(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    return bind_formats(bind, true, (struct formats **)ret_bound, err);
}

/* UTC as soon as one format has a zone: the others are taken as UTC then. */
int leat_bind_parse_timestamp(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    struct formats *f = NULL;
    int rc = bind_formats(bind, true, &f, err);

    if (rc < 0)
        return rc;
    bind->result->local = true;
    for (int i = 0; i < f->n; i++)
        bind->result->local = bind->result->local && !f->list[i].has_zone;
    *ret_bound = f;
    return 0;
}

/* ---- reading ---- */

/* Eight bytes of a text minus eight of a form: digits become 0 to 9, and what
 * must be the same becomes 0. False if a byte is neither; `limits` has 0x76 for
 * a digit and 0x7F for the rest, so that a byte too large sets its highest bit. */
INLINE bool fits_form(const char *p, uint64_t form, uint64_t limits, uint8_t *ret)
{
    uint64_t x;

    memcpy(&x, p, 8);
    x ^= form;
    memcpy(ret, &x, 8);
    return !(((x + limits) | x) & UINT64_C(0x8080808080808080));
}

/* 2024-12-31 23:59:59 in three loads; false for anything else. */
INLINE bool read_sql(const char *p, size_t n, int64_t *ret_us)
{
    static const char date_form[8] = "0000-00-", day_form[8] = "00 00:00", time_form[8] = "00:00:00";
    uint64_t forms[3];
    uint8_t d[8], e[8], t[8];
    unsigned year, month, day, hour, minute, second, y, m;

    if (n != 19)
        return false;
    memcpy(&forms[0], date_form, 8);
    memcpy(&forms[1], day_form, 8);
    memcpy(&forms[2], time_form, 8);
    if (!fits_form(p, forms[0], UINT64_C(0x7F76767F76767676), d) ||
        !fits_form(p + 8, forms[1], UINT64_C(0x76767F76767F7676), e) ||
        !fits_form(p + 11, forms[2], UINT64_C(0x76767F76767F7676), t))
        return false;
    year = d[0] * 1000u + d[1] * 100u + d[2] * 10u + d[3];
    month = d[5] * 10u + d[6];
    day = e[0] * 10u + e[1];
    hour = t[0] * 10u + t[1];
    minute = t[3] * 10u + t[4];
    second = t[6] * 10u + t[7];
    if (hour > 23 || minute > 59 || second > 59 || !year || !month || month > 12 || !day ||
        (day > 28 && !leat_civil_valid((int)year, (int)month, (int)day)))
        return false;
    /* leat_days_from_civil without the years before 0. */
    y = year - (month <= 2);
    m = month + (month > 2 ? -3u : 9u);
    *ret_us = ((int64_t)(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1) - 719468) * LEAT_US_PER_DAY +
              (int64_t)(hour * 3600 + minute * 60 + second) * LEAT_US_PER_SECOND;
    return true;
}

INLINE bool read_any(const struct formats *f, const char *p, size_t n, int64_t *ret_us)
{
    if (f->sql && read_sql(p, n, ret_us))
        return true;
    for (int i = 0; i < f->n; i++)
        if (leat_time_read(&f->list[i], p, n, ret_us))
            return true;
    return false;
}

int leat_fn_parse_timestamp(const struct leat_call *call, struct leat_error *err)
{
    const struct formats *f = call->bound;
    struct text_in in = text_in(&call->arguments[0]);
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *p = (const char *)text_at(&in, row, &n);

        if (!read_any(f, p, n, &out[row]))
            call_fail(call, row, "bad_date", f->reason);
    }
    return 0;
}

int leat_fn_parse_date(const struct leat_call *call, struct leat_error *err)
{
    const struct formats *f = call->bound;
    struct text_in in = text_in(&call->arguments[0]);
    int32_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *p = (const char *)text_at(&in, row, &n);
        int64_t us;

        if (read_any(f, p, n, &us))
            out[row] = (int32_t)(us / LEAT_US_PER_DAY - (us % LEAT_US_PER_DAY < 0));
        else
            call_fail(call, row, "bad_date", f->reason);
    }
    return 0;
}

/* ---- writing ---- */

int leat_bind_format_date(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    return bind_formats(bind, false, (struct formats **)ret_bound, err);
}

int leat_bind_format_timestamp(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    struct formats *f = NULL;
    int rc = bind_formats(bind, false, &f, err);

    if (rc >= 0 && f->list[0].has_zone && bind->arguments[0].field->local) {
        leat_unbind_parse(f);
        return leat_fail(err, -EINVAL, "a local timestamp has no %%z; it is UTC after to_timestamp(epoch(x))");
    }
    if (rc >= 0)
        *ret_bound = f;
    return rc;
}

INLINE int format(const struct leat_call *call, bool is_date)
{
    const struct leat_time_format *f = ((const struct formats *)call->bound)->list;
    struct text_out out;
    int rc = text_out_begin(call, 0, &out);

    for (int32_t i = 0; rc >= 0 && i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        uint8_t *room = text_out_room(call, &out, row, (size_t)f->n * LEAT_TIME_BYTES);
        int64_t us;

        if (!room)
            continue;
        if (!is_date)
            us = leat_argument_int64(&call->arguments[0], row);
        else if (__builtin_mul_overflow((int64_t)leat_argument_date(&call->arguments[0], row), LEAT_US_PER_DAY, &us)) {
            call_fail(call, row, "out_of_range", "the date is out of range");
            continue;
        }
        text_out_end_row(&out, leat_time_write(f, us, (char *)room));
    }
    if (rc >= 0)
        text_out_end(call, &out);
    return rc;
}

int leat_fn_format_date(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return format(call, true);
}

int leat_fn_format_timestamp(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return format(call, false);
}

/* ---- epoch and back ---- */

int leat_bind_epoch(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    const struct leat_field *field = bind->arguments[0].field;

    if (!field->local || !field->timezone || strcmp(field->timezone, "UTC") == 0)
        return 0;
    *ret_bound = leat_zone_open(field->timezone, err);
    return *ret_bound ? 0 : -EINVAL;
}

void leat_unbind_epoch(void *bound)
{
    leat_zone_close(bound);
}

int leat_fn_epoch_timestamp(const struct leat_call *call, struct leat_error *err)
{
    const int64_t *in = call->arguments[0].column->int64;
    int32_t mask = argument_mask(&call->arguments[0]);
    const struct leat_zone *zone = call->bound;
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        int64_t us = in[row & mask], seconds = us / LEAT_US_PER_SECOND - (us % LEAT_US_PER_SECOND < 0);

        out[row] = zone ? leat_zone_to_utc(zone, seconds) : seconds;
    }
    return 0;
}

int leat_fn_epoch_date(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++)
        out[call->rows[i]] = leat_argument_date(&call->arguments[0], call->rows[i]) * INT64_C(86400);
    return 0;
}

static const char too_far[] = "the timestamp is out of range";

int leat_fn_to_timestamp_int64(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];

        if (__builtin_mul_overflow(leat_argument_int64(&call->arguments[0], row), LEAT_US_PER_SECOND, &out[row]))
            call_fail(call, row, "out_of_range", too_far);
    }
    return 0;
}

int leat_fn_to_timestamp_float64(const struct leat_call *call, struct leat_error *err)
{
    int64_t *out = fixed_out(call);

    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        double us = rint(leat_argument_float64(&call->arguments[0], row) * 1e6);

        if (us >= -0x1p63 && us < 0x1p63)
            out[row] = (int64_t)us;
        else
            call_fail(call, row, "out_of_range", too_far);
    }
    return 0;
}
