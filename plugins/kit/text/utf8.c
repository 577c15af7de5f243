/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Valid UTF-8 by RFC 3629: for names, which are short. The host looks at values.
 */
#include "kit/text/text.h"

size_t leat_text_character(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t length = *p < 0x80 ? 1 : *p < 0xC2 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : *p < 0xF5 ? 4 : 0;

    if (length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((*p == 0xE0 && p[1] < 0xA0) || (*p == 0xED && p[1] > 0x9F) || (*p == 0xF0 && p[1] < 0x90) ||
        (*p == 0xF4 && p[1] > 0x8F))
        return 0;
    return length;
}

bool leat_text_is_utf8(const char *text, size_t n)
{
    size_t length = 1;

    for (size_t i = 0; i < n && length; i += length)
        length = leat_text_character(text + i, n - i);
    return length > 0;
}
