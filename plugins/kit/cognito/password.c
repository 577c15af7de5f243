/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Which reader a stored text belongs to: by its first characters, in the order
 * of the tables. The readers are in the files password-*.c.
 */
#include "kit/cognito/password-parts.h"

const char *cognito_verdict_name(enum cognito_verdict verdict)
{
    static const char *const names[] = {
        [COGNITO_AS_IS] = "as_is", [COGNITO_TRANSCODE] = "transcode", [COGNITO_OVER_BOUND] = "over_bound",
        [COGNITO_NOT_IMPORTABLE] = "not_importable", [COGNITO_WRAPPED_REFUSE] = "wrapped_refuse",
        [COGNITO_MALFORMED] = "malformed",
    };

    return names[verdict];
}

const char *cognito_algorithm_name(enum cognito_algorithm algorithm)
{
    static const char *const names[] = {
        [COGNITO_NO_ALGORITHM] = NULL, [COGNITO_BCRYPT] = "BCRYPT", [COGNITO_SCRYPT] = "SCRYPT",
        [COGNITO_ARGON2ID] = "ARGON2ID", [COGNITO_PBKDF2_SHA256] = "PBKDF2_SHA256",
    };

    return names[algorithm];
}

/* ---- by prefix ---- */

static void read_wrapped(const struct reading *r, struct span s)
{
    (void)s;
    password_refuse(r, COGNITO_WRAPPED_REFUSE, COGNITO_BCRYPT, "wrapped",
                    "bcrypt over a digest of the password: it would be imported and never verify");
}

/* `prefix` is taken away if `drop`, and then what begins with `then` is for `read`. */
struct form {
    const char *prefix, *then;
    void (*read)(const struct reading *, struct span);
    bool drop;
};

static const struct form forms[] = {
    { "$argon2id$", "", password_read_argon2, false },
    { "$pbkdf2-sha256$", "", password_read_pbkdf2_phc, false },
    { "$scrypt$", "", password_read_scrypt_phc, false },
    { "$7$", "", password_read_scrypt_crypt, false },
    { "$wp$2", "", read_wrapped, false },
    { "$bcrypt-sha256$", "", read_wrapped, false },
    { "bcrypt_sha256$", "", read_wrapped, false },
    { "pbkdf2_sha256$", "", password_read_pbkdf2_django, true },
    { "pbkdf2:sha256:", "", password_read_pbkdf2_werkzeug, true },
    { "scrypt$", "", password_read_scrypt_django, true },
    { "scrypt:", "", password_read_scrypt_werkzeug, true },
    { "argon2", "$argon2id$", password_read_argon2, true },
    { "argon2", "$argon2", password_read_other, true },
    { "bcrypt$", "$2", password_read_bcrypt, true },
    { "{bcrypt}", "", password_read_bcrypt, true },
    { "{BLF-CRYPT}", "", password_read_bcrypt, true },
    { "{CRYPT}", "$2", password_read_bcrypt, true },
    { "{crypt}", "$2", password_read_bcrypt, true },
    { "{CRYPT}", "$7$", password_read_scrypt_crypt, true },
    { "{crypt}", "$7$", password_read_scrypt_crypt, true },
    { "{ARGON2}", "$argon2id$", password_read_argon2, true },
    { "{ARGON2ID}", "", password_read_argon2, true },
    { "{argon2}", "$argon2id$", password_read_argon2, true },
    { "{argon2@SpringSecurity_v5_8}", "$argon2id$", password_read_argon2, true },
    { "{argon2}", "$argon2", password_read_other, true },
    { "{argon2@SpringSecurity_v5_8}", "$argon2", password_read_other, true },
    { "{scrypt}", "", password_read_scrypt_spring, true },
    { "{scrypt@SpringSecurity_v5_8}", "", password_read_scrypt_spring, true },
    { "{pbkdf2@SpringSecurity_v5_8}", "", password_read_pbkdf2_spring, true },
    { "{PBKDF2-SHA256}", "", password_read_pbkdf2_ldap, true },
    { "AQAAAA", "", password_read_aspnet, false },
};

static const struct form *find_form(struct span s, struct span *ret_rest)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct span rest = s, then;

        if (!span_skip(&rest, forms[i].prefix))
            continue;
        then = rest;
        if (!span_skip(&then, forms[i].then))
            continue;
        *ret_rest = forms[i].drop ? rest : s;
        return &forms[i];
    }
    return NULL;
}

/* ---- by shape ---- */

/* How many digits of an alphabet the text begins with, where a $ follows; else 0. */
static size_t digits_to_dollar(struct span s, const char *alphabet)
{
    const char *end = s.n ? memchr(s.p, '$', s.n) : NULL;

    return end && span_has_only((struct span){ s.p, (size_t)(end - s.p) }, alphabet) ? (size_t)(end - s.p) : 0;
}

/* Spring's $100801$, and Cognito's own 65536$ and what is left of either when it is damaged. */
static bool read_scrypt(const struct reading *r, struct span s)
{
    struct span rest = s;
    size_t n = digits_to_dollar(s, "0123456789");

    if (n && n <= 20) {
        password_read_scrypt_cognito(r, s);
        return true;
    }
    if (!span_skip(&rest, "$") || digits_to_dollar(rest, "0123456789abcdef") < 4)
        return false;
    password_read_scrypt_spring(r, s);
    return true;
}

static bool read_absent(const struct reading *r, struct span s)
{
    if (!s.n)
        password_refuse(r, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "no_password", "no password");
    else if (*s.p == '!' || (*s.p == '*' && s.n != 41))
        password_refuse(r, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "locked",
                        "locked, or a password that nobody can use");
    else if (s.n > COGNITO_MAX_STORED)
        password_refuse(r, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "unknown", "too long for a hash");
    else
        return false;
    return true;
}

static void read_form(const struct reading *r, struct span s)
{
    struct span rest;
    const struct form *form = find_form(s, &rest);

    if (read_absent(r, s))
        return;
    if (form)
        form->read(r, rest);
    else if (s.n >= 2 && *s.p == '{' && (s.p[1] == '"' || s.p[1] == ' ' || s.p[1] == '\n'))
        password_read_json(r, s);
    else if (read_scrypt(r, s))
        return;
    else if (s.n >= 2 && memcmp(s.p, "$2", 2) == 0)
        password_read_bcrypt(r, s);
    else if (!password_read_declared(r, s))
        password_read_other(r, s);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

void cognito_password_read(const char *stored, size_t n, const struct cognito_declaration *declared,
                           struct cognito_password *ret)
{
    struct span s = { stored, n };
    const struct reading r = { .stored = s, .declared = declared, .out = ret };

    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    while (s.n && is_blank(*s.p)) {
        s.p++;
        s.n--;
    }
    read_form(&r, s);
    /* Blanks around JSON are part of it. */
    if (s.n != n && ret->verdict <= COGNITO_OVER_BOUND && s.p[s.n - 1] != '}')
        password_malformed(&r, ret->algorithm, cognito_algorithm_name(ret->algorithm), "blanks around it; trim() it");
}
