/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Stored passwords: what a framework keeps of a user's password, and whether
 * Cognito's import can take it. A stored text is judged by its form alone; what
 * no form shows (parameters that are not stored, a digest below a plain bcrypt)
 * is known by a declaration or not at all.
 *
 *     plan     cognito_declaration_parse, where there is one
 *     run      cognito_password_read a text
 *
 * A hash that can go is re-encoded without loss; nothing here computes one.
 * Nothing allocates; any thread.
 */
#ifndef LEAT_KIT_COGNITO_PASSWORD_H
#define LEAT_KIT_COGNITO_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <leat/error.h>

enum {
    COGNITO_PASSWORD_ROOM = 1280,  /* bytes that any password_hash fits into */
    COGNITO_PASSWORD_REASON = 128,
    COGNITO_MAX_STORED = 16384,    /* bytes of a stored text that is looked at */
    COGNITO_MAX_CLAUSES = 6,       /* of a declaration */
    COGNITO_MAX_PEPPER = 128       /* bytes of a secret that a declaration names */
};

/* What an import job takes, one a job. */
enum cognito_algorithm {
    COGNITO_NO_ALGORITHM, COGNITO_BCRYPT, COGNITO_SCRYPT, COGNITO_ARGON2ID, COGNITO_PBKDF2_SHA256
};

enum cognito_verdict {
    COGNITO_AS_IS,          /* goes as it is stored */
    COGNITO_TRANSCODE,      /* goes, written another way */
    COGNITO_OVER_BOUND,     /* would go, were it cheaper to compute */
    COGNITO_NOT_IMPORTABLE, /* another scheme, no password at all, or parameters that nobody declared */
    COGNITO_WRAPPED_REFUSE, /* bcrypt over something else: it would be imported and never verify */
    COGNITO_MALFORMED       /* a scheme that is taken, but damaged */
};

/* How a text that does not hold its parameters is made up. */
enum cognito_digest { COGNITO_SHA256, COGNITO_SHA1, COGNITO_SHA384, COGNITO_SHA512 };
enum cognito_encoding { COGNITO_HEX, COGNITO_BASE64, COGNITO_TEXT /* the characters are the bytes */ };

struct cognito_clause {
    enum cognito_algorithm algorithm; /* SCRYPT or PBKDF2_SHA256 */
    enum cognito_digest digest;       /* PBKDF2 */
    uint64_t iterations;              /* PBKDF2 */
    uint64_t n, r, p;                 /* scrypt */
    bool key_first;
    char separator;                   /* 0: none, salt and key are one run of bytes */
    enum cognito_encoding salt, key;
    size_t salt_bytes, key_bytes;     /* salt_bytes 0: any */
    size_t n_pepper;                  /* appended to the salt, as Spring does with its secret */
    char pepper[COGNITO_MAX_PEPPER];
};

/* What a user has said. Zeroed: nothing. */
struct cognito_declaration {
    int n_clauses;
    struct cognito_clause clauses[COGNITO_MAX_CLAUSES];
    const char *bcrypt_over; /* what every plain bcrypt is made of instead of the password, or NULL */
    /* What the import turned out to take; 0: whatever the guide allows. */
    bool dot;                /* PBKDF2 with . for + */
    uint64_t min_cost;       /* bcrypt */
    size_t salt_bytes;       /* the one size of a salt */
};

struct cognito_password {
    enum cognito_verdict verdict;
    enum cognito_algorithm algorithm; /* also where the text cannot go but is of that family */
    const char *code;                 /* a stable word for counts; a literal */
    char reason[COGNITO_PASSWORD_REASON]; /* scheme and parameters, nothing of hash or salt */
    size_t n;                         /* of what goes; 0 where nothing can */
    char hash[COGNITO_PASSWORD_ROOM]; /* password_hash before it is escaped for CSV; no NUL at its end */
};

/* Reads what the pipeline says of the stored texts; the words are in leat-function-cognito_password(7).
 * -EINVAL: `err` names the wrong word, never a secret. */
LEAT_MUST_CHECK int cognito_declaration_parse(const char *text, size_t n, struct cognito_declaration *ret,
                                              struct leat_error *err);

/* `declared` may be NULL. */
void cognito_password_read(const char *stored, size_t n, const struct cognito_declaration *declared,
                           struct cognito_password *ret);

/* as_is, transcode ...; and BCRYPT ..., NULL for none. */
const char *cognito_verdict_name(enum cognito_verdict verdict);
const char *cognito_algorithm_name(enum cognito_algorithm algorithm);

#endif
