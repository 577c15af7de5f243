/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The core's functions: one row each, from which come the checks, the manual
 * page and the tests of the examples. Rows without a function are terms of
 * their own (case.c), named here to be found and documented.
 */
#include <stdlib.h>

#include "expr/functions.h"

enum { VARIADIC = LEAT_VARIADIC, NULLS = LEAT_SEES_NULLS, FAILS = LEAT_CAN_FAIL, ANY = LEAT_TAKES_ANY };

#define TEXT LEAT_TEXT
#define INT64 LEAT_INT64
#define FLOAT64 LEAT_FLOAT64
#define DECIMAL LEAT_DECIMAL
#define BYTES LEAT_BYTES
#define DATE LEAT_DATE
#define TIMESTAMP LEAT_TIMESTAMP

const struct leat_function leat_core_functions[] = {
    /* case and normal forms */
    { "lower", TEXT, { TEXT }, 0, 0, "The text in lower case.", "lower('ÀÉ Tom')", "àé tom", NULL, NULL,
      leat_fn_lower },
    { "upper", TEXT, { TEXT }, 0, 0, "The text in upper case.", "upper('tom')", "TOM", NULL, NULL, leat_fn_upper },
    { "initcap", TEXT, { TEXT }, 0, 0, "Each word with a capital first letter, the rest in lower case.",
      "initcap('hi THOMAS')", "Hi Thomas", NULL, NULL, leat_fn_initcap },
    { "normalize", TEXT, { TEXT }, 0, 0, "The text in Unicode's normal form C.",
      "length(normalize('e' || decode('cc81', 'hex')))", "1", NULL, NULL, leat_fn_normalize },

    /* pieces */
    { "trim", TEXT, { TEXT, TEXT }, 1, 0,
      "The text without the spaces, or any of the given characters, at its ends.", "trim('xxTomxx', 'x')", "Tom", NULL,
      NULL, leat_fn_trim },
    { "ltrim", TEXT, { TEXT, TEXT }, 1, 0, "The same at its start.", "ltrim('zzzytest', 'xyz')", "test", NULL, NULL,
      leat_fn_ltrim },
    { "rtrim", TEXT, { TEXT, TEXT }, 1, 0, "The same at its end.", "rtrim('testxxzx', 'xyz')", "test", NULL, NULL,
      leat_fn_rtrim },
    { "length", INT64, { TEXT }, 0, 0, "How many characters the text has.", "length('José')", "4", NULL, NULL,
      leat_fn_length },
    { "length", INT64, { BYTES }, 0, 0, "How many bytes there are.", "length(decode('c3a9', 'hex'))", "2", NULL, NULL,
      leat_fn_length_bytes },
    { "substr", TEXT, { TEXT, INT64, INT64 }, 1, FAILS,
      "The characters from a position on (the first is 1), all or so many.", "substr('alphabet', 3, 2)", "ph",
      leat_bind_substr, NULL, leat_fn_substr },
    { "left", TEXT, { TEXT, INT64 }, 0, 0, "The first n characters; a negative n leaves so many out at the end.",
      "left('abcde', -2)", "abc", NULL, NULL, leat_fn_left },
    { "right", TEXT, { TEXT, INT64 }, 0, 0, "The last n characters; a negative n leaves so many out at the start.",
      "right('abcde', 2)", "de", NULL, NULL, leat_fn_right },
    { "split_part", TEXT, { TEXT, TEXT, INT64 }, 0, FAILS,
      "The nth of the fields between a delimiter, from the end if n is negative; empty if there is none.",
      "split_part('abc~@~def~@~ghi', '~@~', 2)", "def", leat_bind_split_part, NULL, leat_fn_split_part },

    /* composing and replacing */
    { "concat", TEXT, { TEXT }, 0, VARIADIC | NULLS | ANY, "All arguments as one text; nulls are left out.",
      "concat('abc', 2, null, true)", "abc2true", NULL, NULL, leat_fn_concat },
    { "concat_ws", TEXT, { TEXT, TEXT }, 0, VARIADIC | NULLS | ANY,
      "All arguments but the first as one text with the first between them; nulls are left out.",
      "concat_ws(', ', 'abc', null, 22)", "abc, 22", NULL, NULL, leat_fn_concat_ws },
    { "lpad", TEXT, { TEXT, INT64, TEXT }, 1, FAILS,
      "The text filled up to n characters at its start, with spaces or the given text; a longer one is cut.",
      "lpad('42', 5, '0')", "00042", NULL, NULL, leat_fn_lpad },
    { "rpad", TEXT, { TEXT, INT64, TEXT }, 1, FAILS, "The same at its end.", "rpad('hi', 5, 'xy')", "hixyx", NULL,
      NULL, leat_fn_rpad },
    { "replace", TEXT, { TEXT, TEXT, TEXT }, 0, 0, "Each occurrence of the second text becomes the third.",
      "replace('abcdef', 'cd', 'XX')", "abXXef", NULL, NULL, leat_fn_replace },
    { "translate", TEXT, { TEXT, TEXT, TEXT }, 0, 0,
      "Each character that stands in the second text becomes the one at its place in the third, or goes.",
      "translate('12345', '143', 'ax')", "a2x5", NULL, NULL, leat_fn_translate },
    { "reverse", TEXT, { TEXT }, 0, 0, "The characters in reverse order.", "reverse('abc')", "cba", NULL, NULL,
      leat_fn_reverse },
    { "starts_with", LEAT_BOOL, { TEXT, TEXT }, 0, 0, "Whether the text begins with the second one.",
      "starts_with('alphabet', 'alph')", "true", NULL, NULL, leat_fn_starts_with },
    { "regexp_like", LEAT_BOOL, { TEXT, TEXT, TEXT }, 1, FAILS,
      "Whether a part of the text matches the pattern (PCRE2); flags: i for any case.",
      "regexp_like('Hello', '^h.*o$', 'i')", "true", leat_bind_regexp_like, leat_unbind_regexp, leat_fn_regexp_like },
    { "regexp_replace", TEXT, { TEXT, TEXT, TEXT, TEXT }, 1, FAILS,
      "The first match of the pattern becomes the replacement, in which \\1 is a group and \\& all of it; flags: g "
      "for every match, i for any case.",
      "regexp_replace('+33 (0)6 12', '\\D', '', 'g')", "330612", leat_bind_regexp_replace, leat_unbind_regexp,
      leat_fn_regexp_replace },

    /* choosing */
    { "coalesce", LEAT_NONE, { LEAT_NONE }, 0, VARIADIC | NULLS, "The first argument that is not null.",
      "coalesce(null, 'b', 'c')", "b", NULL, NULL, NULL },
    { "nullif", LEAT_NONE, { LEAT_NONE, LEAT_NONE }, 0, NULLS, "Null if both are equal, else the first.",
      "nullif('-', '-')", NULL, NULL, NULL, NULL },
    { "greatest", LEAT_NONE, { LEAT_NONE }, 0, VARIADIC | NULLS, "The largest argument; nulls are passed over.",
      "greatest(3, null, 7)", "7", NULL, NULL, NULL },
    { "least", LEAT_NONE, { LEAT_NONE }, 0, VARIADIC | NULLS, "The smallest argument; nulls are passed over.",
      "least('b', 'a')", "a", NULL, NULL, NULL },

    /* digests and encodings */
    { "md5", TEXT, { TEXT }, 0, 0, "The MD5 digest as hexadecimal text.", "md5('abc')",
      "900150983cd24fb0d6963f7d28e17f72", NULL, NULL, leat_fn_md5 },
    { "md5", TEXT, { BYTES }, 0, 0, "The same of bytes.", "md5(decode('616263', 'hex'))",
      "900150983cd24fb0d6963f7d28e17f72", NULL, NULL, leat_fn_md5 },
    { "sha256", BYTES, { TEXT }, 0, 0, "The SHA-256 digest as bytes.", "encode(sha256('abc'), 'hex')",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", NULL, NULL, leat_fn_sha256 },
    { "sha256", BYTES, { BYTES }, 0, 0, "The same of bytes.", "left(encode(sha256(decode('616263', 'hex')), 'hex'), 8)",
      "ba7816bf", NULL, NULL, leat_fn_sha256 },
    { "hmac_sha256", BYTES, { TEXT, TEXT }, 0, 0, "The HMAC with SHA-256 of the second text under the first as key, as bytes.",
      "left(encode(hmac_sha256('key', 'The quick brown fox jumps over the lazy dog'), 'hex'), 16)", "f7bc83f430538424",
      NULL, NULL, leat_fn_hmac_sha256 },
    { "hmac_sha256", BYTES, { BYTES, TEXT }, 0, 0, "The same with a key of bytes.",
      "left(encode(hmac_sha256(decode('6b6579', 'hex'), 'The quick brown fox jumps over the lazy dog'), 'hex'), 16)",
      "f7bc83f430538424", NULL, NULL, leat_fn_hmac_sha256 },
    { "uuid_v5", TEXT, { TEXT, TEXT }, 0, FAILS, "The UUID of version 5 of a name in a namespace (a UUID).",
      "uuid_v5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'python.org')", "886313e1-3b8a-5372-9b90-0c9aee199e5d",
      leat_bind_uuid_v5, NULL, leat_fn_uuid_v5 },
    { "encode", TEXT, { BYTES, TEXT }, 0, 0, "Bytes as text: 'hex' or 'base64' (in one line).",
      "encode(cast('abc' as bytes), 'base64')", "YWJj", leat_bind_encode, NULL, leat_fn_encode },
    { "decode", BYTES, { TEXT, TEXT }, 0, FAILS, "The bytes that a text in 'hex' or 'base64' stands for.",
      "cast(decode('YWJj', 'base64') as text)", "abc", leat_bind_decode, NULL, leat_fn_decode },

    /* numbers */
    { "abs", INT64, { INT64 }, 0, FAILS, "The number without its sign.", "abs(-17)", "17", NULL, NULL,
      leat_fn_abs_int64 },
    { "abs", FLOAT64, { FLOAT64 }, 0, 0, "The same of a float64.", "abs(-1.5e0)", "1.5", NULL, NULL,
      leat_fn_abs_float64 },
    { "abs", DECIMAL, { DECIMAL }, 0, 0, "The same of a decimal.", "abs(-17.40)", "17.40", NULL, NULL,
      leat_fn_abs_decimal },
    { "round", INT64, { INT64 }, 0, 0, "A whole number as it is.", "round(42)", "42", NULL, NULL, leat_fn_same_int64 },
    { "round", FLOAT64, { FLOAT64 }, 0, 0, "The nearest whole number; of two, the even one.", "round(2.5e0)", "2", NULL,
      NULL, leat_fn_round_float64 },
    { "round", DECIMAL, { DECIMAL, INT64 }, 1, FAILS,
      "To n digits behind the point, or none; halves away from zero.", "round(42.4382, 2)", "42.44", NULL, NULL,
      leat_fn_round_decimal },
    { "floor", INT64, { INT64 }, 0, 0, "A whole number as it is.", "floor(42)", "42", NULL, NULL, leat_fn_same_int64 },
    { "floor", FLOAT64, { FLOAT64 }, 0, 0, "The nearest whole number that is not larger.", "floor(-42.8e0)", "-43",
      NULL, NULL, leat_fn_floor_float64 },
    { "floor", DECIMAL, { DECIMAL }, 0, FAILS, "The same of a decimal.", "floor(-42.8)", "-43", NULL, NULL,
      leat_fn_floor_decimal },
    { "ceil", INT64, { INT64 }, 0, 0, "A whole number as it is.", "ceil(42)", "42", NULL, NULL, leat_fn_same_int64 },
    { "ceil", FLOAT64, { FLOAT64 }, 0, 0, "The nearest whole number that is not smaller.", "ceil(42.2e0)", "43", NULL,
      NULL, leat_fn_ceil_float64 },
    { "ceil", DECIMAL, { DECIMAL }, 0, FAILS, "The same of a decimal.", "ceil(-42.8)", "-42", NULL, NULL,
      leat_fn_ceil_decimal },

    /* dates and times */
    { "parse_date", DATE, { TEXT, TEXT }, 0, FAILS | VARIADIC,
      "The date that a text is in the first format that fits all of it.",
      "parse_date('31/12/2024', '%Y-%m-%d', '%d/%m/%Y')", "2024-12-31", leat_bind_parse_date, leat_unbind_parse,
      leat_fn_parse_date },
    { "parse_timestamp", TIMESTAMP, { TEXT, TEXT }, 0, FAILS | VARIADIC,
      "The same with a time of day. It is UTC if a format has %z, else local time.",
      "parse_timestamp('31.12.2024 23:59', '%d.%m.%Y %H:%M')", "2024-12-31 23:59:00", leat_bind_parse_timestamp,
      leat_unbind_parse, leat_fn_parse_timestamp },
    { "format_date", TEXT, { DATE, TEXT }, 0, 0, "The date as text in a format.",
      "format_date(cast('2024-12-31' as date), '%d/%m/%Y')", "31/12/2024", leat_bind_format_date, leat_unbind_parse,
      leat_fn_format_date },
    { "format_date", TEXT, { TIMESTAMP, TEXT }, 0, 0, "The same of a timestamp.",
      "format_date(cast('2024-12-31 08:05:00' as timestamp), '%I:%M %p')", "08:05 AM", leat_bind_format_timestamp,
      leat_unbind_parse, leat_fn_format_timestamp },
    { "epoch", INT64, { TIMESTAMP }, 0, 0,
      "Whole seconds since 1970-01-01 00:00:00 UTC; of a local time, by the time zone of its field.",
      "epoch(cast('2024-02-29 12:00:00' as timestamp))", "1709208000", leat_bind_epoch, leat_unbind_epoch,
      leat_fn_epoch_timestamp },
    { "epoch", INT64, { DATE }, 0, 0, "The same of the date's midnight in UTC.", "epoch(cast('1970-01-02' as date))",
      "86400", NULL, NULL, leat_fn_epoch_date },
    { "to_timestamp", TIMESTAMP, { INT64 }, 0, FAILS, "The UTC timestamp of seconds since 1970.",
      "to_timestamp(1709208000)", "2024-02-29 12:00:00Z", NULL, NULL, leat_fn_to_timestamp_int64 },
    { "to_timestamp", TIMESTAMP, { FLOAT64 }, 0, FAILS, "The same with a fraction.", "to_timestamp(0.5e0)",
      "1970-01-01 00:00:00.500000Z", NULL, NULL, leat_fn_to_timestamp_float64 },

    /* the rest */
    { "json_get", TEXT, { LEAT_JSON, TEXT }, 0, FAILS,
      "The value at a path in a document: texts bare, lists and documents as JSON, null where there is none.",
      "json_get(cast('{\"a\": {\"b\": [1, \"x\"]}}' as json), 'a.b[1]')", "x", leat_bind_json_get,
      leat_unbind_json_get, leat_fn_json_get },
    { "json_get", TEXT, { TEXT, TEXT }, 0, FAILS, "The same of a document in a text.",
      "json_get('{\"a\": {\"b\": [1, \"x\"]}}', 'a.b')", "[1, \"x\"]", leat_bind_json_get, leat_unbind_json_get,
      leat_fn_json_get },
    { "bool", LEAT_BOOL, { TEXT }, 0, FAILS,
      "True for true t yes y on 1, false for their opposites, in any case.", "bool(' Yes ')", "true", NULL, NULL,
      leat_fn_bool },

    LEAT_END_OF_FUNCTIONS
};
