/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * What Cognito does not take: schemes that their first characters give away,
 * digests that their length does, damaged beginnings of what it does take, and
 * the rest. A bare digest has no name, so several schemes share one.
 */
#include "kit/cognito/password-parts.h"

#include <strings.h>

struct named {
    const char *prefix, *scheme;
};

static const struct named schemes[] = {
    { "$1$", "MD5 crypt" }, { "$3$", "NT hash" }, { "$5$", "SHA-256 crypt" }, { "$6$", "SHA-512 crypt" },
    { "$y$", "yescrypt" }, { "$gy$", "gost-yescrypt" }, { "$apr1$", "Apache MD5 crypt" }, { "$sha1$", "SHA-1 crypt" },
    { "$md5", "Sun MD5 crypt" }, { "$argon2i$", "Argon2i, which is not Argon2id" },
    { "$argon2d$", "Argon2d, which is not Argon2id" }, { "$P$", "phpass (iterated MD5)" },
    { "$H$", "phpass (iterated MD5)" }, { "$S$", "Drupal 7 (iterated SHA-512)" },
    { "U$", "Drupal (a digest over a digest)" }, { "$p5k2$", "PBKDF2 with HMAC-SHA1" }, { "$scram$", "SCRAM" },
    { "SCRAM-SHA-", "SCRAM" }, { "md5$", "salted MD5" }, { "sha1$", "salted SHA-1" }, { "sha224$", "salted SHA-224" },
    { "sha256$", "salted SHA-256" }, { "sha384$", "salted SHA-384" }, { "sha512$", "salted SHA-512" },
    { "crypt$", "DES crypt" }, { "plain$", "plain text" }, { "{noop}", "plain text" }, { "{CLEARTEXT}", "plain text" },
    { "{PLAIN}", "plain text" }, { "{ldap}", "LDAP digest" }, { "{SHA", "SHA digest of LDAP or Spring" },
    { "{SSHA", "salted SHA digest of LDAP" }, { "{sha", "SHA digest of LDAP or Spring" },
    { "{MD", "MD4 or MD5 digest of LDAP or Spring" }, { "{SMD5}", "salted MD5 digest of LDAP" },
    { "{CRYPT}", "crypt(3) of LDAP" }, { "{crypt}", "crypt(3) of LDAP" },
    { "{PKCS5S2}", "Atlassian PBKDF2 with SHA-1" },
    { "{FSHP", "FSHP" }, { "{SASL}", "a password kept elsewhere" },
    { "{ARGON2}", "Argon2 of LDAP, but not Argon2id" }, { "grub.pbkdf2.sha512.", "PBKDF2 with HMAC-SHA512" },
    { "0x0100", "SQL Server digest" }, { "0x0200", "SQL Server digest" },
};

/* PBKDF2 with another digest, by prefix; the scheme is the digest. */
static const struct named pbkdf2[] = {
    { "$pbkdf2$", "SHA1" }, { "$pbkdf2-sha1$", "SHA1" }, { "$pbkdf2-sha224$", "SHA224" },
    { "$pbkdf2-sha384$", "SHA384" }, { "$pbkdf2-sha512$", "SHA512" }, { "pbkdf2_sha1$", "SHA1" },
    { "pbkdf2_sha512$", "SHA512" }, { "pbkdf2:md5", "MD5" }, { "pbkdf2:sha1", "SHA1" }, { "pbkdf2:sha224", "SHA224" },
    { "pbkdf2:sha384", "SHA384" }, { "pbkdf2:sha512", "SHA512" }, { "{PBKDF2}", "SHA1" }, { "{PBKDF2-SHA1}", "SHA1" },
    { "{PBKDF2-SHA512}", "SHA512" }, { "{pbkdf2}", "SHA1" },
};

static const char *find(const struct named *table, size_t n, struct span s)
{
    for (size_t i = 0; i < n; i++) {
        struct span rest = s;

        if (span_skip(&rest, table[i].prefix))
            return table[i].scheme;
    }
    return NULL;
}

