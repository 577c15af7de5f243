/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Text: the growing buffer, JSON strings, UTF-8 against a decoder of our own, widths, nearest names.
 */
#include "unit.h"

#include <string.h>

#include "base/text.h"

/* ---- the buffer ---- */

static void test_buffer_grows_and_ends_in_nul(void **state)
{
    struct leat_text_buffer b = {0};

    (void)state;
    assert_null(b.p);
    leat_text_add(&b, NULL, 0);
    assert_string_equal(b.p, "");
    for (int i = 0; i < 5000; i++) {
        leat_text_add(&b, "ab", 2);
        assert_int_equal(b.p[b.n], '\0');
    }
    assert_int_equal(b.n, 10000);
    assert_true(b.cap > b.n);
    leat_text_deinit(&b);
    assert_null(b.p);
    assert_int_equal(b.n, 0);
}

static void test_buffer_keeps_nul_bytes(void **state)
{
    struct leat_text_buffer b = {0};

    (void)state;
    leat_text_add(&b, "a\0b", 3);
    assert_int_equal(b.n, 3);
    assert_memory_equal(b.p, "a\0b", 4);
    leat_text_deinit(&b);
}

static void test_printf_of_any_length(void **state)
{
    struct leat_text_buffer b = {0};
    size_t wanted = 0;

    (void)state;
    for (int width = 1; width < 300; width++) {
        leat_text_printf(&b, "%*d", width, 7);
        wanted += (size_t)width;
        assert_int_equal(b.n, wanted);
        assert_int_equal(b.p[b.n - 1], '7');
    }
    leat_text_printf(&b, "%s", "");
    assert_int_equal(b.n, wanted);
    leat_text_deinit(&b);
}

/* ---- JSON ---- */

static void assert_json(const char *text, size_t n, const char *wanted)
{
    struct leat_text_buffer b = {0};

    leat_text_add_json(&b, text, n);
    assert_string_equal(b.p, wanted);
    leat_text_deinit(&b);
}

static void test_json_escapes(void **state)
{
    (void)state;
    assert_json("", 0, "\"\"");
    assert_json("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"");
    assert_json("\n\r\t\b\f", 5, "\"\\n\\u000d\\u0009\\u0008\\u000c\"");
    assert_json("\0\x1f\x7f", 3, "\"\\u0000\\u001f\x7f\"");
    assert_json("\xC3\xA9\xF0\x9F\x99\x82", 6, "\"\xC3\xA9\xF0\x9F\x99\x82\"");
}

/* ---- UTF-8 ---- */

/* RFC 3629 by decoding: shortest form, at most U+10FFFF, no surrogates. */
static size_t reference_valid(const unsigned char *s, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t i = 0;

    while (i < n) {
        size_t length = s[i] < 0x80 ? 1 : s[i] >> 5 == 6 ? 2 : s[i] >> 4 == 14 ? 3 : s[i] >> 3 == 30 ? 4 : 0;
        uint32_t point = length ? s[i] & (0xFFu >> (length == 1 ? 0 : length + 1)) : 0;

        if (!length || n - i < length)
            return i;
        for (size_t k = 1; k < length; k++) {
            if (s[i + k] >> 6 != 2)
                return i;
            point = point << 6 | (s[i + k] & 0x3F);
        }
        if (point < least[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return i;
        i += length;
    }
    return n;
}

static void test_utf8_all_pairs_and_triples(void **state)
{
    static const unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                          0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFE, 0xFF};
    unsigned char s[4];

    (void)state;
    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            s[0] = (unsigned char)a;
            s[1] = (unsigned char)b;
            assert_int_equal(leat_utf8_valid((char *)s, 2), reference_valid(s, 2));
            for (size_t c = 0; c < sizeof edges * sizeof edges; c++) {
                s[2] = edges[c % sizeof edges];
                s[3] = edges[c / sizeof edges];
                if (leat_utf8_valid((char *)s, 4) != reference_valid(s, 4))
                    fail_msg("%02x %02x %02x %02x", s[0], s[1], s[2], s[3]);
            }
        }
}

static void test_utf8_every_code_point(void **state)
{
    unsigned char s[4];

    (void)state;
    for (uint32_t p = 0x80; p <= 0x110000; p++) {
        size_t n = p < 0x800 ? 2 : p < 0x10000 ? 3 : 4;
        bool good = p <= 0x10FFFF && (p < 0xD800 || p > 0xDFFF);
        uint32_t rest = p;

        for (size_t k = n; k-- > 1; rest >>= 6)
            s[k] = (unsigned char)(0x80 | (rest & 0x3F));
        s[0] = (unsigned char)((0xF00 >> n & 0xFF) | rest);
        if (leat_utf8_valid((char *)s, n) != (good ? n : 0))
            fail_msg("U+%04X", p);
    }
}

/* The quick path looks at eight bytes at a time: a bad byte must be seen wherever it stands. */
static void test_utf8_bad_byte_anywhere(void **state)
{
    char text[48];

    (void)state;
    for (size_t n = 1; n <= sizeof text; n++)
        for (size_t at = 0; at < n; at++) {
            memset(text, 'x', n);
            text[at] = (char)0xFF;
            assert_int_equal(leat_utf8_valid(text, n), at);
            text[at] = (char)0xC3; /* begins a pair that does not go on */
            assert_int_equal(leat_utf8_valid(text, n), at);
        }
}

static void test_utf8_is_cut_at_the_end(void **state)
{
    (void)state;
    assert_int_equal(leat_utf8_valid("abc\xE2\x82\xAC", 6), 6);
    assert_int_equal(leat_utf8_valid("abc\xE2\x82\xAC", 5), 3);
    assert_int_equal(leat_utf8_valid("abc\xE2\x82\xAC", 4), 3);
    assert_int_equal(leat_utf8_valid("", 0), 0);
}

/* ---- widths and names ---- */

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(leat_text_width("", 0), 0);
    assert_int_equal(leat_text_width("abc", 3), 3);
    assert_int_equal(leat_text_width("\xC3\xA9t\xC3\xA9", 5), 3);
    assert_int_equal(leat_text_width("\xE6\x97\xA5\xE6\x9C\xAC", 6), 4); /* wide */
    assert_int_equal(leat_text_width("e\xCC\x81", 3), 1);                /* combining */
    assert_int_equal(leat_text_width("a\xFF\xFF", 3), 3);                /* no UTF-8: as bytes */
}

static void test_nearest(void **state)
{
    static const char *const names[] = {"path", "table", "query", "cursor"};
    char longest[301];

    (void)state;
    assert_string_equal(leat_nearest("pth", names, 4), "path");
    assert_string_equal(leat_nearest("PATH", names, 4), "path");
    assert_string_equal(leat_nearest("tabel", names, 4), "table"); /* a swap is one slip */
    assert_string_equal(leat_nearest("curser", names, 4), "cursor");
    assert_null(leat_nearest("password", names, 4));
    assert_null(leat_nearest("path", names, 0));
    memset(longest, 'x', 300);
    longest[300] = '\0';
    assert_null(leat_nearest(longest, names, 4)); /* nothing is near a name of 300 letters */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffer_grows_and_ends_in_nul),
        cmocka_unit_test(test_buffer_keeps_nul_bytes),
        cmocka_unit_test(test_printf_of_any_length),
        cmocka_unit_test(test_json_escapes),
        cmocka_unit_test(test_utf8_all_pairs_and_triples),
        cmocka_unit_test(test_utf8_every_code_point),
        cmocka_unit_test(test_utf8_bad_byte_anywhere),
        cmocka_unit_test(test_utf8_is_cut_at_the_end),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
