/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The stored passwords of kit/cognito/password.h, in expressions: four functions
 * that read the same text and each tell another thing of it. A declaration is
 * parsed when the call is bound and only read later, so that any number of
 * workers may share it.
 */
#include <leat/plugin.h>

#include <stdlib.h>

#include "kit/cognito/password.h"

static void read_row(const struct leat_call *call, int32_t row, struct cognito_password *ret)
{
    const char *text = "";
    size_t n = 0;

    if (!leat_argument_is_null(&call->arguments[0], row))
        text = leat_argument_text(&call->arguments[0], row, &n);
    cognito_password_read(text, n, call->bound, ret);
}

static void put_string(const struct leat_call *call, int32_t row, const char *text)
{
    if (text)
        leat_call_put_text(call, row, text, strlen(text));
    else
        leat_call_put_null(call, row);
}

static void put_hash(const struct leat_call *call, int32_t row, const struct cognito_password *p)
{
    if (p->n)
        leat_call_put_text(call, row, p->hash, p->n);
    else
        leat_call_put_null(call, row);
}

static void put_verdict(const struct leat_call *call, int32_t row, const struct cognito_password *p)
{
    put_string(call, row, cognito_verdict_name(p->verdict));
}

static void put_algorithm(const struct leat_call *call, int32_t row, const struct cognito_password *p)
{
    put_string(call, row, cognito_algorithm_name(p->algorithm));
}

static void put_reason(const struct leat_call *call, int32_t row, const struct cognito_password *p)
{
    put_string(call, row, p->reason);
}

static int each_row(const struct leat_call *call,
                    void (*put)(const struct leat_call *, int32_t, const struct cognito_password *))
{
    struct cognito_password p;

    for (int32_t i = 0; i < call->n_rows; i++) {
        read_row(call, call->rows[i], &p);
        put(call, call->rows[i], &p);
    }
    return 0;
}

static int call_hash(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return each_row(call, put_hash);
}

static int call_verdict(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return each_row(call, put_verdict);
}

static int call_algorithm(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return each_row(call, put_algorithm);
}

static int call_reason(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    return each_row(call, put_reason);
}

static int bind_declaration(const struct leat_bind *bind, void **ret_bound, struct leat_error *err)
{
    const struct leat_argument *argument = bind->n_arguments > 1 ? &bind->arguments[1] : NULL;
    struct cognito_declaration *declaration;
    const char *text;
    size_t n;
    int rc;

    *ret_bound = NULL;
    if (!argument)
        return 0;
    if (!argument->column)
        return leat_fail(err, -EINVAL, "the declaration is the same for every record: write it as one constant text");
    if (leat_argument_is_null(argument, 0))
        return 0;
    declaration = malloc(sizeof *declaration);
    if (!declaration)
        return leat_fail(err, -ENOMEM, "no memory for the declaration");
    text = leat_argument_text(argument, 0, &n);
    rc = cognito_declaration_parse(text, n, declaration, err);
    if (rc < 0)
        free(declaration);
    else
        *ret_bound = declaration;
    return rc;
}

static void unbind_declaration(void *bound)
{
    if (bound)
        explicit_bzero(bound, sizeof(struct cognito_declaration)); /* it may hold a secret */
    free(bound);
}

/* JSON credentials come as json, too. */
enum { TRAITS = LEAT_SEES_NULLS | LEAT_TAKES_ANY };

static const struct leat_function functions[] = {
    { "cognito_password", LEAT_TEXT, { LEAT_TEXT, LEAT_TEXT }, 1, TRAITS,
      "What Cognito's import takes as password_hash for a stored password, or null where it takes none; the second "
      "text declares what the first does not hold.",
      "cognito_password('$scrypt$ln=14,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAECAwQFBgcICQoLDA0ODw')",
      "16384$8$1$73616c7473616c7473616c7473616c74$000102030405060708090a0b0c0d0e0f", bind_declaration,
      unbind_declaration, call_hash },
    { "cognito_password_verdict", LEAT_TEXT, { LEAT_TEXT, LEAT_TEXT }, 1, TRAITS,
      "Whether a stored password can go to Cognito: as_is, transcode, over_bound, not_importable, wrapped_refuse, "
      "malformed.",
      "cognito_password_verdict('{SSHA}xdBLfsh6HmqqErTVZs1gaogGD5RzYWx0OA==')", "not_importable", bind_declaration,
      unbind_declaration, call_verdict },
    { "cognito_password_algorithm", LEAT_TEXT, { LEAT_TEXT, LEAT_TEXT }, 1, TRAITS,
      "The algorithm of the import job that a stored password belongs to: BCRYPT, SCRYPT, ARGON2ID, PBKDF2_SHA256, or "
      "null.",
      "cognito_password_algorithm('pbkdf2_sha256$1000000$salt$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=')",
      "PBKDF2_SHA256", bind_declaration, unbind_declaration, call_algorithm },
    { "cognito_password_reason", LEAT_TEXT, { LEAT_TEXT, LEAT_TEXT }, 1, TRAITS,
      "Scheme and parameters of a stored password, and what keeps it from Cognito; nothing of hash or salt.",
      "cognito_password_reason('pbkdf2_sha256$1000000$salt$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=')",
      "Django pbkdf2_sha256, 1000000 iterations > 600000", bind_declaration, unbind_declaration, call_reason },
    LEAT_END_OF_FUNCTIONS
};

LEAT_FUNCTIONS(cognito_password, "Stored passwords, as Cognito's import takes them", functions);