/* Beginnings of what Cognito takes that lost a sign, or their case. */
static enum cognito_algorithm damaged(struct span s)
{
    static const struct {
        const char *begin;
        enum cognito_algorithm algorithm;
    } table[] = {
        { "argon2", COGNITO_ARGON2ID }, { "{argon2", COGNITO_ARGON2ID }, { "pbkdf2-sha256", COGNITO_PBKDF2_SHA256 },
        { "pbkdf2_sha256", COGNITO_PBKDF2_SHA256 }, { "pbkdf2:sha256", COGNITO_PBKDF2_SHA256 },
        { "{pbkdf2", COGNITO_PBKDF2_SHA256 }, { "scrypt", COGNITO_SCRYPT }, { "{scrypt", COGNITO_SCRYPT },
        { "{bcrypt", COGNITO_BCRYPT }, { "bcrypt$", COGNITO_BCRYPT },
        { "2a$", COGNITO_BCRYPT }, { "2b$", COGNITO_BCRYPT }, { "2x$", COGNITO_BCRYPT }, { "2y$", COGNITO_BCRYPT },
    };

    (void)span_skip(&s, "$");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (s.n >= strlen(table[i].begin) && strncasecmp(s.p, table[i].begin, strlen(table[i].begin)) == 0)
            return table[i].algorithm;
    return COGNITO_NO_ALGORITHM;
}

/* A run of digits of some base that could be a salt, a key, or both. */
static bool is_run(struct span s)
{
    struct bytes room;

    return s.n >= 8 && (span_is_hex(s) || bytes_from_base64(s, s.n % 4 == 0 ? BASE64_PADDED : BASE64_BARE, &room));
}

static bool is_salt_and_key(struct span s)
{
    static const char separators[] = ":.$|,";

    for (const char *c = separators; *c; c++) {
        struct span f[2];

        if (span_split(s, *c, f, 2) && is_run(f[0]) && is_run(f[1]))
            return true;
    }
    return false;
}

static bool is_mysql(struct span s)
{
    return s.n == 41 && *s.p == '*' && span_is_hex((struct span){ s.p + 1, 40 });
}

static const char *digest_by_length(struct span s)
{
    if (!span_is_hex(s))
        return NULL;
    switch (s.n) {
    case 32: return "MD5 or NT digest";
    case 40: return "SHA-1 digest";
    case 56: return "SHA-224 digest";
    case 64: return "SHA-256 digest";
    case 128: return "SHA-512 digest";
    default: return NULL;
    }
}

static void read_shape(const struct reading *r, struct span s)
{
    const char *digest = digest_by_length(s);
    struct bytes b;

    if (digest)
        password_other(r, digest);
    else if (s.n == 68 && bytes_from_base64(s, BASE64_PADDED, &b) && b.n == 49 && b.at[0] == 0)
        password_pbkdf2_digest(r, "SHA1"); /* ASP.NET Identity, version 2 */
    else if (is_salt_and_key(s) || (s.n >= 40 && is_run(s)))
        password_refuse(r, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "undeclared",
                        "a digest, or salt and key without parameters; if so, declare them");
    else
        password_refuse(r, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "unknown", "no known form of a hash");
}

void password_read_other(const struct reading *r, struct span s)
{
    const char *digest = find(pbkdf2, sizeof pbkdf2 / sizeof *pbkdf2, s);
    const char *scheme = find(schemes, sizeof schemes / sizeof *schemes, s);

    if (digest)
        password_pbkdf2_digest(r, digest);
    else if (scheme)
        password_other(r, scheme);
    else if (is_mysql(s))
        password_other(r, "MySQL digest");
    else if (damaged(s))
        password_malformed(r, damaged(s), cognito_algorithm_name(damaged(s)), "its beginning is damaged");
    else
        read_shape(r, s);
}
