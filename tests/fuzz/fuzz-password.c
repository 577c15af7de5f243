/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Stored passwords (plugins/kit/cognito/password.h). The first byte chooses a
 * declaration, or that the rest is one; the rest is the stored text. Whatever
 * it holds, there is a verdict and a reason, what goes fits its room and is
 * what it should be: read once more, it goes as it is.
 */
#include "kit/cognito/password.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static const char *const declarations[] = {
    "",
    "scrypt n=1024 r=8 p=1 form=salt:key salt=text key_bytes=64",
    "scrypt n=1024 r=8 p=1 form=key.salt salt=base64 key=base64 key_bytes=32; bcrypt over=digest",
    "pbkdf2 digest=sha256 iterations=1000 form=salt+key salt_bytes=16 key_bytes=32 secret=pepper",
    "pbkdf2 digest=sha512 iterations=1000 form=salt$key salt=hex key_bytes=64; cognito alphabet=. min_cost=8",
    "cognito alphabet=. salt_bytes=16",
};

enum { N_DECLARATIONS = sizeof declarations / sizeof *declarations };

static void require(bool what)
{
    if (!what)
        abort();
}

static void read_stored(const char *text, size_t n, const struct cognito_declaration *declared)
{
    struct cognito_password p, again;
    bool goes;

    cognito_password_read(text, n, declared, &p);
    goes = p.verdict == COGNITO_AS_IS || p.verdict == COGNITO_TRANSCODE;
    require(cognito_verdict_name(p.verdict) && *p.code && *p.reason && strlen(p.reason) < sizeof p.reason);
    require(p.n <= sizeof p.hash && (p.n > 0) == goes);
    require(!goes || p.algorithm != COGNITO_NO_ALGORITHM);
    if (!goes)
        return;
    require((p.n == n && memcmp(p.hash, text, n) == 0) == (p.verdict == COGNITO_AS_IS));
    cognito_password_read(p.hash, p.n, declared, &again);
    require(again.verdict == COGNITO_AS_IS && again.algorithm == p.algorithm);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct cognito_declaration declared;
    const char *text = (const char *)bytes + 1;
    struct leat_error err;

    if (!n_bytes)
        return 0;
    if (bytes[0] == '!') {
        if (cognito_declaration_parse(text, n_bytes - 1, &declared, &err) == 0)
            read_stored("00:00", 5, &declared);
        return 0;
    }
    text = declarations[bytes[0] % N_DECLARATIONS];
    require(cognito_declaration_parse(text, strlen(text), &declared, &err) == 0);
    read_stored((const char *)bytes + 1, n_bytes - 1, &declared);
    return 0;
}
