# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# The core is one convenience library, linked by the program and by the tests.

leatinclude_HEADERS += \
	core/include/leat/batch.h \
	core/include/leat/error.h \
	core/include/leat/function.h \
	core/include/leat/option.h \
	core/include/leat/plan.h \
	core/include/leat/plugin.h \
	core/include/leat/schema.h \
	core/include/leat/stage.h \
	$(NULL)

noinst_LTLIBRARIES += core/libcore.la
core_libcore_la_SOURCES = \
	core/base/alloc.c \
	core/base/alloc.h \
	core/base/arena.c \
	core/base/arena.h \
	core/base/calendar.c \
	core/base/calendar.h \
	core/base/file.c \
	core/base/file.h \
	core/base/hash.c \
	core/base/hash.h \
	core/base/number.c \
	core/base/number.h \
	core/base/source.c \
	core/base/source.h \
	core/base/text.c \
	core/base/text.h \
	core/batch/batch.h \
	core/batch/books.c \
	core/batch/books.h \
	core/batch/budget.c \
	core/batch/build.c \
	core/batch/pool.c \
	core/batch/settle.c \
	core/batch/store.c \
	core/batch/store.h \
	core/expr/call.c \
	core/expr/case.c \
	core/expr/case.h \
	core/expr/cast.c \
	core/expr/check.c \
	core/expr/coerce.c \
	core/expr/compare.c \
	core/expr/constant.c \
	core/expr/convert.h \
	core/expr/decimal.c \
	core/expr/decimal.h \
	core/expr/evaluate.c \
	core/expr/expr.h \
	core/expr/fold.c \
	core/expr/functions-case.c \
	core/expr/functions-crypto.c \
	core/expr/functions-json.c \
	core/expr/functions-number.c \
	core/expr/functions-regexp.c \
	core/expr/functions-slice.c \
	core/expr/functions-text.c \
	core/expr/functions-time.c \
	core/expr/functions.c \
	core/expr/functions.h \
	core/expr/json.c \
	core/expr/json.h \
	core/expr/kernel.h \
	core/expr/lazy.c \
	core/expr/lex.c \
	core/expr/lex.h \
	core/expr/like.c \
	core/expr/lookup.c \
	core/expr/lookup.h \
	core/expr/merge.c \
	core/expr/operators.c \
	core/expr/parse-value.c \
	core/expr/parse.c \
	core/expr/parse.h \
	core/expr/regexp.c \
	core/expr/regexp.h \
	core/expr/resolve.c \
	core/expr/scratch.c \
	core/expr/scratch.h \
	core/expr/timeformat.c \
	core/expr/timeformat.h \
	core/expr/tree.h \
	core/expr/type.c \
	core/expr/utf8.h \
	core/expr/value.c \
	core/expr/zone.c \
	core/expr/zone.h \
	core/pipeline/interpolate.c \
	core/pipeline/interpolate.h \
	core/pipeline/model.c \
	core/pipeline/model.h \
	core/pipeline/place.c \
	core/pipeline/place.h \
	core/pipeline/rates.c \
	core/pipeline/set.c \
	core/pipeline/yaml.c \
	core/pipeline/yaml.h \
	core/plugin/check.c \
	core/plugin/check.h \
	core/plugin/options.c \
	core/plugin/options.h \
	core/plugin/registry.c \
	core/plugin/registry.h \
	core/delivery/delivery.c \
	core/delivery/delivery.h \
	core/delivery/publish.c \
	core/delivery/publish.h \
	core/delivery/records.c \
	core/delivery/records.h \
	core/observe/log.c \
	core/observe/log.h \
	core/observe/progress.c \
	core/observe/progress.h \
	core/observe/report.c \
	core/observe/report.h \
	core/engine/chain.c \
	core/engine/plan-services.c \
	core/engine/plan.c \
	core/engine/plan.h \
	core/engine/ring.c \
	core/engine/ring.h \
	core/engine/run.c \
	core/engine/run.h \
	core/engine/segment.c \
	core/engine/services.c \
	core/engine/stage.c \
	core/engine/sync.c \
	core/engine/sync.h \
	$(NULL)
core_libcore_la_LIBADD = $(CORE_DEPS_LIBS)

bin_PROGRAMS += leat
leat_SOURCES = \
	core/cli/check.c \
	core/cli/cli.h \
	core/cli/commands.c \
	core/cli/completion.c \
	core/cli/form-people.c \
	core/cli/form-pod.c \
	core/cli/form-schema.c \
	core/cli/form.h \
	core/cli/graph.c \
	core/cli/main.c \
	core/cli/options.c \
	core/cli/plan-json.c \
	core/cli/plan.c \
	core/cli/plan.h \
	core/cli/plugin.c \
	core/cli/preview.c \
	core/cli/report.c \
	core/cli/run.c \
	core/cli/same-json.c \
	core/cli/same-json.h \
	core/cli/say.c \
	core/cli/session.c \
	core/cli/table.c \
	core/cli/table.h \
	core/cli/test-shape.c \
	core/cli/test-values.c \
	core/cli/test-values.h \
	core/cli/test.c \
	$(NULL)
leat_LDADD = core/libcore.la
