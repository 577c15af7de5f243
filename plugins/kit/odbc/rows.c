/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * Rows, block by block into buffers that are bound to the columns, or, where a value may have any
 * length, row by row and its values in pieces. Few drivers give the pieces of a value in a block.
 *
 * No value is cut: what does not fit into its buffer is asked for again, and what then comes has to
 * begin as it did; drivers say by a length, by SQL_NO_TOTAL, or only by 01004 that they have cut.
 */
#include "kit/odbc/odbc.h"

#include <stdlib.h>

enum { BLOCK_BYTES = 1 << 20, MAX_ROWS = 1000, PIECE_ROWS = 100, FIRST_PIECE = 2048, MAX_ROOM = 32 << 10 };

static int no_memory(struct leat_error *err)
{
    return leat_fail(err, -ENOMEM, "cannot read by ODBC: out of memory");
}

/* ---- buffers ---- */

/* What ends a text in a buffer. */
static size_t end_bytes(SQLSMALLINT c_type)
{
    return c_type == SQL_C_CHAR ? 1 : c_type == SQL_C_WCHAR ? sizeof(SQLWCHAR) : 0;
}

static bool fits_in_block(const struct leat_odbc_link *link, int n, const struct leat_odbc_fetch *fetches)
{
    if (link->options->block == 1)
        return false;
    for (int i = 0; i < n; i++)
        if (!fetches[i].room || fetches[i].room > MAX_ROOM || (!fetches[i].firm && !link->server->rereads))
            return false;
    return true;
}

static int rows_of(const struct leat_odbc_link *link, const struct leat_odbc_block *b)
{
    size_t row = 1, n;

    for (int i = 0; i < b->n_columns; i++)
        row += b->rooms[i] + sizeof(SQLLEN);
    n = link->options->block ? (size_t)link->options->block : BLOCK_BYTES / row;
    return n > MAX_ROWS && !link->options->block ? MAX_ROWS : n ? (int)n : 1;
}

static bool make_buffers(struct leat_odbc_link *link, struct leat_odbc_block *b)
{
    size_t n = (size_t)b->n_columns + 1;
    bool ok;

    b->buffers = calloc(n, sizeof *b->buffers);
    b->rooms = calloc(n, sizeof *b->rooms);
    b->lengths = calloc(n, sizeof *b->lengths);
    b->spans = calloc(n * (b->in_pieces ? PIECE_ROWS : 1), sizeof *b->spans);
    b->cells = calloc(n, sizeof *b->cells);
    ok = b->buffers && b->rooms && b->lengths && b->spans && b->cells;
    /* Aligned, and never full but of what is longer than it may be. */
    for (int i = 0; ok && !b->in_pieces && i < b->n_columns; i++)
        b->rooms[i] = (b->fetches[i].room + end_bytes(b->fetches[i].c_type) + 15) / 8 * 8;
    b->n_rows = !ok || b->in_pieces ? 1 : rows_of(link, b);
    b->states = calloc((size_t)b->n_rows, sizeof *b->states);
    for (int i = 0; ok && !b->in_pieces && i < b->n_columns; i++) {
        b->buffers[i] = malloc((size_t)b->n_rows * b->rooms[i]);
        b->lengths[i] = calloc((size_t)b->n_rows, sizeof **b->lengths);
        ok = b->buffers[i] && b->lengths[i];
    }
    return ok && b->states;
}

void leat_odbc_block_free(struct leat_odbc_block *b)
{
    for (int i = 0; b && i < b->n_columns; i++) {
        if (b->buffers)
            free(b->buffers[i]);
        if (b->lengths)
            free(b->lengths[i]);
    }
    if (!b)
        return;
    free(b->buffers);
    free(b->rooms);
    free(b->lengths);
    leat_put_free(&b->heap);
    free(b->spans);
    free(b->cells);
    free(b->states);
    free(b->fetches);
    free(b);
}

