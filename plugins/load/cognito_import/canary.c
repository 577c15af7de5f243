/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The file of the canary, and where in the input its users stand.
 */
#include "canary.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kit/csv/read.h"
#include "kit/file/input.h"
#include "kit/text/text.h"
#include "sets.h"

enum {
    MAX_FILE = 256 << 10,
    MAX_NAME = 128 * 4, MAX_PASSWORD = 256 * 4, /* API reference, AdminInitiateAuth, in bytes of UTF-8 */
    SHOWN_LINES = 8,
};

/* ---- the file ---- */

static ssize_t fill(void *source, char *into, size_t n)
{
    ssize_t got = read(*(int *)source, into, n);

    return got < 0 ? -errno : got;
}

static bool is_header(const struct leat_csv_reader *r)
{
    static const char *const names[] = { "username", "password" };

    for (int i = 0; i < 2; i++)
        if (r->n_values != 2 || r->values[i].n != strlen(names[i]) || memcmp(r->values[i].p, names[i],
                                                                             strlen(names[i])) != 0)
            return false;
    return true;
}

static const char *take(struct canary *canary, const struct leat_csv_reader *r, int i, size_t *n_text, size_t *ret_n)
{
    char *to = canary->text + *n_text;

    *ret_n = leat_csv_value_copy(r, &r->values[i], to);
    to[*ret_n] = '\0';
    *n_text += *ret_n + 1;
    return to;
}

static const char *wrong_with(const struct canary_user *user)
{
    if (!user->n_name || !user->n_password)
        return "needs a user name and a password";
    if (user->n_name > MAX_NAME || user->n_password > MAX_PASSWORD)
        return "is longer than a user name and a password can be";
    if (strlen(user->name) != user->n_name || strlen(user->password) != user->n_password ||
        !leat_text_is_utf8(user->name, user->n_name) || !leat_text_is_utf8(user->password, user->n_password))
        return "is no text in UTF-8";
    return NULL;
}

static int take_user(struct canary *canary, const struct leat_csv_reader *r, size_t *n_text, struct leat_error *err)
{
    struct canary_user *user = &canary->users[canary->n];
    const char *wrong;

    if (r->n_values == 1 && !r->values[0].n) /* a blank line */
        return 0;
    if (r->n_values != 2)
        return leat_fail(err, -EINVAL, "%s: line %lld has %d values, and needs two: username,password", canary->path,
                         (long long)r->record_line, r->n_values);
    if (canary->n == CANARY_MOST)
        return leat_fail(err, -EINVAL, "%s: has more than %d users; a few of each algorithm are enough", canary->path,
                         CANARY_MOST);
    *user = (struct canary_user){ .line = r->record_line };
    user->name = take(canary, r, 0, n_text, &user->n_name);
    user->password = take(canary, r, 1, n_text, &user->n_password);
    wrong = wrong_with(user);
    if (wrong)
        return leat_fail(err, -EINVAL, "%s: line %lld %s", canary->path, (long long)user->line, wrong);
    canary->n++;
    return 0;
}

static int read_users(struct canary *canary, struct leat_csv_reader *r, struct leat_error *err)
{
    enum leat_csv_result result = leat_csv_next(r);
    size_t n_text = 0;
    int rc = 0;

    if (result != LEAT_CSV_RECORD || !is_header(r))
        return leat_fail(err, -EINVAL, "%s: must begin with the line username,password", canary->path);
    while (rc == 0 && (result = leat_csv_next(r)) == LEAT_CSV_RECORD)
        rc = take_user(canary, r, &n_text, err);
    if (rc == 0 && result == LEAT_CSV_BAD)
        return leat_fail(err, -EINVAL, "%s: line %lld is no CSV: its quotes do not fit together", canary->path,
                         (long long)r->fault_line);
    if (rc == 0 && result == LEAT_CSV_FAILED)
        return leat_fail(err, r->error, "cannot read %s: %s", canary->path, strerror(-r->error));
    if (rc == 0 && !canary->n)
        return leat_fail(err, -EINVAL, "%s: has no users", canary->path);
    return rc;
}

