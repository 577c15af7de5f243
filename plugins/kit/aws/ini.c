/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Read in place: each line is cut where a NUL can stand, and values point into
 * the text. What the SDKs differ in is read as most of them do: a comment behind a
 * value begins with # or ; after a space, and sections may be indented as a whole.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strchrnul */
#endif
#include "kit/aws/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE = 1 << 20 };

struct reader {
    struct ini *ini;
    bool is_config;
    int line;
    struct ini_item section;
    bool in_section;
    int at;             /* the item that an indented line belongs to; -1: none */
    size_t indent;      /* of that item's line */
    const char *key;    /* whose value was empty, so that nested ones may follow; NULL: it goes on as a text */
    struct leat_error *err;
};

static int wrong(const struct reader *r, const char *what)
{
    return leat_fail(r->err, LEAT_EUNREACHABLE, "%s:%d: %s", r->ini->path, r->line, what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static char *skip_blanks(char *p)
{
    while (is_blank(*p))
        p++;
    return p;
}

static char *trim(char *p)
{
    size_t n;

    p = skip_blanks(p);
    n = strlen(p);
    while (n && is_blank(p[n - 1]))
        p[--n] = '\0';
    return p;
}

static int add(struct reader *r, const struct ini_item *item)
{
    struct ini *ini = r->ini;

    if (ini->n == ini->cap) {
        int cap = ini->cap * 2 + 32;
        struct ini_item *grown = realloc(ini->items, (size_t)cap * sizeof *grown);

        if (!grown)
            return leat_fail(r->err, -ENOMEM, "out of memory");
        ini->items = grown;
        ini->cap = cap;
    }
    ini->items[ini->n++] = *item;
    return 0;
}

/* ---- headings ---- */

/* Behind the word that says what kind of section it is. */
static char *behind_word(char *name, const char *word)
{
    size_t n = strlen(word);

    return strncmp(name, word, n) == 0 && (is_blank(name[n]) || name[n] == '"' || name[n] == '\'')
               ? skip_blanks(name + n) : NULL;
}

static const char *unquote(char *name)
{
    size_t n = strlen(name);

    if (n < 2 || (*name != '"' && *name != '\'') || name[n - 1] != *name)
        return name;
    name[n - 1] = '\0';
    return name + 1;
}

static enum ini_kind kind_of(const struct reader *r, char *name, char **ret_name)
{
    static const struct { const char *word; enum ini_kind kind; } words[] = {
        { "profile", INI_PROFILE }, { "sso-session", INI_SESSION }, { "services", INI_SERVICES },
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char *rest = behind_word(name, words[i].word);

        if (rest && *rest) {
            *ret_name = rest;
            return r->is_config ? words[i].kind : INI_OTHER;
        }
    }
    *ret_name = name;
    return !r->is_config || strcmp(name, "default") == 0 ? INI_PROFILE : INI_OTHER;
}

static int read_heading(struct reader *r, char *p)
{
    char *end = strchr(p, ']'), *name, *own;

    if (!end)
        return wrong(r, "a heading without its closing bracket; write [profile NAME]");
    *end = '\0';
    end = skip_blanks(end + 1);
    if (*end && *end != '#' && *end != ';')
        return wrong(r, "there is something behind the closing bracket of a heading");
    name = own = trim(p + 1);
    if (!*name)
        return wrong(r, "a heading without a name; write [profile NAME]");
    r->section = (struct ini_item){ .line = r->line };
    r->section.kind = kind_of(r, name, &own);
    r->section.section = unquote(own);
    r->section.bare = r->is_config && r->section.kind == INI_PROFILE && own == name;
    r->ini->prefixed_default |= r->is_config && r->section.kind == INI_PROFILE && own != name &&
                                strcmp(r->section.section, "default") == 0;
    r->in_section = true;
    r->at = -1;
    return add(r, &r->section);
}

/* ---- values ---- */

/* A comment behind a value: # or ; after a blank. Before the value stands what the sign has become. */
static void cut_comment(char *value)
{
    for (char *p = value; *p; p++)
        if ((*p == '#' || *p == ';') && is_blank(p[-1])) {
            *p = '\0';
            return;
        }
}

static int read_setting(struct reader *r, char *p, size_t indent)
{
    char *sign = strpbrk(p, "=:");
    struct ini_item item = r->section;
    int rc;

    if (!r->in_section)
        return wrong(r, "a setting before the first heading; write [default] above it");
    if (!sign)
        return wrong(r, "neither a heading nor a setting; write NAME = VALUE");
    *sign = '\0';
    item.key = p = trim(p);
    if (!*p)
        return wrong(r, "a setting without a name; write NAME = VALUE");
    for (; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p | 0x20);
    cut_comment(sign + 1);
    item.value = trim(sign + 1);
    item.line = r->line;
    rc = add(r, &item);
    r->at = r->ini->n - 1;
    r->indent = indent;
    r->key = *item.value ? NULL : item.key;
    return rc;
}

static int read_nested(struct reader *r, char *p)
{
    struct ini_item item = r->section;
    char *sign = strchr(p, '=');

    if (!sign)
        return wrong(r, "an indented line below a setting without a value is a nested one; write NAME = VALUE");
    *sign = '\0';
    cut_comment(sign + 1);
    item.key = r->key;
    item.sub = trim(p);
    item.value = trim(sign + 1);
    item.line = r->line;
    return *item.sub ? add(r, &item) : wrong(r, "a nested setting without a name; write NAME = VALUE");
}

/* The value goes on; there is room, as the end of its line and the blanks lay between. */
static void read_more(const struct reader *r, char *p)
{
    char *value = (char *)r->ini->items[r->at].value;
    size_t n = strlen(value);

    p = trim(p);
    value[n] = '\n';
    memmove(value + n + 1, p, strlen(p) + 1);
}

static int read_line(struct reader *r, char *line)
{
    char *p = skip_blanks(line);
    size_t indent = (size_t)(p - line);

    if (!*p || *p == '#' || *p == ';')
        return 0;
    if (indent && r->at >= 0 && indent > r->indent) {
        if (r->key)
            return read_nested(r, p);
        read_more(r, p);
        return 0;
    }
    return *p == '[' ? read_heading(r, p) : read_setting(r, p, indent);
}

int ini_parse(struct ini *ini, const char *path, char *text, size_t n, bool is_config, struct leat_error *err)
{
    struct reader r = { .ini = ini, .is_config = is_config, .at = -1, .err = err };
    bool has_nul = memchr(text, '\0', n) != NULL;
    char *line = text, *end = text + n;
    int rc = 0;

    *ini = (struct ini){ .path = path, .text = text, .n_text = n };
    *end = '\0';
    if (has_nul)
        return leat_fail(err, LEAT_EUNREACHABLE, "%s is no text: it has NUL bytes", path);
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        line += 3;
    while (line < end && rc == 0) {
        char *stop = strchrnul(line, '\n');

        *stop = '\0';
        r.line++;
        rc = read_line(&r, line);
        line = stop + 1;
    }
    return rc;
}

static int read_whole(int fd, const char *path, char **ret, size_t *ret_n, struct leat_error *err)
{
    char *text = malloc(MAX_FILE + 1);
    size_t n = 0;
    ssize_t got = 1;

    if (!text)
        return leat_fail(err, -ENOMEM, "out of memory");
    while (n < MAX_FILE && (got = read(fd, text + n, MAX_FILE - n)) > 0)
        n += (size_t)got;
    if (got == 0) {
        *ret = text;
        *ret_n = n;
        return 0;
    }
    if (got < 0)
        (void)leat_fail(err, LEAT_EUNREACHABLE, "cannot read %s: %s", path, strerror(errno));
    else
        (void)leat_fail(err, LEAT_EUNREACHABLE, "%s is larger than a MiB, so it is no such file", path);
    explicit_bzero(text, n);
    free(text);
    return LEAT_EUNREACHABLE;
}

int ini_read(struct ini *ini, const char *path, bool is_config, struct leat_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = NULL;
    size_t n = 0;
    int rc;

    *ini = (struct ini){ .path = path };
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        ini->is_missing = true;
        return 0;
    }
    if (fd < 0)
        return leat_fail(err, LEAT_EUNREACHABLE, "cannot read %s: %s", path, strerror(errno));
    rc = read_whole(fd, path, &text, &n, err);
    close(fd);
    return rc < 0 ? rc : ini_parse(ini, path, text, n, is_config, err);
}

void ini_free(struct ini *ini)
{
    if (ini->text)
        explicit_bzero(ini->text, ini->n_text);
    free(ini->text);
    free(ini->items);
    *ini = (struct ini){ 0 };
}

/* ---- looking up ---- */

static bool is_of(const struct ini *ini, const struct ini_item *item, enum ini_kind kind, const char *section)
{
    return item->kind == kind && strcmp(item->section, section) == 0 && !(item->bare && ini->prefixed_default);
}

bool ini_has_section(const struct ini *ini, enum ini_kind kind, const char *section)
{
    for (int i = 0; i < ini->n; i++)
        if (is_of(ini, &ini->items[i], kind, section))
            return true;
    return false;
}

const struct ini_item *ini_find(const struct ini *ini, enum ini_kind kind, const char *section, const char *key,
                                const char *sub)
{
    for (int i = ini->n - 1; i >= 0; i--) {
        const struct ini_item *item = &ini->items[i];

        if (!item->key || strcmp(item->key, key) != 0 || !is_of(ini, item, kind, section))
            continue;
        if (sub ? item->sub && strcmp(item->sub, sub) == 0 : !item->sub)
            return *item->value ? item : NULL;
    }
    return NULL;
}
