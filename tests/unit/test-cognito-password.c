/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Stored passwords (plugins/kit/cognito/password.h): what a text is taken for, exactly what goes, and what is
 * said of it. That what goes verifies its password is for tests/cli/test-cognito-password.sh.
 */
#include "unit.h"

#include <stdlib.h>

#include "kit/cognito/password.h"

/* ---- a text and what becomes of it ---- */

static struct cognito_declaration declared(const char *text)
{
    struct cognito_declaration d;
    struct leat_error err = {0};

    if (cognito_declaration_parse(text, strlen(text), &d, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    return d;
}

/* In memory of exactly its size, so that sanitizers see a byte read too far. */
static struct cognito_password read_n(const char *stored, size_t n, const struct cognito_declaration *d)
{
    struct cognito_password p;
    char *copy = malloc(n ? n : 1);

    assert_non_null(copy);
    memcpy(copy, stored, n);
    memset(&p, 'x', sizeof p);
    cognito_password_read(copy, n, d, &p);
    free(copy);
    return p;
}

static struct cognito_password read_stored(const char *stored)
{
    return read_n(stored, strlen(stored), NULL);
}

struct sample {
    const char *stored, *goes; /* goes NULL: it does not */
    enum cognito_verdict verdict;
    enum cognito_algorithm algorithm;
    const char *reason;
};

static void check(const struct sample *s, const struct cognito_declaration *d)
{
    struct cognito_password p = read_n(s->stored, strlen(s->stored), d);

    if (p.verdict != s->verdict || p.algorithm != s->algorithm)
        fail_msg("%s is %s: %s", s->stored, cognito_verdict_name(p.verdict), p.reason);
    assert_int_equal(p.n, s->goes ? strlen(s->goes) : 0);
    if (s->goes && memcmp(p.hash, s->goes, p.n) != 0)
        fail_msg("%s goes as %.*s, not as %s", s->stored, (int)p.n, p.hash, s->goes);
    assert_string_equal(p.reason, s->reason);
}

#define BCRYPT "$2b$04$AAAAAAAAAAAAAAAAAAAAAOwSBnTnH9BjJ0Vr1gDk6R9sXtvpS0Qeu"
#define KEY32 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" /* bytes 0 to 31 */
#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX64 HEX32 "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define KEY64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw"
#define SALT "+/+/+/+/+/+/+/+/+/+/+w" /* fbffbf... */
#define SALT_DOT "././././././././././.w"
#define HEXSALT "fbffbffbffbffbffbffbffbffbffbffb"

static void test_what_goes(void **state)
{
    static const struct sample samples[] = {
        { BCRYPT, BCRYPT, COGNITO_AS_IS, COGNITO_BCRYPT, "bcrypt, cost 4" },
        { "{bcrypt}" BCRYPT, BCRYPT, COGNITO_TRANSCODE, COGNITO_BCRYPT, "bcrypt, cost 4" },
        { "$pbkdf2-sha256$600000$" SALT "$" KEY32, "$pbkdf2-sha256$600000$" SALT "$" KEY32, COGNITO_AS_IS,
          COGNITO_PBKDF2_SHA256, "pbkdf2-sha256, 600000 iterations" },
        { "$pbkdf2-sha256$1$.A$" KEY64, "$pbkdf2-sha256$1$+A$" KEY32, COGNITO_TRANSCODE, COGNITO_PBKDF2_SHA256,
          "pbkdf2-sha256, 1 iterations, key cut to 32 bytes" },
        { "pbkdf2_sha256$7$salt$" KEY32 "=", "$pbkdf2-sha256$7$c2FsdA$" KEY32, COGNITO_TRANSCODE,
          COGNITO_PBKDF2_SHA256, "Django pbkdf2_sha256, 7 iterations" },
        { "pbkdf2:sha256:7$salt$" HEX32, "$pbkdf2-sha256$7$c2FsdA$" KEY32, COGNITO_TRANSCODE, COGNITO_PBKDF2_SHA256,
          "Werkzeug pbkdf2:sha256, 7 iterations" },
        { "{pbkdf2@SpringSecurity_v5_8}" HEXSALT HEX32, "$pbkdf2-sha256$310000$" SALT "$" KEY32, COGNITO_TRANSCODE,
          COGNITO_PBKDF2_SHA256, "Spring pbkdf2 v5_8, 310000 iterations" },
        { "65536$8$1$" HEXSALT "$" HEX32, "65536$8$1$" HEXSALT "$" HEX32, COGNITO_AS_IS, COGNITO_SCRYPT,
          "scrypt, N=65536 r=8 p=1" },
        { "scrypt:32768:8:1$salt$" HEX64, "32768$8$1$73616c74$" HEX32, COGNITO_TRANSCODE, COGNITO_SCRYPT,
          "Werkzeug scrypt, N=32768 r=8 p=1, key cut to 32 bytes" },
        { "$scrypt$ln=16,r=8,p=1$" SALT "$" KEY32, "65536$8$1$" HEXSALT "$" HEX32, COGNITO_TRANSCODE, COGNITO_SCRYPT,
          "scrypt, N=65536 r=8 p=1" },
        { "$100801$" SALT "==$" KEY32 "=", "65536$8$1$" HEXSALT "$" HEX32, COGNITO_TRANSCODE, COGNITO_SCRYPT,
          "Spring scrypt, N=65536 r=8 p=1" },
        { "$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" KEY32, "$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" KEY32,
          COGNITO_AS_IS, COGNITO_ARGON2ID, "argon2id, m=19456 t=2 p=1" },
        { "$argon2id$v=16$p=1,t=2,m=8$" SALT "$" KEY64, "$argon2id$v=16$m=8,t=2,p=1$" SALT "$" KEY64,
          COGNITO_TRANSCODE, COGNITO_ARGON2ID, "argon2id, m=8 t=2 p=1" },
        { "{\"credentialData\": \"{\\\"algorithm\\\":\\\"pbkdf2-sha256\\\",\\\"hashIterations\\\":9}\", "
          "\"secretData\": \"{\\\"salt\\\":\\\"\\\\/w==\\\",\\\"value\\\":\\\"" KEY32 "=\\\"}\"}",
          "$pbkdf2-sha256$9$/w$" KEY32, COGNITO_TRANSCODE, COGNITO_PBKDF2_SHA256,
          "Keycloak pbkdf2-sha256, 9 iterations" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        check(&samples[i], NULL);
}

static void test_what_does_not_go(void **state)
{
    static const struct sample samples[] = {
        { "", NULL, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "no password" },
        { "!" BCRYPT, NULL, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM,
          "locked, or a password that nobody can use" },
        { "$2b$13$AAAAAAAAAAAAAAAAAAAAAOwSBnTnH9BjJ0Vr1gDk6R9sXtvpS0Qeu", NULL, COGNITO_OVER_BOUND, COGNITO_BCRYPT,
          "bcrypt, cost 13 > 12" },
        { "$argon2id$v=19$m=65536,t=3,p=1$" SALT "$" KEY32, NULL, COGNITO_OVER_BOUND, COGNITO_ARGON2ID,
          "argon2id, m=65536 > 19456 t=3 > 2 p=1" },
        { "$scrypt$ln=16,r=16,p=1$" SALT "$" KEY32, NULL, COGNITO_OVER_BOUND, COGNITO_SCRYPT,
          "scrypt, N=65536 r=16 > 8 p=1" },
        { "pbkdf2_sha256$600001$salt$" KEY32 "=", NULL, COGNITO_OVER_BOUND, COGNITO_PBKDF2_SHA256,
          "Django pbkdf2_sha256, 600001 iterations > 600000" },
        { "$wp" BCRYPT, NULL, COGNITO_WRAPPED_REFUSE, COGNITO_BCRYPT,
          "bcrypt over a digest of the password: it would be imported and never verify" },
        { "$pbkdf2-sha512$7$" SALT "$" KEY64, NULL, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM,
          "PBKDF2 with HMAC-SHA512; Cognito takes HMAC-SHA256 only" },
        { HEX32 ":" HEX64, NULL, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM,
          "a digest, or salt and key without parameters; if so, declare them" },
        { "secret123", NULL, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "no known form of a hash" },
        { "$2b$04$AAAAAAAAAAAAAAAAAAAAAOwSBnTnH9BjJ0Vr1gDk6R9sXtvpS0Qe", NULL, COGNITO_MALFORMED, COGNITO_BCRYPT,
          "bcrypt: it is shorter than 60 characters" },
        { "$pbkdf2-sha256$7$" SALT "$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9", NULL, COGNITO_MALFORMED,
          COGNITO_PBKDF2_SHA256, "pbkdf2-sha256: its key is no whole base64 without padding" },
        { "{bcrypt}" "$mb$04$AAAAAAAAAAAAAAAAAAAAAOwSBnTnH9BjJ0Vr1gDk6R9sXtvpS0Qeu", NULL, COGNITO_MALFORMED,
          COGNITO_BCRYPT, "bcrypt: it must begin with $2a$, $2b$, $2x$ or $2y$" },
        { BCRYPT " ", NULL, COGNITO_MALFORMED, COGNITO_BCRYPT, "BCRYPT: blanks around it; trim() it" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        check(&samples[i], NULL);
}

static void test_a_nul_is_a_character_like_others(void **state)
{
    char text[] = BCRYPT;
    struct cognito_password p;

    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        char kept = text[i];

        text[i] = '\0';
        p = read_n(text, sizeof text - 1, NULL);
        assert_int_equal(p.n, 0);
        text[i] = kept;
    }
    p = read_n(text, sizeof text, NULL); /* with the NUL at its end */
    assert_int_equal(p.verdict, COGNITO_MALFORMED);
}

/* What a narrow column has cut is never taken for whole. */
static void test_no_beginning_of_a_hash_goes(void **state)
{
    static const char *const whole[] = {
        BCRYPT, "{bcrypt}" BCRYPT, "pbkdf2_sha256$7$salt$" KEY32 "=", "pbkdf2:sha256:7$salt$" HEX32,
        "{PBKDF2-SHA256}7$" SALT "$" KEY32, "scrypt:32768:8:1$salt$" HEX64,
        "{pbkdf2@SpringSecurity_v5_8}" HEXSALT HEX32, "$7$C6..../....salt$..0..1..2..3..4..5..6..7..8..9..A..B..C..D.",
    };

    (void)state;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        struct cognito_password p = read_stored(whole[i]);

        if (!p.n)
            fail_msg("%s does not go: %s", whole[i], p.reason);
        for (size_t n = 0; n < strlen(whole[i]); n++) {
            p = read_n(whole[i], n, NULL);
            if (p.n)
                fail_msg("the first %zu characters of %s go", n, whole[i]);
        }
    }
}

static void test_long_texts(void **state)
{
    enum { N = COGNITO_MAX_STORED + 10 };
    char *text = malloc(N);
    struct cognito_password p;

    (void)state;
    assert_non_null(text);
    memset(text, 'A', N);
    p = read_n(text, N, NULL);
    assert_int_equal(p.verdict, COGNITO_NOT_IMPORTABLE);
    memcpy(text, "pbkdf2_sha256$7$", 16);
    memcpy(text + 16 + 384, "$" KEY32 "=", 45);
    p = read_n(text, 16 + 384 + 45, NULL); /* the longest salt that is taken */
    assert_int_equal(p.verdict, COGNITO_TRANSCODE);
    assert_true(p.n <= sizeof p.hash);
    memcpy(text + 16 + 384, "A$" KEY32 "=", 46);
    p = read_n(text, 16 + 385 + 45, NULL);
    assert_int_equal(p.verdict, COGNITO_MALFORMED);
    free(text);
}

/* Reasons go to logs and reports. */
static void test_reasons_hold_nothing_of_the_hash(void **state)
{
    static const char *const texts[] = {
        "QQXXQQ", "!QQXXQQ", "*QQXXQQ", "{QQXXQQ}", "{QQXXQQ", "$QQXXQQ$", "$2b$QQ$XXQQ", "$argon2id$QQ$XX$QQXXQQ",
        "$argon2id$v=19$QQ=1,XX=2$QQ$XX", "pbkdf2_sha256$QQ$XXQQ$QQXX", "pbkdf2:sha256:QQ$XX$QQ",
        "scrypt$QQ$XX$QQ$XX$QQ",
        "$scrypt$QQ$XX$QQ", "{\"secretData\": \"QQXX\", \"credentialData\": \"QQXX\"}", "AQAAAAQQXX",
        "{\"QQXX\": \"QQXX\"}",
        "{\"secretData\": {}, \"credentialData\": {\"algorithm\": \"QQXX\"}}", "1$QQXX$QQXX", "QQ:XX", "$7$QQXX",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct cognito_password p = read_stored(texts[i]);

        assert_int_equal(p.n, 0);
        if (strstr(p.reason, "QQ") || strstr(p.reason, "XX"))
            fail_msg("%s: %s", texts[i], p.reason);
    }
}

/* ---- declarations ---- */

static void test_declared_parameters(void **state)
{
    struct cognito_declaration d = declared("scrypt n=1024 r=8 p=1 form=salt:key salt=text key_bytes=32;"
                                            " pbkdf2 digest=sha256 iterations=5 form=key.salt salt=hex key_bytes=32;"
                                            " pbkdf2 digest=sha1 iterations=5 form=salt|key salt=hex key_bytes=32");
    static const struct sample samples[] = {
        { "salt:" HEX32, "1024$8$1$73616c74$" HEX32, COGNITO_TRANSCODE, COGNITO_SCRYPT,
          "declared scrypt, N=1024 r=8 p=1" },
        { HEX32 "." HEXSALT, "$pbkdf2-sha256$5$" SALT "$" KEY32, COGNITO_TRANSCODE, COGNITO_PBKDF2_SHA256,
          "declared pbkdf2, 5 iterations" },
        { HEXSALT "|" HEX32, NULL, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM,
          "PBKDF2 with HMAC-SHA1; Cognito takes HMAC-SHA256 only" },
        { "salt:" HEX64, NULL, COGNITO_MALFORMED, COGNITO_SCRYPT,
          "declared form: salt and key are not of the declared digits and sizes" },
        { BCRYPT, BCRYPT, COGNITO_AS_IS, COGNITO_BCRYPT, "bcrypt, cost 4" },
        { HEX32, NULL, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "SHA-256 digest, which Cognito does not take" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        check(&samples[i], &d);
}

static void test_a_secret_takes_the_rest(void **state)
{
    struct cognito_declaration d =
        declared("pbkdf2 iterations=5 digest=sha256 form=salt+key salt_bytes=16 key_bytes=32 secret=a b;c=d");
    struct sample s = { HEXSALT HEX32, "$pbkdf2-sha256$5$+/+/+/+/+/+/+/+/+/+/+2EgYjtjPWQ$" KEY32, COGNITO_TRANSCODE,
                        COGNITO_PBKDF2_SHA256, "declared pbkdf2 with a secret, 5 iterations" };

    (void)state;
    check(&s, &d);
}

static void test_open_points_by_declaration(void **state)
{
    struct cognito_declaration d = declared("cognito alphabet=. min_cost=6 salt_bytes=16; bcrypt over=pepper");
    struct sample dot = { "$pbkdf2-sha256$5$" SALT "$" KEY32, "$pbkdf2-sha256$5$" SALT_DOT "$" KEY32,
                          COGNITO_TRANSCODE, COGNITO_PBKDF2_SHA256, "pbkdf2-sha256, 5 iterations" };
    struct sample wrapped = { BCRYPT, NULL, COGNITO_WRAPPED_REFUSE, COGNITO_BCRYPT,
                              "bcrypt over the password with a pepper, as declared" };
    struct sample cheap = { BCRYPT, NULL, COGNITO_NOT_IMPORTABLE, COGNITO_BCRYPT,
                            "bcrypt, cost 4, below what was declared as taken" };
    struct sample salt = { "16$8$1$00$" HEX32, NULL, COGNITO_NOT_IMPORTABLE, COGNITO_SCRYPT,
                           "scrypt, a salt of another size than was declared as taken" };
    struct sample argon2 = { "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$" KEY32, NULL, COGNITO_NOT_IMPORTABLE,
                             COGNITO_ARGON2ID, "argon2id, a salt of another size than was declared as taken" };

    (void)state;
    check(&dot, &d);
    check(&wrapped, &d);
    check(&salt, &d);
    check(&argon2, &d);
    d.bcrypt_over = NULL;
    check(&cheap, &d);
}

static void test_wrong_declarations(void **state)
{
    static const char *const cases[][2] = {
        { "scrypt", "says nothing of n" }, { "md5", "'md5' of the declaration begins a clause" },
        { "scrypt n=3", "power of two" }, { "scrypt n=1", "power of two" }, { "scrypt r=", "not a number" },
        { "pbkdf2 r=8", "does not belong" }, { "pbkdf2 form=salt:salt", "salt and key" },
        { "pbkdf2 form=saltkey", "salt and key" }, { "pbkdf2 key=text", "hex or base64" },
        { "pbkdf2 secret=", "at most 128" }, { "pbkdf2 key_bytes=8", "16 to 128" },
        { "bcrypt;", "says nothing of over" },
        { ";", "'' of the declaration begins" }, { "cognito salt_bytes=0", "1 to 256" },
        { "pbkdf2 pepper=hunter2", "'pepper' of the declaration is none" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cognito_declaration d;
        struct leat_error err = {0};

        assert_true(cognito_declaration_parse(cases[i][0], strlen(cases[i][0]), &d, &err) < 0);
        assert_has(err.text, cases[i][1]);
        assert_null(strstr(err.text, "hunter2"));
    }
}

static void test_too_many_clauses(void **state)
{
    static const char one[] = "scrypt n=2 r=1 p=1 form=salt:key salt=text key_bytes=32;";
    char text[sizeof one * (COGNITO_MAX_CLAUSES + 1)] = "";
    struct cognito_declaration d;
    struct leat_error err = {0};

    (void)state;
    for (int i = 0; i < COGNITO_MAX_CLAUSES; i++)
        strcat(text, one);
    d = declared(text);
    assert_int_equal(d.n_clauses, COGNITO_MAX_CLAUSES);
    strcat(text, one);
    assert_true(cognito_declaration_parse(text, strlen(text), &d, &err) < 0);
    assert_has(err.text, "more than 6 clauses");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_goes),
        cmocka_unit_test(test_what_does_not_go),
        cmocka_unit_test(test_a_nul_is_a_character_like_others),
        cmocka_unit_test(test_no_beginning_of_a_hash_goes),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_reasons_hold_nothing_of_the_hash),
        cmocka_unit_test(test_declared_parameters),
        cmocka_unit_test(test_a_secret_takes_the_rest),
        cmocka_unit_test(test_open_points_by_declaration),
        cmocka_unit_test(test_wrong_declarations),
        cmocka_unit_test(test_too_many_clauses),
    };

    return cmocka_run_group_tests_name("cognito-password", tests, NULL, NULL);
}
