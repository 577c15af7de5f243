/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Characters are ASCII outside of quotes, so a byte is a character here.
 */
#include "expr/lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int leat_expr_fail(struct leat_expr_fault *fault, size_t offset, const char *format, ...)
{
    va_list args;

    fault->offset = offset;
    fault->hint[0] = '\0';
    va_start(args, format);
    (void)vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    return LEAT_EPIPELINE;
}

void leat_expr_hint(struct leat_expr_fault *fault, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(fault->hint, sizeof fault->hint, format, args);
    va_end(args);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c);
}

bool leat_token_is(const struct leat_token *token, const char *word)
{
    return (token->kind == TOKEN_NAME || token->kind == TOKEN_SYMBOL) && strlen(word) == token->n &&
           strncasecmp(token->text, word, token->n) == 0;
}

/* The character at `at + ahead`, NUL behind the end. */
static char peek(const struct leat_lexer *l, size_t ahead)
{
    return l->at + ahead < l->n ? l->text[l->at + ahead] : '\0';
}

static struct leat_token token(struct leat_lexer *l, enum leat_token_kind kind, size_t from, size_t skip)
{
    struct leat_token t = {kind, from, l->text + from + skip, l->at - from - 2 * skip};

    l->last = t;
    return t;
}

static struct leat_token bad(size_t offset)
{
    return (struct leat_token){TOKEN_BAD, offset, "", 0};
}

static struct leat_token quoted(struct leat_lexer *l, char quote, enum leat_token_kind kind)
{
    size_t from = l->at++;

    while (l->at < l->n) {
        if (peek(l, 0) == quote && peek(l, 1) != quote) {
            l->at++;
            return token(l, kind, from, 1);
        }
        l->at += peek(l, 0) == quote ? 2 : 1;
    }
    (void)leat_expr_fail(l->fault, from, "this %s has no end", quote == '\'' ? "text" : "name");
    leat_expr_hint(l->fault, "close it with %c; a %c inside is written %c%c", quote, quote, quote, quote);
    return bad(from);
}

static void skip_digits(struct leat_lexer *l)
{
    while (is_digit(peek(l, 0)))
        l->at++;
}

static struct leat_token number(struct leat_lexer *l)
{
    enum leat_token_kind kind = TOKEN_INTEGER;
    size_t from = l->at;

    skip_digits(l);
    if (peek(l, 0) == '.') {
        kind = TOKEN_DECIMAL;
        l->at++;
        skip_digits(l);
    }
    if (peek(l, 0) == 'e' || peek(l, 0) == 'E') {
        size_t sign = peek(l, 1) == '+' || peek(l, 1) == '-';

        if (is_digit(peek(l, 1 + sign))) {
            kind = TOKEN_FLOAT;
            l->at += 1 + sign;
            skip_digits(l);
        }
    }
    if (is_word(peek(l, 0)) || peek(l, 0) == '.') {
        size_t end = l->at;

        while (end < l->n && (is_word(l->text[end]) || l->text[end] == '.'))
            end++;
        (void)leat_expr_fail(l->fault, from, "a number ends in letters here");
        leat_expr_hint(l->fault, "a field whose name begins with a digit stands in double quotes: \"%.*s\"",
                       (int)(end - from), l->text + from);
        return bad(from);
    }
    return token(l, kind, from, 0);
}

static struct leat_token name(struct leat_lexer *l)
{
    size_t from = l->at++;

    for (;;) {
        char c = peek(l, 0);

        if (is_word(c))
            l->at++;
        else if ((c == ':' || c == '.') && is_word(peek(l, 1)))
            l->at += 2;
        else
            return token(l, TOKEN_NAME, from, 0);
    }
}

/* What people type who come from other languages. */
static bool foreign(struct leat_lexer *l)
{
    static const struct {
        const char *text, *instead;
    } words[] = {
        {"==", "write = for equality"},
        {"&&", "write and"},
        {"=>", "write >="},
        {"=<", "write <="},
        {"!", "write not, or <> for unequal"},
        {"`", "a name that needs quotes stands in double quotes"},
        {"[", "an element of a list is json_get(field, '[0]')"},
        {"->", "a member of a document is json_get(field, 'name')"},
        {"^", "there is no power operator"},
        {"~", "write regexp_like(text, pattern)"},
        {";", "an expression ends by itself"},
        {"$", "a parameter is ${param:NAME}"},
        {"?", "write case when CONDITION then A else B end"},
    };

    if (peek(l, 0) == ':' && peek(l, 1) == ':') {
        size_t type = l->at + 2, end = type;
        bool simple = l->last.n && l->last.kind != TOKEN_SYMBOL;

        while (end < l->n && is_word(l->text[end]))
            end++;
        (void)leat_expr_fail(l->fault, l->at, "there is no operator ::");
        leat_expr_hint(l->fault, "write cast(%.*s as %.*s)", simple ? (int)(l->at - l->last.offset) : 3,
                       simple ? l->text + l->last.offset : "...", end > type ? (int)(end - type) : 4,
                       end > type ? l->text + type : "text");
        return true;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].text);

        if (l->n - l->at >= n && memcmp(l->text + l->at, words[i].text, n) == 0) {
            (void)leat_expr_fail(l->fault, l->at, "there is no operator %s", words[i].text);
            leat_expr_hint(l->fault, "%s", words[i].instead);
            return true;
        }
    }
    return false;
}

static struct leat_token symbol(struct leat_lexer *l)
{
    static const char two[][3] = {"||", "<>", "!=", "<=", ">="};
    size_t from = l->at;
    char c = peek(l, 0);

    for (size_t i = 0; i < sizeof two / sizeof *two; i++) {
        if (c == two[i][0] && peek(l, 1) == two[i][1]) {
            l->at += 2;
            return token(l, TOKEN_SYMBOL, from, 0);
        }
    }
    if (foreign(l))
        return bad(from);
    if (c && strchr("+-*/%(),<>=", c)) {
        l->at++;
        return token(l, TOKEN_SYMBOL, from, 0);
    }
    if ((unsigned char)c >= 0x80 || c == '.' || c == ':') {
        (void)leat_expr_fail(l->fault, from, "a name with such a character stands in double quotes");
        leat_expr_hint(l->fault, "names are ASCII letters, digits, _ and : or . between them; text stands in 'quotes'");
    } else if ((unsigned char)c < 0x20 || c == 0x7F) {
        (void)leat_expr_fail(l->fault, from, "a control character (0x%02x) stands here", (unsigned char)c);
    } else {
        (void)leat_expr_fail(l->fault, from, "%c means nothing here", c);
    }
    return bad(from);
}

struct leat_token leat_lexer_next(struct leat_lexer *l)
{
    char c;

    while (l->at < l->n && memchr(" \t\r\n", l->text[l->at], 4))
        l->at++;
    if (l->at == l->n)
        return token(l, TOKEN_END, l->n, 0);
    c = peek(l, 0);
    if (c == '\'')
        return quoted(l, '\'', TOKEN_TEXT);
    if (c == '"')
        return quoted(l, '"', TOKEN_QUOTED);
    if (is_digit(c) || (c == '.' && is_digit(peek(l, 1))))
        return number(l);
    if (is_letter(c))
        return name(l);
    return symbol(l);
}
