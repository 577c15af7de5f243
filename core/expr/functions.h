/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The functions behind the rows of functions.c and operators.c.
 */
#ifndef LEAT_EXPR_FUNCTIONS_H
#define LEAT_EXPR_FUNCTIONS_H

#include <errno.h>

#include <leat/function.h>

typedef int leat_fn(const struct leat_call *, struct leat_error *);
typedef int leat_fn_bind(const struct leat_bind *, void **ret_bound, struct leat_error *);

/* functions-case.c */
leat_fn leat_fn_lower, leat_fn_upper, leat_fn_initcap, leat_fn_normalize;
/* functions-slice.c */
leat_fn leat_fn_trim, leat_fn_ltrim, leat_fn_rtrim, leat_fn_length, leat_fn_length_bytes, leat_fn_substr,
    leat_fn_left, leat_fn_right, leat_fn_split_part;
leat_fn_bind leat_bind_substr, leat_bind_split_part;
/* functions-text.c */
leat_fn leat_fn_concat, leat_fn_concat_ws, leat_fn_replace, leat_fn_translate, leat_fn_reverse, leat_fn_starts_with,
    leat_fn_lpad, leat_fn_rpad;
/* like.c */
leat_fn leat_fn_like, leat_fn_ilike;
leat_fn_bind leat_bind_like, leat_bind_ilike;
/* functions-regexp.c */
leat_fn leat_fn_regexp_like, leat_fn_regexp_replace;
leat_fn_bind leat_bind_regexp_like, leat_bind_regexp_replace;
void leat_unbind_regexp(void *bound);
/* functions-number.c */
leat_fn leat_fn_abs_int64, leat_fn_abs_float64, leat_fn_abs_decimal, leat_fn_same_int64, leat_fn_round_float64,
    leat_fn_floor_float64, leat_fn_ceil_float64, leat_fn_round_decimal, leat_fn_floor_decimal, leat_fn_ceil_decimal;
/* functions-crypto.c */
leat_fn leat_fn_md5, leat_fn_sha256, leat_fn_hmac_sha256, leat_fn_uuid_v5, leat_fn_encode, leat_fn_decode;
leat_fn_bind leat_bind_encode, leat_bind_decode, leat_bind_uuid_v5;
/* functions-json.c */
leat_fn leat_fn_json_get;
leat_fn_bind leat_bind_json_get;
void leat_unbind_json_get(void *bound);
/* functions-time.c */
leat_fn leat_fn_parse_date, leat_fn_parse_timestamp, leat_fn_format_date, leat_fn_format_timestamp, leat_fn_epoch_date,
    leat_fn_epoch_timestamp, leat_fn_to_timestamp_int64, leat_fn_to_timestamp_float64;
leat_fn_bind leat_bind_parse_date, leat_bind_parse_timestamp, leat_bind_format_date, leat_bind_format_timestamp,
    leat_bind_epoch;
void leat_unbind_parse(void *bound);
void leat_unbind_epoch(void *bound);
/* cast.c */
leat_fn leat_fn_bool;

#endif
