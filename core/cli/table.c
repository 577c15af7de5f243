/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 */
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cli/cli.h"

enum { LEAST_WIDTH = 6, NO_TERMINAL_WIDTH = 100 };

int leat_terminal_width(int fd)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");

    if (!isatty(fd))
        return 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return columns && atoi(columns) > 0 ? atoi(columns) : 80;
}

void leat_table_add(struct leat_table *t, const char *cell, size_t n)
{
    t->cells = leat_grow(t->cells, t->n_cells, &t->cap_cells, sizeof *t->cells);
    t->cells[t->n_cells++] = cell ? leat_cli_visible(&t->arena, cell, n) : NULL;
}

static int width_of(const char *cell)
{
    return cell ? leat_text_width(cell, strlen(cell)) : 4;
}

static const char *cell_at(const struct leat_table *t, int row, int column)
{
    return t->cells[row * t->n_columns + column];
}

static void print_cell(FILE *out, const char *cell, int width, bool last)
{
    const char *text = cell ? cell : "null";
    int has = width_of(text);
    size_t n = has > width ? leat_text_fit(text, strlen(text), width - 1) : strlen(text);

    fwrite(text, 1, n, out);
    if (has > width) {
        fputs("…", out);
        has = leat_text_width(text, n) + 1;
    }
    for (; !last && has < width; has++)
        fputc(' ', out);
    fputs(last ? "\n" : "  ", out);
}

/* The widest column gives way until all fit, but none below LEAST_WIDTH. */
static bool fit_widths(int *widths, int n, int width)
{
    int total = 2 * (n - 1);

    for (int i = 0; i < n; i++)
        total += widths[i];
    while (total > width) {
        int widest = 0;

        for (int i = 1; i < n; i++)
            if (widths[i] > widths[widest])
                widest = i;
        if (widths[widest] <= LEAST_WIDTH)
            return false;
        widths[widest]--;
        total--;
    }
    return true;
}

static void print_wide(const struct leat_table *t, int n_rows, const int *widths, FILE *out)
{
    for (int c = 0; c < t->n_columns; c++)
        print_cell(out, t->names[c], widths[c], c == t->n_columns - 1);
    for (int c = 0; c < t->n_columns; c++) {
        for (int i = 0; i < widths[c]; i++)
            fputs("─", out);
        fputs(c == t->n_columns - 1 ? "\n" : "  ", out);
    }
    for (int r = 0; r < n_rows; r++)
        for (int c = 0; c < t->n_columns; c++)
            print_cell(out, cell_at(t, r, c), widths[c], c == t->n_columns - 1);
}

static void print_tall(const struct leat_table *t, int n_rows, FILE *out, int width)
{
    int name_width = 0;

    for (int c = 0; c < t->n_columns; c++)
        if (width_of(t->names[c]) > name_width)
            name_width = width_of(t->names[c]);
    for (int r = 0; r < n_rows; r++) {
        fprintf(out, "── %d ──\n", r + 1);
        for (int c = 0; c < t->n_columns; c++) {
            print_cell(out, t->names[c], name_width, false);
            print_cell(out, cell_at(t, r, c), width - name_width - 2, true);
        }
    }
}

void leat_table_print(const struct leat_table *t, FILE *out, int width)
{
    int n_rows = t->n_columns ? t->n_cells / t->n_columns : 0;
    int *widths = leat_alloc_array((size_t)t->n_columns + 1, sizeof *widths);

    if (!width)
        width = NO_TERMINAL_WIDTH;
    for (int c = 0; c < t->n_columns; c++) {
        widths[c] = width_of(t->names[c]);
        for (int r = 0; r < n_rows; r++)
            if (width_of(cell_at(t, r, c)) > widths[c])
                widths[c] = width_of(cell_at(t, r, c));
    }
    if (t->n_columns && fit_widths(widths, t->n_columns, width))
        print_wide(t, n_rows, widths, out);
    else
        print_tall(t, n_rows, out, width);
    free(widths);
}

void leat_table_deinit(struct leat_table *t)
{
    free(t->cells);
    leat_arena_deinit(&t->arena);
    *t = (struct leat_table){0};
}
