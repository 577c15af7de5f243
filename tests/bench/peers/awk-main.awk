# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# This awk knows no CSV. A line is cut at its quotes: the odd pieces stand outside of quotes,
# the even ones inside, and an empty odd piece between two others is a doubled quote.

function parse(line,   pieces, outside, n, n_pieces, n_outside, i, j, next_line) {
    if (line !~ /"/)
        return split(line, field, ",")
    while ((n_pieces = split(line, pieces, "\"")) % 2 == 0 && (getline next_line) > 0)
        line = line "\n" next_line
    n = 1
    field[1] = ""
    for (i = 1; i <= n_pieces; i++) {
        if (i % 2 == 0) {
            field[n] = field[n] pieces[i]
        } else if (pieces[i] == "") {
            if (i > 1 && i < n_pieces)
                field[n] = field[n] "\""
        } else {
            n_outside = split(pieces[i], outside, ",")
            field[n] = field[n] outside[1]
            for (j = 2; j <= n_outside; j++)
                field[++n] = outside[j]
        }
    }
    return n
}

function quoted(text) {
    if (text ~ /[",\n]/) {
        gsub(/"/, "\"\"", text)
        return "\"" text "\""
    }
    return text
}

BEGIN {
    OFS = ","
    code["US"] = "+1"; code["FR"] = "+33"; code["DE"] = "+49"; code["GB"] = "+44"
    yes["t"]; yes["true"]; yes["1"]; yes["yes"]
    print "cognito:username,name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture," \
          "website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address," \
          "updated_at,cognito:mfa_enabled"
    print "id,email,reason" > rejects
}

NR == 1 { next }

{
    parse($0)
    if (field[12] == "deleted")
        next
    email = tolower(field[3])
    gsub(/^ +| +$/, "", email)
    if (email !~ /^[^@ \t]+@[^@ \t]+\.[^@ \t]+$/) {
        print field[1], quoted(email), "invalid_email" > rejects
        next
    }
    if (email in seen)
        next
    seen[email]
    name = field[5] " " field[6]
    gsub(/^ +| +$/, "", name)
    phone = field[7]
    if (phone != "") {
        gsub(/[^0-9]/, "", phone)
        if (field[9] != "US")
            sub(/^0/, "", phone)
        phone = code[field[9]] phone
    }
    birthdate = field[8]
    if (substr(birthdate, 3, 1) == "/")
        birthdate = substr(birthdate, 7, 4) "-" substr(birthdate, 4, 2) "-" substr(birthdate, 1, 2)
    updated = field[11]
    gsub(/[-:]/, " ", updated)
    print field[2], quoted(name), quoted(field[5]), quoted(field[6]), "", "", "", "", "", "", quoted(email),
        (tolower(field[4]) in yes) ? "true" : "false", "", birthdate, "", "", phone, "false", quoted(field[15]),
        mktime(updated, 1), "false"
}
