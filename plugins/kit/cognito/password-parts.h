/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The inside of password.h: spans of a stored text, the bytes they stand for,
 * and one reader a family of schemes. A reader is handed what is left of the
 * text behind a prefix that is its own, and always ends with a verdict.
 */
#ifndef LEAT_KIT_COGNITO_PASSWORD_PARTS_H
#define LEAT_KIT_COGNITO_PASSWORD_PARTS_H

#include "kit/cognito/password.h"

#include <string.h>

struct span {
    const char *p;
    size_t n;
};

enum { PASSWORD_MAX_BYTES = 384, PASSWORD_KEY = 32 };

struct bytes {
    size_t n;
    uint8_t at[PASSWORD_MAX_BYTES];
};

struct reading {
    struct span stored; /* all of it, to tell whether what goes is what was there */
    const struct cognito_declaration *declared;
    struct cognito_password *out;
};

/* ---- spans ---- */

static inline bool span_is(struct span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

/* Takes a prefix away; false, and nothing taken, where it is not there. */
static inline bool span_skip(struct span *s, const char *prefix)
{
    size_t n = strlen(prefix);

    if (s->n < n || memcmp(s->p, prefix, n) != 0)
        return false;
    s->p += n;
    s->n -= n;
    return true;
}

/* Cuts at each separator into fields; false unless there are as many as wanted. */
bool span_split(struct span s, char separator, struct span *ret_fields, int wanted);
/* A number without sign or leading zeros, below 2^63. */
bool span_number(struct span s, uint64_t *ret);
/* NAME=NUMBER. */
bool span_parameter(struct span s, const char *name, uint64_t *ret);
/* Digits of that base only, and at least one. */
bool span_has_only(struct span s, const char *alphabet);
bool span_is_hex(struct span s);

/* ---- bytes; false: it is not so encoded, or longer than PASSWORD_MAX_BYTES ---- */

enum base64 { BASE64_PADDED, BASE64_BARE, BASE64_DOT /* bare, and . may stand for + */ };

bool bytes_from_text(struct span s, struct bytes *ret);
/* Lower case only. */
bool bytes_from_hex(struct span s, struct bytes *ret);
bool bytes_from_any_hex(struct span s, struct bytes *ret);
bool bytes_from_base64(struct span s, enum base64 kind, struct bytes *ret);
/* 43 characters of crypt(3)'s alphabet, the lowest bits first: 32 bytes. */
bool bytes_from_crypt64(struct span s, struct bytes *ret);

/* ---- verdicts ---- */

LEAT_PRINTF(5, 6) void password_refuse(const struct reading *r, enum cognito_verdict verdict,
                                       enum cognito_algorithm algorithm, const char *code, const char *format, ...);
void password_malformed(const struct reading *r, enum cognito_algorithm algorithm, const char *scheme,
                        const char *what);
void password_other(const struct reading *r, const char *scheme);
/* What was written into out->hash goes; as it is, if it is what was stored. */
LEAT_PRINTF(4, 5) void password_keep(const struct reading *r, enum cognito_algorithm algorithm, const char *end,
                                     const char *format, ...);

/* Whether a key can be whole: libraries make them in multiples of four bytes, what a narrow column has cut is not. */
static inline bool password_whole(size_t n_key, size_t least)
{
    return n_key >= least && (n_key % 4 == 0 || n_key > PASSWORD_KEY);
}

/* ---- what the families make of their parameters ---- */

struct pbkdf2 {
    const char *scheme;
    uint64_t iterations;
    struct bytes salt, key;
};

struct scrypt {
    const char *scheme;
    uint64_t n, r, p;
    struct bytes salt, key;
};

struct argon2 {
    const char *scheme;
    uint64_t version, m, t, p;
    struct span salt, key; /* base64 without padding */
};

void password_put_pbkdf2(const struct reading *r, const struct pbkdf2 *h);
void password_put_scrypt(const struct reading *r, const struct scrypt *h);
void password_put_argon2(const struct reading *r, const struct argon2 *h);
void password_pbkdf2_digest(const struct reading *r, const char *digest);

/* ---- readers, by the form ---- */

void password_read_bcrypt(const struct reading *r, struct span s);          /* $2b$10$... */
void password_read_argon2(const struct reading *r, struct span s);          /* $argon2id$... */
void password_read_pbkdf2_phc(const struct reading *r, struct span s);      /* passlib, PHC, Cognito */
void password_read_pbkdf2_django(const struct reading *r, struct span s);
void password_read_pbkdf2_werkzeug(const struct reading *r, struct span s);
void password_read_pbkdf2_ldap(const struct reading *r, struct span s);
void password_read_pbkdf2_spring(const struct reading *r, struct span s);   /* the id with a version */
void password_read_aspnet(const struct reading *r, struct span s);
void password_read_scrypt_phc(const struct reading *r, struct span s);
void password_read_scrypt_django(const struct reading *r, struct span s);
void password_read_scrypt_werkzeug(const struct reading *r, struct span s);
void password_read_scrypt_crypt(const struct reading *r, struct span s);    /* $7$ */
void password_read_scrypt_spring(const struct reading *r, struct span s);   /* $100801$ */
void password_read_scrypt_cognito(const struct reading *r, struct span s);  /* N$r$p$salt$key */
void password_read_json(const struct reading *r, struct span s);

/* Whether a clause of the declaration is for such a text, and then the verdict. */
bool password_read_declared(const struct reading *r, struct span s);
/* Schemes that Cognito does not take, and what is nothing known. */
void password_read_other(const struct reading *r, struct span s);

#endif
