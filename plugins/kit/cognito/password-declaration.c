/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Declarations: what a pipeline says of stored texts that do not say it
 * themselves. Clauses stand between semicolons; the first word of one is its
 * scheme, the others are NAME=VALUE:
 *
 *     scrypt n=16384 r=8 p=1 form=salt:key salt=text key_bytes=64; cognito alphabet=.
 *
 * `secret` takes the rest of the text, whatever is in it.
 */
#include "kit/cognito/password-parts.h"

#include <errno.h>

enum scheme { SCRYPT = 1, PBKDF2 = 2, BCRYPT = 4, COGNITO = 8 };

enum word {
    N, R, P, ITERATIONS, DIGEST, FORM, SALT, KEY, SALT_BYTES, KEY_BYTES, SECRET, OVER, ALPHABET, COST,
    N_WORDS
};

static const struct {
    const char *name;
    unsigned schemes;
    const char *wants;
} words[N_WORDS] = {
    [N] = { "n", SCRYPT, "a power of two" },
    [R] = { "r", SCRYPT, "a number" },
    [P] = { "p", SCRYPT, "a number" },
    [ITERATIONS] = { "iterations", PBKDF2, "a number" },
    [DIGEST] = { "digest", PBKDF2, "sha1, sha256, sha384 or sha512" },
    [FORM] = { "form", SCRYPT | PBKDF2, "salt and key with a sign between them, as in salt:key, key.salt, salt+key" },
    [SALT] = { "salt", SCRYPT | PBKDF2, "hex, base64 or text" },
    [KEY] = { "key", SCRYPT | PBKDF2, "hex or base64" },
    [SALT_BYTES] = { "salt_bytes", SCRYPT | PBKDF2 | COGNITO, "a number from 1 to 256" },
    [KEY_BYTES] = { "key_bytes", SCRYPT | PBKDF2, "a number from 16 to 128" },
    [SECRET] = { "secret", PBKDF2, "at most 128 bytes" },
    [OVER] = { "over", BCRYPT, "digest or pepper" },
    [ALPHABET] = { "alphabet", COGNITO, "+ or ." },
    [COST] = { "min_cost", COGNITO, "a number from 4 to 12" },
};

struct clause {
    enum scheme scheme;
    unsigned seen; /* a bit a word */
    struct cognito_clause value;
};

static bool has(const struct clause *c, enum word word)
{
    return c->seen & 1U << word;
}

/* ---- values ---- */

static bool between(struct span s, uint64_t least, uint64_t most, uint64_t *ret)
{
    return span_number(s, ret) && *ret >= least && *ret <= most;
}

static bool set_size(struct span s, size_t least, size_t most, size_t *ret)
{
    uint64_t value = 0;
    bool good = between(s, least, most, &value);

    *ret = (size_t)value;
    return good;
}

/* The value's place among the names, into *ret. */
static bool choose(struct span s, const char *const *names, int *ret)
{
    for (int i = 0; names[i]; i++)
        if (span_is(s, names[i])) {
            *ret = i;
            return true;
        }
    return false;
}

static bool set_form(struct span s, struct cognito_clause *c)
{
    c->key_first = span_skip(&s, "key");
    if (!c->key_first && !span_skip(&s, "salt"))
        return false;
    if (!s.n || !span_has_only((struct span){ s.p, 1 }, "+:.$|,-_*@#!"))
        return false;
    c->separator = *s.p == '+' ? '\0' : *s.p;
    s.p++;
    s.n--;
    return span_is(s, c->key_first ? "salt" : "key");
}

static bool set_pepper(struct span s, struct cognito_clause *c)
{
    if (!s.n || s.n > sizeof c->pepper)
        return false;
    memcpy(c->pepper, s.p, s.n);
    c->n_pepper = s.n;
    return true;
}

static bool set_encoding(struct span s, bool text, enum cognito_encoding *ret)
{
    static const char *const names[] = { "hex", "base64", "text", NULL };
    int i;

    if (!choose(s, names, &i) || (i == COGNITO_TEXT && !text))
        return false;
    *ret = (enum cognito_encoding)i;
    return true;
}

static bool set_digest(struct span s, struct cognito_clause *c)
{
    static const char *const names[] = { "sha256", "sha1", "sha384", "sha512", NULL };
    int i;

    if (!choose(s, names, &i))
        return false;
    c->digest = (enum cognito_digest)i;
    return true;
}

static bool set_over(struct span s, struct cognito_declaration *d)
{
    if (span_is(s, "digest"))
        d->bcrypt_over = "a digest of the password";
    else if (span_is(s, "pepper"))
        d->bcrypt_over = "the password with a pepper";
    else
        return false;
    return true;
}

static bool set(enum word word, struct span s, struct clause *c, struct cognito_declaration *d)
{
    struct cognito_clause *v = &c->value;

    switch (word) {
    case N: return between(s, 2, INT64_MAX, &v->n) && !(v->n & (v->n - 1));
    case R: return between(s, 1, 1 << 20, &v->r);
    case P: return between(s, 1, 1 << 9, &v->p);
    case ITERATIONS: return between(s, 1, INT64_MAX, &v->iterations);
    case DIGEST: return set_digest(s, v);
    case FORM: return set_form(s, v);
    case SALT: return set_encoding(s, true, &v->salt);
    case KEY: return set_encoding(s, false, &v->key);
    case SALT_BYTES: return set_size(s, 1, 256, c->scheme == COGNITO ? &d->salt_bytes : &v->salt_bytes);
    case KEY_BYTES: return set_size(s, 16, 128, &v->key_bytes);
    case SECRET: return set_pepper(s, v);
    case OVER: return set_over(s, d);
    case ALPHABET: d->dot = span_is(s, "."); return d->dot || span_is(s, "+");
    case COST: return between(s, 4, 12, &d->min_cost);
    case N_WORDS: break;
    }
    return false;
}

