/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * phone_e164(number, country): telephone numbers as people type them, in E.164
 * form, by libphonenumber. C++ behind the C contract: no exception leaves `call`.
 *
 * The library's one instance is made on first use and is thread safe, and it
 * logs to nowhere unless it is told otherwise; so there is no state here and
 * nothing to serialise. It allocates for each number, which is its affair.
 */
#include <leat/plugin.h>

#include <exception>
#include <string>

#include <phonenumbers/phonenumberutil.h>

#include "country.h"

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

const char *const unknown_region = "ZZ"; /* libphonenumber's word for none */

struct text {
    const char *bytes;
    size_t n;
};

text trimmed(const leat_argument *argument, int32_t row)
{
    text t = { nullptr, 0 };

    if (leat_argument_is_null(argument, row))
        return t;
    t.bytes = leat_argument_text(argument, row, &t.n);
    while (t.n && static_cast<unsigned char>(t.bytes[0]) <= ' ')
        t.bytes++, t.n--;
    while (t.n && static_cast<unsigned char>(t.bytes[t.n - 1]) <= ' ')
        t.n--;
    return t;
}

/* A plus in ASCII or in full width: the number says itself where it belongs. */
bool is_international(const text &number)
{
    return number.bytes[0] == '+' || (number.n > 3 && memcmp(number.bytes, "\xEF\xBC\x8B", 3) == 0);
}

void convert(const leat_call *call, int32_t row, const text &number, const char *region)
{
    const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    PhoneNumber parsed;
    std::string formatted;

    if (util->Parse(std::string(number.bytes, number.n), region, &parsed) != PhoneNumberUtil::NO_PARSING_ERROR ||
        !util->IsValidNumber(parsed)) {
        leat_call_fail(call, row, "bad_phone", "is not a valid phone number for its country");
        return;
    }
    util->Format(parsed, PhoneNumberUtil::E164, &formatted);
    leat_call_put_text(call, row, formatted.data(), formatted.size());
}

void convert_row(const leat_call *call, int32_t row)
{
    const text number = trimmed(&call->arguments[0], row);
    const text country = call->n_arguments > 1 ? trimmed(&call->arguments[1], row) : text{ nullptr, 0 };
    const char *region = unknown_region;

    if (!number.n) {
        leat_call_put_null(call, row);
        return;
    }
    if (!is_international(number)) {
        if (!country.n) {
            leat_call_fail(call, row, "bad_phone", "needs a country, or a leading +");
            return;
        }
        region = leat_country_code(country.bytes, country.n);
    }
    if (region)
        convert(call, row, number, region);
    else
        leat_call_fail(call, row, "bad_phone", "the country is not known");
}

int phone_bind(const leat_bind *bind, void **ret_bound, leat_error *err)
{
    const leat_argument *country = bind->n_arguments > 1 ? &bind->arguments[1] : nullptr;
    text t;

    *ret_bound = nullptr;
    if (!country || !country->column)
        return 0;
    t = trimmed(country, 0);
    if (t.n && !leat_country_code(t.bytes, t.n))
        return leat_fail(err, -EINVAL, "'%.*s' is no country; write an ISO 3166 code such as 'DE', or an English name",
                         static_cast<int>(t.n), t.bytes);
    return 0;
}

int phone_call(const leat_call *call, leat_error *err)
{
    try {
        for (int32_t i = 0; i < call->n_rows; i++)
            convert_row(call, call->rows[i]);
    } catch (const std::exception &e) {
        return leat_fail(err, -ENOMEM, "libphonenumber has failed: %s", e.what());
    }
    return 0;
}

/* By position, since C++17 has no designated initialisers. */
const leat_function functions[] = {
    { "phone_e164", LEAT_TEXT, { LEAT_TEXT, LEAT_TEXT }, 1, LEAT_SEES_NULLS | LEAT_CAN_FAIL,
      "The telephone number in E.164 form; the country, by ISO code or English name, is for numbers without a +.",
      "phone_e164('030 1234567', 'Germany')", "+49301234567", phone_bind, nullptr, phone_call },
    LEAT_END_OF_FUNCTIONS
};

} // namespace

LEAT_FUNCTIONS(phone_e164, "Telephone numbers in E.164 form, by libphonenumber", functions);
