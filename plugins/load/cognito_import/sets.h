/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Users into files: a set of parts for each algorithm of a password's hash, as a job takes
 * one algorithm. Which part and line a record has is known by counting:
 *
 *     record      0  1  2  3  4  5 ...       a byte each: its set, and whether it must be verified
 *     BCRYPT      0     1  2                 cognito-import-bcrypt.csv, cognito-import-bcrypt-2.csv
 *     none           0        1              cognito-import.csv
 */
#ifndef LEAT_COGNITO_IMPORT_SETS_H
#define LEAT_COGNITO_IMPORT_SETS_H

#include "canary.h"
#include "kit/cognito_csv/put.h"

enum { N_SETS = COGNITO_PBKDF2_SHA256 + 1 }; /* by enum cognito_algorithm */

enum { LOG_GROUP = 256 };

/* One part, which is one user after the other, and its job. */
struct piece {
    enum cognito_algorithm set;
    int64_t number;          /* of the part, from 1 */
    const char *path, *final; /* of its file, and the name that it may get */
    int32_t n_rows;
    char hash[65];           /* of the file */
    uint8_t *verdicts;       /* a row: enum log_tag and a reason; NULL before its turn, and once all are told */
    bool done;
    int n_barren;            /* jobs in a row that brought nobody, but skipped some */
    bool unclear;            /* an attempt of ours may have imported users of whom no log says so */
    bool after_others;       /* its users may be those of another part of an earlier run, whose source was another */
    int canary, n_canary;    /* users of it: the first, and how many */
    int n_attempts;
    int first_line;          /* number of its first row in the log; 0: it differs */
    char log_group[LOG_GROUP], log_stream[208];
};

struct set {
    char *path;              /* of its first part */
    struct parts parts;
    bool open;
    int64_t n_rows;
};

struct sets {
    /* by the plan */
    const struct table *tables[N_SETS];
    const char *headers[N_SETS];
    size_t n_headers[N_SETS];
    int hash_field;          /* of the input; -1: none */
    int name_field;          /* cognito:username */
    bool no_hashes;          /* they stay behind */
    const struct cognito_declaration *declared; /* of the hashes; NULL: nothing */
    struct canary *canary;   /* NULL: none */
    bool split;              /* by algorithm; else all go into `only` */
    enum cognito_algorithm only;
    int64_t max_rows, max_bytes;
    bool lines;
    /* Rejects a row, and returns false, that is not to be written; NULL: all are. */
    bool (*may_go)(void *owner, struct leat_batch *batch, int32_t row);
    void *owner;

    struct set sets[N_SETS];
    uint8_t *rows;
    int64_t n_rows, cap_rows;
    struct piece *pieces;    /* in the order of their jobs */
    int n_pieces;

    /* the batch at hand, with the hashes as Cognito takes them */
    struct leat_column *columns;
    int32_t *offsets;
    uint8_t *routes;
    int32_t cap_batch;
    char *bytes;
    size_t n_bytes, cap_bytes;
};

/* What becomes of a user's password. */
enum fate { FATE_KEPT, FATE_OTHER, FATE_SIGN_IN, FATE_RESET, N_FATES };
/* As it is counted. */
const char *sets_fate_name(enum fate fate);
/* `ret`: the hash that goes along, of n 0 where none does; *ret_set: which set the user goes to. */
enum fate sets_judge_password(const struct sets *sets, const struct leat_column *column, int32_t row,
                              struct cognito_password *ret, uint8_t *ret_set);

enum { ROW_SET = 7, ROW_MUST_VERIFY = 8 };

/* users.csv, BCRYPT -> users-bcrypt.csv, into strlen(path) + 24 bytes. */
void sets_path(const char *path, enum cognito_algorithm set, char *ret);

/* In open: removes what killed runs have left. */
void sets_sweep(struct sets *sets, struct leat_stage *stage);
/* Writes the selected rows, and rejects those that cannot be written. */
LEAT_MUST_CHECK int sets_put(struct sets *sets, struct leat_stage *stage, struct leat_batch *batch,
                             struct leat_error *err);
/* No row follows: lists the pieces. */
LEAT_MUST_CHECK int sets_finish(struct sets *sets, struct leat_error *err);
/* At the end: the files get their names. */
LEAT_MUST_CHECK int sets_publish(struct sets *sets, struct leat_stage *stage, struct leat_error *err);
/* The files go, those that have not been published. */
void sets_remove(struct sets *sets);
void sets_close(struct sets *sets);

#endif