/* ---- words and clauses ---- */

static int wrong(struct leat_error *err, struct span word, const char *what)
{
    const char *end = memchr(word.p, '=', word.n);

    /* What stands behind the = may be a secret in the wrong place. */
    return leat_fail(err, -EINVAL, "'%.*s' of the declaration %s", (int)(end ? end - word.p : (ptrdiff_t)word.n),
                     word.p, what);
}

static int read_word(struct span s, struct clause *c, struct cognito_declaration *d, struct leat_error *err)
{
    for (int i = 0; i < N_WORDS; i++) {
        struct span value = s;

        if (!span_skip(&value, words[i].name) || !span_skip(&value, "="))
            continue;
        if (!(words[i].schemes & c->scheme))
            return wrong(err, s, "does not belong to its clause");
        if (has(c, (enum word)i))
            return wrong(err, s, "stands twice in its clause");
        c->seen |= 1U << i;
        if (!set((enum word)i, value, c, d)) {
            char what[128];

            (void)snprintf(what, sizeof what, "is not %s", words[i].wants);
            return wrong(err, s, what);
        }
        return 0;
    }
    return wrong(err, s, "is none of its words; leat-function-cognito_password(7) has them");
}

static int read_scheme(struct span s, enum scheme *ret, struct leat_error *err)
{
    static const char *const names[] = { "scrypt", "pbkdf2", "bcrypt", "cognito", NULL };
    int i;

    if (!choose(s, names, &i))
        return wrong(err, s, "begins a clause, but is none of scrypt, pbkdf2, bcrypt, cognito");
    *ret = (enum scheme)(1 << i);
    return 0;
}

static int missing(struct leat_error *err, const char *scheme, const char *word)
{
    return leat_fail(err, -EINVAL, "the declaration's %s clause says nothing of %s, which no stored text shows", scheme,
                     word);
}

/* Whether all is said that the texts do not say. */
static int finish(const struct clause *c, struct cognito_declaration *d, struct leat_error *err)
{
    static const enum word scrypt[] = { N, R, P, FORM, KEY_BYTES }, pbkdf2[] = { ITERATIONS, DIGEST, FORM, KEY_BYTES };
    const enum word *needed = c->scheme == SCRYPT ? scrypt : pbkdf2;
    const char *name = c->scheme == SCRYPT ? "scrypt" : "pbkdf2";
    size_t n = c->scheme == SCRYPT ? 5 : 4;
    enum word salt = c->value.separator ? SALT : SALT_BYTES;

    if (!(c->scheme & (SCRYPT | PBKDF2)))
        return c->scheme == BCRYPT && !d->bcrypt_over ? missing(err, "bcrypt", "over") : 0;
    for (size_t i = 0; i < n; i++)
        if (!has(c, needed[i]))
            return missing(err, name, words[needed[i]].name);
    if (!has(c, salt))
        return missing(err, name, words[salt].name);
    if (!c->value.separator && has(c, SALT))
        return leat_fail(err, -EINVAL, "'salt' of the declaration is of no use where salt and key are one run of "
                         "bytes; key says how that is written");
    if (d->n_clauses == COGNITO_MAX_CLAUSES)
        return leat_fail(err, -E2BIG, "the declaration has more than %d clauses of scrypt and pbkdf2",
                         COGNITO_MAX_CLAUSES);
    d->clauses[d->n_clauses] = c->value;
    d->clauses[d->n_clauses++].algorithm = c->scheme == SCRYPT ? COGNITO_SCRYPT : COGNITO_PBKDF2_SHA256;
    return 0;
}

static void skip_blanks(struct span *s)
{
    while (s->n && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n')) {
        s->p++;
        s->n--;
    }
}

/* The next word of a clause: up to a blank or semicolon; a secret goes on to the end of the text. */
static struct span next_word(struct span *s)
{
    struct span word = { s->p, 0 }, rest = *s;

    if (span_skip(&rest, "secret="))
        word.n = s->n;
    while (word.n < s->n && !strchr(" \t\n;", s->p[word.n]))
        word.n++;
    s->p += word.n;
    s->n -= word.n;
    skip_blanks(s);
    return word;
}

static int read_clause(struct span *s, struct cognito_declaration *d, struct leat_error *err)
{
    struct clause c = { .scheme = 0 };
    int rc = read_scheme(next_word(s), &c.scheme, err);

    while (rc >= 0 && s->n && *s->p != ';')
        rc = read_word(next_word(s), &c, d, err);
    if (rc >= 0)
        rc = finish(&c, d, err);
    if (s->n) { /* its semicolon */
        s->p++;
        s->n--;
    }
    skip_blanks(s);
    return rc;
}

int cognito_declaration_parse(const char *text, size_t n, struct cognito_declaration *ret, struct leat_error *err)
{
    struct cognito_declaration d = { .n_clauses = 0 };
    struct span s = { text, n };
    int rc = 0;

    if (n && memchr(text, '\0', n))
        return leat_fail(err, -EINVAL, "the declaration holds a NUL");
    skip_blanks(&s);
    while (s.n && rc >= 0)
        rc = read_clause(&s, &d, err);
    if (rc >= 0)
        *ret = d;
    return rc;
}
