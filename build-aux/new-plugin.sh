#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# new-plugin.sh KIND NAME [FOLDER]
#
# Makes FOLDER/KIND/NAME (FOLDER is plugins/) with a plugin of that kind that does something
# small, its manual page and its build lines, and says which lines to add where.
set -euo pipefail

kind=${1-} name=${2-} folder=${3:-plugins}
case $kind in
extract | transform | validate | load | function) ;;
*) echo "usage: ${0##*/} extract|transform|validate|load|function NAME [FOLDER]" >&2; exit 64 ;;
esac
[[ $name =~ ^[a-z][a-z0-9_]*$ ]] || { echo "${0##*/}: a name is lower case letters, digits and _, such as my_store" >&2; exit 64; }
to=$folder/$kind/$name
[ ! -e "$to" ] || { echo "${0##*/}: $to is there already" >&2; exit 73; }
mkdir -p "$to"

case $kind in
extract)
    does="Makes a few records" synopsis="extract: {$name: 5}" rest='load: {csv: out.csv}'
    code='
struct NAME { int64_t rows, made; };

static const struct leat_option options[] = {
    { .name = "rows", .type = LEAT_OPTION_INTEGER, LEAT_MEMBER(struct NAME, rows), .main = true,
      .default_text = "10", .help = "How many records to make." },
    LEAT_END_OF_OPTIONS
};

static const struct leat_field fields[] = { { .name = "id", .type = LEAT_INT64 }, LEAT_END_OF_FIELDS };

static enum leat_flow NAME_read(struct leat_stage *stage, void *self, struct leat_batch *out, struct leat_error *err)
{
    struct NAME *s = self;

    (void)stage;
    (void)err;
    for (; s->made < s->rows && leat_batch_has_room(out); s->made++) {
        leat_batch_put_int64(out, 0, s->made + 1);
        leat_batch_end_row(out);
    }
    return s->made < s->rows ? LEAT_MORE : LEAT_END;
}

LEAT_EXTRACT(NAME, .summary = "DOES", .options = options, .fields = fields, .read = NAME_read);' ;;
transform | validate)
    does="Takes out the records in which a field is null" rest='load: {csv: out.csv}'
    synopsis="extract: {generate: {rows: 100}}
  $kind:
    - $name: email"
    act='leat_batch_drop(in, row, LEAT_FILTERED);'
    [ "$kind" = transform ] || act='leat_batch_reject(in, row, s->at, "null", "%s is null", s->field);'
    code='
struct NAME { const char *field; int at; };

static const struct leat_option options[] = {
    { .name = "field", .type = LEAT_OPTION_TEXT, LEAT_MEMBER(struct NAME, field), .required = true, .main = true,
      .help = "The field to look at." },
    LEAT_END_OF_OPTIONS
};

static int NAME_plan(struct leat_plan *plan, void *self, struct leat_error *err)
{
    struct NAME *s = self;

    (void)err;
    s->at = leat_plan_field(plan, leat_plan_node(plan, "field")); /* notes one that is not there */
    return 0;
}

static int NAME_process(struct leat_stage *stage, void *self, struct leat_batch *in, struct leat_batch *out,
                        bool *ret_again, struct leat_error *err)
{
    const struct NAME *s = self;

    (void)stage;
    (void)out;
    (void)ret_again;
    (void)err;
    LEAT_EACH_ROW(in, row)
        if (leat_is_null(&in->columns[s->at], row))
            ACT
    return 0;
}

LEAT_KIND(NAME, .summary = "DOES", .options = options,
          .traits = LEAT_PARALLEL | LEAT_IN_PLACE | LEAT_KEEPS_SCHEMA, .plan = NAME_plan, .process = NAME_process);'
    code=${code//ACT/$act}
    code=${code//LEAT_KIND/LEAT_${kind^^}} ;;
load)
    does="Counts records and keeps none" synopsis="extract: {generate: {rows: 100}}" rest="load: {$name: {}}"
    code='
struct NAME { int64_t seen; };

static int NAME_deliver(struct leat_stage *stage, void *self, struct leat_batch *batch, struct leat_error *err)
{
    struct NAME *s = self;

    (void)stage;
    (void)err;
    s->seen += batch->n_selected;
    leat_batch_answer_rest(batch, LEAT_LOADED);
    return 0;
}

static int NAME_commit(struct leat_stage *stage, void *self, bool last, struct leat_mark *ret_mark,
                       struct leat_error *err)
{
    const struct NAME *s = self;

    (void)ret_mark;
    (void)err;
    if (last)
        leat_stage_count(stage, "records seen", s->seen);
    return 0;
}

LEAT_LOAD(NAME, .summary = "DOES", .deliver = NAME_deliver, .commit = NAME_commit);' ;;
function)
    does="Gives a text back as it is" rest='load: {csv: out.csv}'
    synopsis="extract: {generate: {rows: 100}}
  transform:
    - set: {email: $name(email)}"
    code='
static int NAME(const struct leat_call *call, struct leat_error *err)
{
    (void)err;
    for (int32_t i = 0; i < call->n_rows; i++) {
        int32_t row = call->rows[i];
        size_t n;
        const char *text = leat_argument_text(&call->arguments[0], row, &n);

        leat_call_put_text(call, row, text, n);
    }
    return 0;
}

static const struct leat_function functions[] = {
    { .name = "NAME", .result = LEAT_TEXT, .arguments = { LEAT_TEXT }, .summary = "The text as it is.",
      .example = "NAME('"'a'"')", .yields = "a", .call = NAME },
    LEAT_END_OF_FUNCTIONS
};

LEAT_FUNCTIONS(NAME, "DOES", functions);' ;;
esac
code=${code//NAME/$name}

{
    printf '/* SPDX-License-Identifier: Apache-2.0\n * Copyright the leat authors\n */\n#include <leat/plugin.h>\n'
    printf '%s\n' "${code//DOES/$does}"
} >"$to/$name.c"

cat >"$to/$name.pod" <<END
=encoding utf8

=head1 NAME

leat-$kind-$name - ${does,}

=head1 SYNOPSIS

  leat: 1
  name: $name-example
  $synopsis
  $rest
  max_rejects: 100%

=head1 DESCRIPTION

What it does, and for whom.

=head1 OPTIONS

__OPTIONS__

=head1 BAD DATA

What becomes of it.

=head1 SEE ALSO

leat-pipeline(5)
END

cat >"$to/local.mk" <<END
plugin_LTLIBRARIES += plugins/$kind-$name.la
%C%_la_SOURCES = %D%/$name.c
%C%_la_CFLAGS = \$(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = \$(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/$name.pod
END

cat <<END
$to is there. Now add, each in its sorted place:
  plugins/local.mk   include %D%/$kind/$name/local.mk
  doc/local.mk       doc/leat-$kind-$name.7 to PLUGIN_PAGES, plugins/$kind/$name/$name.pod to PLUGIN_PODS
  README.md          a line of the table of plugins
END