/* A driver may give fewer rows at once than it was asked for. */
static int bind_columns(struct leat_odbc_link *link, struct leat_odbc_block *b, struct leat_error *err)
{
    SQLULEN n = (SQLULEN)b->n_rows;
    SQLHSTMT s = link->rows;
    bool ok = SQL_SUCCEEDED(SQLSetStmtAttrW(s, SQL_ATTR_ROW_BIND_TYPE, (SQLPOINTER)SQL_BIND_BY_COLUMN, 0)) &&
              SQL_SUCCEEDED(SQLSetStmtAttrW(s, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)n, 0)) &&
              SQL_SUCCEEDED(SQLSetStmtAttrW(s, SQL_ATTR_ROWS_FETCHED_PTR, &b->fetched, 0)) &&
              SQL_SUCCEEDED(SQLSetStmtAttrW(s, SQL_ATTR_ROW_STATUS_PTR, b->states, 0));

    for (int i = 0; ok && i < b->n_columns; i++)
        ok = SQL_SUCCEEDED(SQLBindCol(s, (SQLUSMALLINT)(i + 1), b->fetches[i].c_type, b->buffers[i],
                                      (SQLLEN)b->rooms[i], b->lengths[i]));
    return ok ? 0 : leat_odbc_fail(err, link, s, "cannot read by blocks (`block: 1' reads row by row)");
}

int leat_odbc_bind(struct leat_odbc_link *link, int n, const struct leat_odbc_fetch *fetches, int64_t max_bytes,
                   struct leat_error *err)
{
    struct leat_odbc_block *b = calloc(1, sizeof *b);
    struct leat_odbc_fetch *own = calloc((size_t)n + 1, sizeof *own);

    if (!b || !own) {
        free(b);
        free(own);
        return no_memory(err);
    }
    memcpy(own, fetches, (size_t)n * sizeof *own);
    link->block = b;
    *b = (struct leat_odbc_block){ .rows = link->rows, .n_columns = n, .fetches = own, .max_bytes = max_bytes,
                                   .in_pieces = !fits_in_block(link, n, fetches) };
    if (!make_buffers(link, b))
        return no_memory(err);
    return b->in_pieces ? 0 : bind_columns(link, b, err);
}

/* ---- values in pieces ---- */

/* SQL_ERROR with b->bad: not in the driver's words. */
static SQLRETURN is_bad(struct leat_odbc_block *b, const char *why)
{
    b->bad = why;
    return SQL_ERROR;
}

/* What is fixed comes at once; `room` says how much it is. */
static bool is_fixed(SQLSMALLINT c_type)
{
    return c_type != SQL_C_CHAR && c_type != SQL_C_WCHAR && c_type != SQL_C_BINARY;
}

static SQLRETURN get_fixed(struct leat_odbc_block *b, int i, struct leat_odbc_span *ret)
{
    SQLLEN length = 0;
    char *room = leat_put_reserve(&b->heap, b->fetches[i].room);
    SQLRETURN result = room ? SQLGetData(b->rows, (SQLUSMALLINT)(i + 1), b->fetches[i].c_type, room,
                                         (SQLLEN)b->fetches[i].room, &length) : SQL_ERROR;

    if (!room)
        return is_bad(b, "out of memory");
    ret->null = length == SQL_NULL_DATA;
    ret->n = ret->null ? 0 : b->fetches[i].room;
    b->heap.n += ret->n;
    return result;
}

/* One piece. SQL_NO_DATA: the value was whole before. `*ret_left`: what the driver said of its length. */
static SQLRETURN get_piece(struct leat_odbc_block *b, int i, size_t had, SQLLEN *ret_left)
{
    SQLSMALLINT c_type = b->fetches[i].c_type;
    size_t most = had > FIRST_PIECE ? had : FIRST_PIECE, end = end_bytes(c_type);
    char *room = leat_put_reserve(&b->heap, most + end);
    SQLRETURN result;

    if (!room)
        return is_bad(b, "out of memory");
    *ret_left = SQL_NO_TOTAL;
    result = SQLGetData(b->rows, (SQLUSMALLINT)(i + 1), c_type, room, (SQLLEN)(most + end), ret_left);
    if (!SQL_SUCCEEDED(result) || *ret_left == SQL_NULL_DATA)
        return result;
    if (result == SQL_SUCCESS && (*ret_left == SQL_NO_TOTAL || (size_t)*ret_left > most))
        return is_bad(b, "the driver has cut a value and does not say so");
    b->heap.n += *ret_left == SQL_NO_TOTAL || (size_t)*ret_left > most ? most : (size_t)*ret_left;
    return result;
}

