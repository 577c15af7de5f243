/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The CSV reader (plugins/kit/csv/read.h). The first byte chooses dialect and
 * buffer, the second how much comes with a read and how large a record may be;
 * the rest is the file. Whatever it holds, the reader gets to its end, each
 * record begins where the last one ended, and lines are counted right.
 */
#include "kit/csv/read.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

struct input {
    const uint8_t *bytes;
    size_t n, chunk;
};

static const struct leat_csv_dialect dialects[] = {
    { ',', '"', '"', true },   { ',', '"', '"', false },
    { ';', '"', '\\', true },  { ',', '\'', '\\', false },
    { '\t', LEAT_CSV_NO_CHAR, LEAT_CSV_NO_CHAR, true }, { ',', LEAT_CSV_NO_CHAR, '\\', true },
    { '\0', 0xFF, 0xFF, true }, { '|', '"', '"', true },
};

static ssize_t fill(void *source, char *into, size_t n)
{
    struct input *in = source;

    n = n < in->chunk ? n : in->chunk;
    n = n < in->n ? n : in->n;
    memcpy(into, in->bytes, n);
    in->bytes += n;
    in->n -= n;
    return (ssize_t)n;
}

static void require(bool what)
{
    if (!what)
        abort();
}

static int64_t lines_in(const uint8_t *p, size_t n)
{
    int64_t lines = 0;

    for (size_t i = 0; i < n; i++)
        lines += p[i] == '\n';
    return lines;
}

static void copy_values(const struct leat_csv_reader *r)
{
    for (int i = 0; i < r->n_values && i < r->max_values; i++) {
        char *room = malloc(r->values[i].n + LEAT_CSV_SLACK);

        require(room && leat_csv_value_copy(r, &r->values[i], room) <= r->values[i].n);
        free(room);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    struct leat_csv_reader r = { .max_values = 5, .fill = fill, .line = 1 };
    struct input in = { .bytes = bytes + 2, .n = n_bytes - 2 };
    enum leat_csv_result result;
    int64_t at = 0;

    if (n_bytes < 2)
        return 0;
    r.dialect = dialects[bytes[0] % 8];
    r.cap = bytes[0] & 8 ? 128 : 0;
    r.max_record = bytes[1] & 0x80 ? 200 : 1 << 20;
    in.chunk = (bytes[1] & 0x7F) + 1;
    r.source = &in;
    if (leat_csv_reader_init(&r) < 0)
        abort();
    while ((result = leat_csv_next(&r)) != LEAT_CSV_END) {
        require(result == LEAT_CSV_RECORD || result == LEAT_CSV_BAD);
        require(r.record_offset == at && leat_csv_next_offset(&r) > at);
        require(!r.raw || memcmp(r.raw, bytes + 2 + at, r.n_raw) == 0);
        require(r.n_raw <= r.max_record);
        at = leat_csv_next_offset(&r);
        require(r.line == 1 + lines_in(bytes + 2, (size_t)at));
        if (result == LEAT_CSV_RECORD)
            copy_values(&r);
        else
            require(r.fault_offset >= r.record_offset && r.fault_offset <= at && r.fault_line >= r.record_line);
    }
    require((size_t)at == n_bytes - 2);
    leat_csv_reader_deinit(&r);
    return 0;
}
