/* SPDX-License-Identifier: Apache-2.0
 * Copyright the leat authors
 *
 * The pipeline as a picture. Nodes are called s0, s1, ...; names and ids, which
 * may hold anything, stand in labels only, as each language quotes them.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* What a language puts in place of a character within its quotes. */
struct escape {
    char c;
    const char *text;
};

static const struct escape for_mermaid[] = {{'"', "#quot;"}, {'<', "#lt;"},  {'>', "#gt;"},  {'&', "#amp;"},
                                            {'#', "#35;"},   {'`', "#96;"},  {'\\', "#92;"}, {0, NULL}};
static const struct escape for_dot[] = {{'"', "\\\""}, {'\\', "\\\\"}, {0, NULL}};

static const char *escape_of(const struct escape *escapes, char c)
{
    while (escapes->c && escapes->c != c)
        escapes++;
    return escapes->text;
}

static void put(const char *text, const struct escape *escapes)
{
    struct leat_text_buffer b = {0};

    leat_text_add_visible(&b, text, strlen(text));
    for (const char *c = b.p; *c; c++) {
        const char *escaped = escape_of(escapes, *c);

        if (escaped)
            fputs(escaped, stdout);
        else
            putchar(*c);
    }
    leat_text_deinit(&b);
}

/* ID, a line end, and the kind; with the plugin where the id is another. */
static void print_label(const struct leat_plan *stage, const char *line_end, const struct escape *escapes)
{
    put(stage->model->id, escapes);
    printf("%s%s", line_end, leat_kind_name(stage->model->kind));
    if (strcmp(stage->model->id, stage->model->plugin) != 0)
        printf(" %s", stage->model->plugin);
}

static void print_mermaid(const struct leat_pipeline_plan *plan)
{
    printf("flowchart LR\n");
    for (int i = 0; i < plan->n_stages; i++) {
        printf("  s%d[\"", i);
        print_label(&plan->stages[i], "<br/>", for_mermaid);
        printf("\"]\n");
    }
    for (int i = 0; i + 1 < plan->n_stages; i++)
        printf("  s%d --> s%d\n", i, i + 1);
    if (plan->rejects)
        printf("  rejects[(\"rejects<br/>%s\")]\n", plan->rejects->model->plugin);
    for (int i = 0; plan->rejects && i < plan->n_stages; i++)
        printf("  s%d -.-> rejects\n", i);
    if (plan->results)
        printf("  results[(\"results<br/>%s\")]\n  s%d -.-> results\n", plan->results->model->plugin,
               plan->n_stages - 1);
}

static void print_dot(const struct leat_pipeline_plan *plan)
{
    printf("digraph \"");
    put(plan->pipeline->name, for_dot);
    printf("\" {\n  rankdir=LR;\n  node [shape=box];\n");
    for (int i = 0; i < plan->n_stages; i++) {
        printf("  s%d [label=\"", i);
        print_label(&plan->stages[i], "\\n", for_dot);
        printf("\"];\n");
    }
    for (int i = 0; i + 1 < plan->n_stages; i++)
        printf("  s%d -> s%d;\n", i, i + 1);
    if (plan->rejects)
        printf("  rejects [shape=cylinder, label=\"rejects\\n%s\"];\n", plan->rejects->model->plugin);
    for (int i = 0; plan->rejects && i < plan->n_stages; i++)
        printf("  s%d -> rejects [style=dashed];\n", i);
    if (plan->results)
        printf("  results [shape=cylinder, label=\"results\\n%s\"];\n  s%d -> results [style=dashed];\n",
               plan->results->model->plugin, plan->n_stages - 1);
    printf("}\n");
}

int leat_cli_graph(const struct leat_cli *cli)
{
    struct leat_session session;
    bool dot = cli->format && strcmp(cli->format, "dot") == 0;
    int status;

    if (cli->format && !dot && strcmp(cli->format, "mermaid") != 0) {
        leat_cli_say("graph: --format is mermaid or dot, not '%s'", cli->format);
        return EX_USAGE;
    }
    status = leat_session_open(&session, cli, 0);
    if (status == 0)
        (dot ? print_dot : print_mermaid)(&session.plan);
    leat_session_close(&session);
    return status;
}