/* Whether more is to come; a warning alone does not say so. */
static bool goes_on(SQLRETURN result, SQLLEN left, size_t came)
{
    return result == SQL_SUCCESS_WITH_INFO && (left == SQL_NO_TOTAL || (size_t)left > came);
}

static SQLRETURN get_pieces(struct leat_odbc_block *b, int i, struct leat_odbc_span *ret)
{
    SQLLEN total = 0, left;
    SQLRETURN result;
    size_t had;

    do {
        had = ret->n;
        result = get_piece(b, i, had, &left);
        if (result == SQL_NO_DATA && had)
            break;
        if (result == SQL_NO_DATA)
            return is_bad(b, "the driver does not give the value of a column");
        ret->null = SQL_SUCCEEDED(result) && left == SQL_NULL_DATA;
        if (!SQL_SUCCEEDED(result) || ret->null)
            return result;
        ret->n = b->heap.n - ret->at;
        if (had == 0)
            total = left;
    } while (goes_on(result, left, ret->n - had) && (int64_t)ret->n < b->max_bytes);
    if (total != SQL_NO_TOTAL && ret->n != (size_t)total && (int64_t)ret->n < b->max_bytes)
        return is_bad(b, "the driver gives another length of a value than it has said");
    return SQL_SUCCESS;
}

static SQLRETURN get_value(struct leat_odbc_block *b, int i, struct leat_odbc_span *ret)
{
    size_t odd = b->heap.n % sizeof(SQLLEN);

    if (odd)
        leat_put_bytes(&b->heap, "\0\0\0\0\0\0\0", sizeof(SQLLEN) - odd);
    *ret = (struct leat_odbc_span){ .at = b->heap.n };
    return is_fixed(b->fetches[i].c_type) ? get_fixed(b, i, ret) : get_pieces(b, i, ret);
}

/* Some rows, so that the threads need not meet for each. What came before one that fails is given first. */
static SQLRETURN get_rows(struct leat_odbc_block *b)
{
    SQLRETURN result = b->last;

    b->heap.n = 0;
    while (SQL_SUCCEEDED(result) && b->fetched < PIECE_ROWS && b->heap.n < BLOCK_BYTES) {
        struct leat_odbc_span *spans = &b->spans[b->fetched * (SQLULEN)b->n_columns];

        result = SQLFetch(b->rows);
        for (int i = 0; SQL_SUCCEEDED(result) && i < b->n_columns; i++)
            result = get_value(b, i, &spans[i]);
        if (SQL_SUCCEEDED(result))
            b->fetched++;
    }
    b->last = result;
    return b->fetched ? SQL_SUCCESS : result;
}

/* ---- blocks ---- */

static bool was_cut(const struct leat_odbc_block *b, int i, SQLLEN length)
{
    if (is_fixed(b->fetches[i].c_type) || length == SQL_NULL_DATA)
        return false;
    return length == SQL_NO_TOTAL || (size_t)length >= b->rooms[i] - end_bytes(b->fetches[i].c_type);
}

/* While the driver still has the block. */
static SQLRETURN get_again(struct leat_odbc_block *b, int i)
{
    size_t had = b->rooms[i] - end_bytes(b->fetches[i].c_type);
    const char *buffer = b->buffers[i] + b->at * b->rooms[i];
    struct leat_odbc_span *now = &b->spans[i];
    SQLLEN length = b->lengths[i][b->at];
    SQLRETURN result = b->n_rows > 1 ? SQLSetPos(b->rows, (SQLSETPOSIROW)(b->at + 1), SQL_POSITION, SQL_LOCK_NO_CHANGE)
                                     : SQL_SUCCESS;

    if (SQL_SUCCEEDED(result))
        result = get_value(b, i, now);
    had = had > 8 ? had - 8 : 0; /* half a character may stand at the end */
    if (!SQL_SUCCEEDED(result) || now->null || now->n < had || memcmp(b->heap.p + now->at, buffer, had) != 0 ||
        (length != SQL_NO_TOTAL && now->n != (size_t)length && (int64_t)now->n < b->max_bytes))
        return is_bad(b, "a value is longer than the driver has said, and cannot be asked for again; `block: 1' reads "
                      "row by row");
    return SQL_SUCCESS;
}

