/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * bcrypt and Argon2id. Neither has a key that could be cut: what goes is the
 * text itself, at most with its parameters in another order.
 */
#include "kit/cognito/password-parts.h"

#include "kit/text/text.h"

/* ---- bcrypt ---- */

enum { BCRYPT_LENGTH = 60, BCRYPT_MAX_COST = 12 };

static const char *bcrypt_trouble(struct span s)
{
    const char *p = s.p;

    if (s.n < 4 || memcmp(p, "$2", 2) != 0 || !span_has_only((struct span){ p + 2, 1 }, "abxy") || p[3] != '$')
        return "it must begin with $2a$, $2b$, $2x$ or $2y$";
    if (s.n < 7 || p[4] < '0' || p[4] > '9' || p[5] < '0' || p[5] > '9' || p[6] != '$')
        return "its cost must have two digits, and then comes a $";
    if (s.n != BCRYPT_LENGTH)
        return s.n < BCRYPT_LENGTH ? "it is shorter than 60 characters" : "it is longer than 60 characters";
    if (!span_has_only((struct span){ p + 7, s.n - 7 },
                       "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        return "a character that bcrypt does not write";
    return NULL;
}

/* Of a text that bcrypt could have written. */
static void read_cost(const struct reading *r, struct span s, unsigned cost)
{
    const struct cognito_declaration *d = r->declared;

    if (cost < 4 || cost > 31)
        password_malformed(r, COGNITO_BCRYPT, "bcrypt", "its cost is not 4 to 31");
    else if (d && d->bcrypt_over)
        password_refuse(r, COGNITO_WRAPPED_REFUSE, COGNITO_BCRYPT, "declared_wrapped", "bcrypt over %s, as declared",
                        d->bcrypt_over);
    else if (cost > BCRYPT_MAX_COST)
        password_refuse(r, COGNITO_OVER_BOUND, COGNITO_BCRYPT, "over_bound", "bcrypt, cost %u > %d", cost,
                        BCRYPT_MAX_COST);
    else if (d && cost < d->min_cost)
        password_refuse(r, COGNITO_NOT_IMPORTABLE, COGNITO_BCRYPT, "low_cost",
                        "bcrypt, cost %u, below what was declared as taken", cost);
    else {
        memcpy(r->out->hash, s.p, s.n);
        password_keep(r, COGNITO_BCRYPT, r->out->hash + s.n, "bcrypt, cost %u", cost);
    }
}

void password_read_bcrypt(const struct reading *r, struct span s)
{
    const char *trouble = bcrypt_trouble(s);

    if (trouble)
        password_malformed(r, COGNITO_BCRYPT, "bcrypt", trouble);
    else
        read_cost(r, s, (unsigned)(s.p[4] - '0') * 10 + (unsigned)(s.p[5] - '0'));
}

/* ---- Argon2 ---- */

enum { ARGON2_MAX_M = 19456, ARGON2_MAX_T = 2, ARGON2_MAX_P = 1, ARGON2_MIN_SALT = 8, ARGON2_MIN_KEY = 4 };

/* RFC 9106, section 3.1: what a parameter can be at all. */
static const char *argon2_trouble(const struct argon2 *h, struct bytes *room)
{
    if (h->version != 16 && h->version != 19)
        return "its version is neither 16 nor 19";
    if (h->m < 8 * h->p || h->m > UINT32_MAX || h->t < 1 || h->t > UINT32_MAX || h->p < 1 || h->p > 0xFFFFFF)
        return "a parameter that Argon2 does not have";
    if (!bytes_from_base64(h->salt, BASE64_BARE, room) || room->n < ARGON2_MIN_SALT)
        return "its salt is no base64 without padding of 8 bytes or more";
    if (!bytes_from_base64(h->key, BASE64_BARE, room) || !password_whole(room->n, ARGON2_MIN_KEY))
        return "its hash is no whole base64 without padding";
    return NULL;
}

static bool argon2_over(const struct reading *r, const struct argon2 *h)
{
    bool m = h->m > ARGON2_MAX_M, t = h->t > ARGON2_MAX_T, p = h->p > ARGON2_MAX_P;

    if (m || t || p)
        password_refuse(r, COGNITO_OVER_BOUND, COGNITO_ARGON2ID, "over_bound", "%s, m=%llu%s t=%llu%s p=%llu%s",
                        h->scheme, (unsigned long long)h->m, m ? " > 19456" : "", (unsigned long long)h->t,
                        t ? " > 2" : "", (unsigned long long)h->p, p ? " > 1" : "");
    return m || t || p;
}

static bool argon2_salt_fits(const struct reading *r, const struct argon2 *h)
{
    struct bytes salt;

    if (!r->declared || !r->declared->salt_bytes ||
        (bytes_from_base64(h->salt, BASE64_BARE, &salt) && salt.n == r->declared->salt_bytes))
        return true;
    password_refuse(r, COGNITO_NOT_IMPORTABLE, COGNITO_ARGON2ID, "salt_size",
                    "%s, a salt of another size than was declared as taken", h->scheme);
    return false;
}

static char *put(char *out, const char *p, size_t n)
{
    memcpy(out, p, n);
    return out + n;
}

static char *put_parameter(char *out, const char *name, uint64_t value)
{
    return leat_int64_put(put(out, name, strlen(name)), (int64_t)value);
}

void password_put_argon2(const struct reading *r, const struct argon2 *h)
{
    struct bytes room;
    const char *trouble = argon2_trouble(h, &room);
    char *out = r->out->hash;

    if (trouble) {
        password_malformed(r, COGNITO_ARGON2ID, h->scheme, trouble);
        return;
    }
    if (argon2_over(r, h) || !argon2_salt_fits(r, h))
        return;
    out = put_parameter(out, "$argon2id$v=", h->version);
    out = put_parameter(out, "$m=", h->m);
    out = put_parameter(out, ",t=", h->t);
    out = put_parameter(out, ",p=", h->p);
    out = put(put(out, "$", 1), h->salt.p, h->salt.n);
    out = put(put(out, "$", 1), h->key.p, h->key.n);
    password_keep(r, COGNITO_ARGON2ID, out, "%s, m=%u t=%u p=%u", h->scheme, (unsigned)h->m, (unsigned)h->t,
                  (unsigned)h->p);
}

/* m=19456,t=2,p=1 in any order, each once. 1: so it is; 0: it is not; -1: with a parameter that no import has room
 * for. */
static int read_parameters(struct span s, struct argon2 *h)
{
    static const char *const names[] = { "m", "t", "p" };
    uint64_t *const values[] = { &h->m, &h->t, &h->p };
    bool seen[3] = { false }, foreign = false;

    for (bool last = false; !last;) {
        const char *end = s.n ? memchr(s.p, ',', s.n) : NULL;
        struct span one = { s.p, end ? (size_t)(end - s.p) : s.n }, rest = one;
        int i = 0;

        last = !end;
        s = last ? s : (struct span){ end + 1, s.n - one.n - 1 };
        if (span_skip(&rest, "data=") || span_skip(&rest, "keyid=")) {
            foreign = true;
            continue;
        }
        while (i < 3 && (seen[i] || !span_parameter(one, names[i], values[i])))
            i++;
        if (i == 3)
            return 0;
        seen[i] = true;
    }
    return !(seen[0] && seen[1] && seen[2]) ? 0 : foreign ? -1 : 1;
}

void password_read_argon2(const struct reading *r, struct span s)
{
    struct argon2 h = { .scheme = "argon2id" };
    struct span f[4]; /* version, parameters, salt, hash */
    int parameters;

    if (!span_skip(&s, "$argon2id$") || !span_split(s, '$', f, 4) || !span_parameter(f[0], "v", &h.version)) {
        password_malformed(r, COGNITO_ARGON2ID, h.scheme, "not $argon2id$v=..$m=..,t=..,p=..$salt$hash");
        return;
    }
    parameters = read_parameters(f[1], &h);
    h.salt = f[2];
    h.key = f[3];
    if (parameters < 0)
        password_refuse(r, COGNITO_NOT_IMPORTABLE, COGNITO_NO_ALGORITHM, "associated_data",
                        "argon2id with associated data or a key id, for which Cognito has no place");
    else if (parameters == 0)
        password_malformed(r, COGNITO_ARGON2ID, h.scheme, "its parameters are not m, t and p, each once");
    else
        password_put_argon2(r, &h);
}
