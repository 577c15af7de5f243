/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "kit/text/text.h"

#include <math.h>
#include <stdlib.h>

static const int64_t us_per_second = 1000000, us_per_day = INT64_C(86400) * 1000000;

static char *two_digits(char *out, unsigned value)
{
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
    return out + 2;
}

char *leat_int64_put(char *out, int64_t value)
{
    char digits[20], *p = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    for (; rest >= 100; rest /= 100)
        p = two_digits(p - 2, (unsigned)(rest % 100)) - 2;
    if (rest >= 10)
        p = two_digits(p - 2, (unsigned)rest) - 2;
    else
        *--p = (char)('0' + rest);
    if (value < 0)
        *out++ = '-';
    memcpy(out, p, (size_t)(digits + sizeof digits - p));
    return out + (digits + sizeof digits - p);
}

char *leat_float64_put(char *out, double value)
{
    int n = 0;

    if (isnan(value) || isinf(value)) {
        const char *word = isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";

        return (char *)memcpy(out, word, strlen(word)) + strlen(word);
    }
    if (fabs(value) < 1e15 && value == (double)(int64_t)value && (value != 0 || !signbit(value)))
        return leat_int64_put(out, (int64_t)value);
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(out, LEAT_VALUE_ROOM, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return out + n;
}

/* Howard Hinnant's days_to_civil, in years that begin in March. */
char *leat_date_put(char *out, int32_t days)
{
    int64_t z = (int64_t)days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    unsigned month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = (int64_t)yoe + era * 400 + (month <= 2);

    if (year >= 0 && year <= 9999) {
        out = two_digits(out, (unsigned)year / 100);
        out = two_digits(out, (unsigned)year % 100);
    } else {
        out += sprintf(out, "%+05lld", (long long)year);
    }
    *out++ = '-';
    out = two_digits(out, month);
    *out++ = '-';
    return two_digits(out, doy - (153 * mp + 2) / 5 + 1);
}

char *leat_timestamp_put(char *out, int64_t us, bool utc)
{
    int64_t days = us / us_per_day, rest = us % us_per_day;
    unsigned seconds, micros;

    if (rest < 0) {
        rest += us_per_day;
        days--;
    }
    seconds = (unsigned)(rest / us_per_second);
    micros = (unsigned)(rest % us_per_second);
    out = leat_date_put(out, (int32_t)days);
    *out++ = ' ';
    out = two_digits(out, seconds / 3600);
    *out++ = ':';
    out = two_digits(out, seconds / 60 % 60);
    *out++ = ':';
    out = two_digits(out, seconds % 60);
    if (micros) {
        *out++ = '.';
        out = two_digits(out, micros / 10000);
        out = two_digits(out, micros / 100 % 100);
        out = two_digits(out, micros % 100);
    }
    if (utc)
        *out++ = 'Z';
    return out;
}

char *leat_value_put(char *out, const struct leat_field *field, const struct leat_column *column, int32_t row)
{
    switch (column->type) {
    case LEAT_BOOL:
        return leat_bool(column, row) ? (char *)memcpy(out, "true", 4) + 4 : (char *)memcpy(out, "false", 5) + 5;
    case LEAT_INT64:
        return leat_int64_put(out, column->int64[row]);
    case LEAT_FLOAT64:
        return leat_float64_put(out, column->float64[row]);
    case LEAT_DATE:
        return leat_date_put(out, column->date[row]);
    case LEAT_TIMESTAMP:
        return leat_timestamp_put(out, column->int64[row], !field->local);
    default:
        return out;
    }
}

const char *leat_value_text(char room[LEAT_VALUE_ROOM], const struct leat_field *field,
                            const struct leat_column *column, int32_t row, size_t *ret_n)
{
    if (column->offsets)
        return leat_text(column, row, ret_n);
    *ret_n = (size_t)(leat_value_put(room, field, column, row) - room);
    return room;
}

char *leat_hex_put(char *out, const char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *out++ = digits[(uint8_t)bytes[i] >> 4];
        *out++ = digits[(uint8_t)bytes[i] & 15];
    }
    return out;
}