static SQLRETURN again_call(void *argument)
{
    struct leat_odbc_block *b = argument;

    b->heap.n = 0;
    for (int i = 0; i < b->n_columns; i++)
        if (was_cut(b, i, b->lengths[i][b->at]) && !SQL_SUCCEEDED(get_again(b, i)))
            return SQL_ERROR;
    return SQL_SUCCESS;
}

static SQLRETURN fetch_call(void *argument)
{
    struct leat_odbc_block *b = argument;

    b->at = 0;
    b->fetched = !b->in_pieces && b->n_rows == 1;
    return b->in_pieces ? get_rows(b) : SQLFetch(b->rows);
}

static bool row_was_cut(const struct leat_odbc_block *b)
{
    for (int i = 0; i < b->n_columns; i++)
        if (was_cut(b, i, b->lengths[i][b->at]))
            return true;
    return false;
}

static struct leat_odbc_cell cell_of(const struct leat_odbc_block *b, const struct leat_odbc_span *span)
{
    return span->null ? (struct leat_odbc_cell){ 0 } : (struct leat_odbc_cell){ b->heap.p + span->at, span->n };
}

static void take_cells(struct leat_odbc_block *b)
{
    for (int i = 0; i < b->n_columns; i++) {
        SQLLEN length = b->in_pieces ? 0 : b->lengths[i][b->at];

        if (b->in_pieces)
            b->cells[i] = cell_of(b, &b->spans[b->at * (SQLULEN)b->n_columns + (SQLULEN)i]);
        else if (was_cut(b, i, length))
            b->cells[i] = cell_of(b, &b->spans[i]);
        else if (length == SQL_NULL_DATA)
            b->cells[i] = (struct leat_odbc_cell){ 0 };
        else
            b->cells[i] = (struct leat_odbc_cell){ b->buffers[i] + b->at * b->rooms[i],
                                                   is_fixed(b->fetches[i].c_type) ? b->fetches[i].room
                                                                                  : (size_t)length };
    }
}

/* ---- rows ---- */

static int failed(struct leat_odbc_link *link, struct leat_error *err)
{
    if (link->block->bad && !link->stopped)
        return leat_fail(err, LEAT_EDATA, "cannot read on: %s", link->block->bad);
    return leat_odbc_fail(err, link, link->rows, "cannot read on");
}

/* 01004 with no value that is seen to be cut: which one it was is not known. */
static bool cut_in_secret(struct leat_odbc_block *b)
{
    SQLULEN at = b->at;
    bool seen = false;

    for (b->at = 0; b->at < b->fetched && !seen; b->at++)
        seen = row_was_cut(b);
    b->at = at;
    return !seen && leat_odbc_has_state(b->rows, "01004");
}

static int fetch(struct leat_odbc_link *link, struct leat_error *err)
{
    struct leat_odbc_block *b = link->block;
    SQLRETURN result = leat_odbc_wait(link, link->rows, fetch_call, b);

    if (result == SQL_NO_DATA && !link->stopped) {
        leat_odbc_end(link);
        return 0;
    }
    if (!SQL_SUCCEEDED(result) || link->stopped)
        return failed(link, err);
    if (!b->fetched)
        b->bad = "the driver does not say how many rows it has given; `block: 1' reads row by row";
    else if (result == SQL_SUCCESS_WITH_INFO && !b->in_pieces && cut_in_secret(b))
        b->bad = "the driver has cut a value and does not say which; `block: 1' reads row by row";
    return b->bad ? failed(link, err) : 1;
}

static int take_row(struct leat_odbc_link *link, struct leat_error *err)
{
    struct leat_odbc_block *b = link->block;

    if (!b->in_pieces && b->states[b->at] == SQL_ROW_ERROR)
        return leat_odbc_fail(err, link, link->rows, "cannot read a row");
    if (!b->in_pieces && row_was_cut(b) && !SQL_SUCCEEDED(leat_odbc_wait(link, link->rows, again_call, b)))
        return failed(link, err);
    take_cells(b);
    return 1;
}

int leat_odbc_row(struct leat_odbc_link *link, const struct leat_odbc_cell **ret, struct leat_error *err)
{
    struct leat_odbc_block *b = link->block;
    int rc = 1;

    if (b->fetched && b->at + 1 < b->fetched)
        b->at++;
    else
        rc = fetch(link, err);
    if (rc > 0)
        rc = take_row(link, err);
    if (rc > 0)
        *ret = b->cells;
    return rc;
}