static int read_open(struct canary *canary, int fd, struct leat_error *err)
{
    struct leat_csv_reader r = { .dialect = { ',', '"', '"', true }, .max_record = MAX_FILE, .max_values = 3,
                                 .fill = fill, .source = &fd, .line = 1 };
    struct stat st = { 0 };
    int rc;

    if (fstat(fd, &st) < 0 || st.st_size > MAX_FILE)
        return leat_fail(err, -EINVAL, "%s: is too large for a canary of at most %d users", canary->path, CANARY_MOST);
    canary->others_read = (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    canary->cap_text = MAX_FILE + (2 * CANARY_MOST + 2) * (LEAT_CSV_SLACK + 1);
    canary->text = malloc(canary->cap_text);
    if (!canary->text || leat_csv_reader_init(&r) < 0)
        return leat_fail(err, -ENOMEM, "out of memory");
    rc = read_users(canary, &r, err);
    explicit_bzero(r.buffer, r.cap); /* passwords */
    leat_csv_reader_deinit(&r);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    const struct canary_user *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static int find_doubles(const struct canary *canary, struct leat_error *err)
{
    for (int i = 1; i < canary->n; i++)
        if (by_name(&canary->users[i - 1], &canary->users[i]) == 0)
            return leat_fail(err, -EINVAL, "%s: lines %lld and %lld name the same user", canary->path,
                             (long long)canary->users[i - 1].line, (long long)canary->users[i].line);
    return 0;
}

int canary_read(struct canary *canary, struct leat_error *err)
{
    int fd, rc = leat_input_open(canary->path, "the users of a canary are", &fd, err);

    if (rc < 0)
        return rc;
    rc = read_open(canary, fd, err);
    (void)close(fd);
    qsort(canary->users, (size_t)canary->n, sizeof *canary->users, by_name);
    return rc < 0 ? rc : find_doubles(canary, err);
}

int canary_open(struct canary *canary, struct leat_stage *stage, struct leat_error *err)
{
    int rc = canary_read(canary, err);

    if (rc == 0 && canary->others_read)
        leat_stage_log(stage, LEAT_LOG_WARNING, "%s holds passwords, and others than its owner may read it: chmod 600",
                       canary->path);
    return rc;
}

void canary_close(struct canary *canary)
{
    if (canary->text)
        explicit_bzero(canary->text, canary->cap_text);
    free(canary->text);
    canary->text = NULL;
    canary->n = 0;
}

/* ---- the plan ---- */

/* API reference, ClientIdType: letters, digits, _ and +. */
static bool is_client_id(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+";
    size_t n = strlen(text);

    return n > 0 && n <= 128 && strspn(text, letters) == n;
}

static bool options_fit(struct leat_plan *plan, const struct canary *canary)
{
    const char *without = canary->path ? NULL : canary->client_id ? "client_id" : canary->client_secret
                                                                                  ? "client_secret" : NULL;

    if (without)
        leat_plan_wrong(plan, without, "is of use with a `canary` alone, whose users sign in by that app client");
    else if (canary->path && !canary->client_id)
        leat_plan_wrong(plan, "canary", "needs `client_id`, an app client of the pool that allows "
                        "ALLOW_ADMIN_USER_PASSWORD_AUTH, by which its users sign in");
    if (canary->client_id && !is_client_id(canary->client_id))
        leat_plan_wrong(plan, "client_id", "is no id of an app client, which is of letters and digits");
    return canary->path && canary->client_id;
}

static bool fields_fit(struct leat_plan *plan, bool no_hashes)
{
    const struct leat_schema *input = leat_plan_input(plan);
    int name = leat_schema_find(input, "cognito:username");

    if (name < 0 || input->fields[name].type != LEAT_TEXT)
        leat_plan_wrong(plan, "canary", "its users are known by cognito:username, and no field of text has that name");
    if (leat_schema_find(input, "password_hash") < 0 || no_hashes)
        leat_plan_wrong(plan, "canary", "no hashes go along that it could try: map password_hash and let it go, or "
                        "take the option away");
    return name >= 0;
}

bool canary_plan(struct leat_plan *plan, const struct canary *canary, bool no_hashes)
{
    struct canary trying = *canary;
    struct leat_error err = { 0 };
    char text[256];

    if (!options_fit(plan, canary) || !fields_fit(plan, no_hashes))
        return false;
    leat_plan_input_file(plan, canary->path);
    if (canary_read(&trying, &err) < 0)
        leat_plan_wrong(plan, "canary", "%s", err.text);
    (void)snprintf(text, sizeof text, "the %d users of the canary are imported first and signed in once: that makes "
                   "them monthly active users, converts their hashes, and sends a code to those who have MFA",
                   trying.n);
    leat_plan_note(plan, text);
    canary_close(&trying);
    return true;
}

/* A secret in it would be shown with the option. */
const struct cognito_declaration *declaration_plan(struct leat_plan *plan, const char *option, const char *text)
{
    struct cognito_declaration *declaration;
    struct leat_error err = { 0 };

    if (!text || !*text)
        return NULL;
    declaration = leat_plan_alloc(plan, sizeof *declaration);
    if (cognito_declaration_parse(text, strlen(text), declaration, &err) < 0)
        leat_plan_wrong(plan, option, "%s", err.text);
    for (int i = 0; i < declaration->n_clauses; i++)
        if (declaration->clauses[i].n_pepper)
            leat_plan_wrong(plan, option, "is no place for a secret; map password_hash by cognito_password(), whose "
                            "second argument may hold it");
    return declaration;
}

/* ---- where they stand ---- */

void canary_meet(struct canary *canary, const char *name, size_t n, enum cognito_algorithm set, int64_t index,
                 bool goes)
{
    int low = 0, high = canary->n;

    while (low < high) {
        int middle = (low + high) / 2;
        struct canary_user *user = &canary->users[middle];
        int order = memcmp(user->name, name, user->n_name < n ? user->n_name : n);

        order = order ? order : (user->n_name > n) - (user->n_name < n);
        if (order == 0 && user->state == CANARY_MISSING) {
            user->state = goes ? CANARY_THERE : CANARY_WITHOUT;
            user->set = set;
            user->index = index;
        }
        if (order == 0)
            return;
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
}

/* "3 (lines 2, 5, 9)". */
static int list_lines(const struct canary *canary, enum canary_state state, char ret[128])
{
    size_t length = 0;
    int n = 0;

    *ret = '\0';
    for (int i = 0; i < canary->n; i++) {
        if (canary->users[i].state != state)
            continue;
        if (n < SHOWN_LINES)
            length += (size_t)snprintf(ret + length, 128 - length, "%s%lld", n ? ", " : "",
                                       (long long)canary->users[i].line);
        n++;
    }
    if (n > SHOWN_LINES)
        (void)snprintf(ret + length, 128 - length, " ...");
    return n;
}

static int by_line(const void *a, const void *b)
{
    const struct canary_user *x = a, *y = b;

    return (x->line > y->line) - (x->line < y->line);
}

static int by_place(const void *a, const void *b)
{
    const struct canary_user *x = a, *y = b;

    return x->piece != y->piece ? x->piece - y->piece : (x->row > y->row) - (x->row < y->row);
}

static void place(struct canary_user *user, const struct sets *sets)
{
    int64_t index = user->index;

    for (user->piece = 0; user->piece < sets->n_pieces && user->state == CANARY_THERE; user->piece++) {
        const struct piece *piece = &sets->pieces[user->piece];

        if (piece->set != user->set)
            continue;
        if (index < piece->n_rows)
            break;
        index -= piece->n_rows;
    }
    user->row = (int32_t)index;
    if (user->state == CANARY_MISSING) /* behind all others */
        user->piece = sets->n_pieces;
}

int canary_missing(const struct canary *canary, struct leat_error *err)
{
    return leat_fail(err, LEAT_EDATA, "of the %d users of the canary %d are not in the input, or were rejected%s%s%s. "
                     "Lines are those of %s. Take them out of it or put it right, and run again; nobody was imported",
                     canary->n, canary->n_missing, *canary->missing ? " (line " : "", canary->missing,
                     *canary->missing ? ")" : "", canary->path);
}

int canary_place(struct canary *canary, struct sets *sets, struct leat_error *err)
{
    char without[128];
    int n_without;

    qsort(canary->users, (size_t)canary->n, sizeof *canary->users, by_line);
    canary->n_missing = list_lines(canary, CANARY_MISSING, canary->missing);
    n_without = list_lines(canary, CANARY_WITHOUT, without);
    if (n_without)
        return leat_fail(err, LEAT_EDATA, "of the %d users of the canary %d are not in the input, or were "
                         "rejected%s%s%s, and the hashes of %d cannot go%s%s%s. Lines are those of %s. Take them out "
                         "of it or put it right, and run again; nobody was imported", canary->n, canary->n_missing,
                         *canary->missing ? " (line " : "", canary->missing, *canary->missing ? ")" : "", n_without,
                         *without ? " (line " : "", without, *without ? ")" : "", canary->path);
    for (int i = 0; i < canary->n; i++)
        place(&canary->users[i], sets);
    qsort(canary->users, (size_t)canary->n, sizeof *canary->users, by_place);
    for (int i = canary->n - 1; i >= 0; i--) {
        struct piece *piece = &sets->pieces[canary->users[i].piece];

        if (canary->users[i].state == CANARY_MISSING) {
            canary->n_of[COGNITO_NO_ALGORITHM]++;
            continue;
        }
        piece->canary = i;
        piece->n_canary++;
        canary->n_of[piece->set]++;
    }
    return 0;
}
