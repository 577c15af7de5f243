# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Every test speaks TAP. A new one is one line in one of the lists below.

# C, cmocka: tests/unit/test-NAME.c, which includes "unit.h" first.
UNIT_TESTS = \
	tests/unit/test-batch \
	tests/unit/test-budget \
	tests/unit/test-build \
	tests/unit/test-calendar \
	tests/unit/test-chain \
	tests/unit/test-checkpoint \
	tests/unit/test-cognito \
	tests/unit/test-cognito-csv \
	tests/unit/test-cognito-password \
	tests/unit/test-csv-extract \
	tests/unit/test-csv-load \
	tests/unit/test-csv-read \
	tests/unit/test-csv-values \
	tests/unit/test-dedupe \
	tests/unit/test-delivery \
	tests/unit/test-expr \
	tests/unit/test-expr-functions \
	tests/unit/test-expr-oracle \
	tests/unit/test-file \
	tests/unit/test-generate \
	tests/unit/test-interpolate \
	tests/unit/test-json \
	tests/unit/test-jsonl-extract \
	tests/unit/test-jsonl-load \
	tests/unit/test-keyset \
	tests/unit/test-lock \
	tests/unit/test-meaning \
	tests/unit/test-model \
	tests/unit/test-number \
	tests/unit/test-options \
	tests/unit/test-phone-e164 \
	tests/unit/test-progress \
	tests/unit/test-publish \
	tests/unit/test-rate \
	tests/unit/test-rate-storms \
	tests/unit/test-rates \
	tests/unit/test-registry \
	tests/unit/test-ring \
	tests/unit/test-rules \
	tests/unit/test-set \
	tests/unit/test-settle \
	tests/unit/test-source \
	tests/unit/test-split-list \
	tests/unit/test-sqlite-commit \
	tests/unit/test-sqlite-cursor \
	tests/unit/test-sqlite-extract \
	tests/unit/test-sqlite-load \
	tests/unit/test-state \
	tests/unit/test-store \
	tests/unit/test-text \
	tests/unit/test-visible \
	tests/unit/test-yaml \
	$(NULL)

# The same, where there is libcurl.
if WITH_LIBCURL
UNIT_TESTS += tests/unit/test-aws tests/unit/test-aws-ini tests/unit/test-cognito-import tests/unit/test-http tests/unit/test-http-kit
endif

# The same, where there is libmongoc.
if WITH_LIBMONGOC
UNIT_TESTS += tests/unit/test-mongodb-cursor tests/unit/test-mongodb-load tests/unit/test-mongodb-values
endif

# Shell: bash, reads tests/lib/tap.sh first.
SHELL_TESTS = \
	tests/bad-input/test-bytes.sh \
	tests/bad-input/test-empty-batches.sh \
	tests/bad-input/test-gone-column.sh \
	tests/bad-input/test-growth.sh \
	tests/bad-input/test-hostile.sh \
	tests/bad-input/test-huge-field.sh \
	tests/bad-input/test-interrupted.sh \
	tests/bad-input/test-jsonl.sh \
	tests/bad-input/test-pipeline-file.sh \
	tests/bad-input/test-places.sh \
	tests/bad-input/test-random.sh \
	tests/bad-input/test-shapes.sh \
	tests/bad-input/test-spectrum.sh \
	tests/bad-input/test-split.sh \
	tests/bad-input/test-sqlite.sh \
	tests/bad-input/test-strings.sh \
	tests/cases/run-cases.sh \
	tests/cli/test-aside.sh \
	tests/cli/test-bad-plugins.sh \
	tests/cli/test-check-json.sh \
	tests/cli/test-check.sh \
	tests/cli/test-cognito-password-samples.sh \
	tests/cli/test-cognito-password.sh \
	tests/cli/test-cognito.sh \
	tests/cli/test-completion.sh \
	tests/cli/test-crash.sh \
	tests/cli/test-cron.sh \
	tests/cli/test-dedupe-order.sh \
	tests/cli/test-failures.sh \
	tests/cli/test-http-once.sh \
	tests/cli/test-http-stop.sh \
	tests/cli/test-http.sh \
	tests/cli/test-ledger.sh \
	tests/cli/test-lock.sh \
	tests/cli/test-lookup.sh \
	tests/cli/test-no-start.sh \
	tests/cli/test-parameters.sh \
	tests/cli/test-patience.sh \
	tests/cli/test-plan-json.sh \
	tests/cli/test-plugin.sh \
	tests/cli/test-preview.sh \
	tests/cli/test-rejects.sh \
	tests/cli/test-replay.sh \
	tests/cli/test-report.sh \
	tests/cli/test-resume.sh \
	tests/cli/test-run.sh \
	tests/cli/test-sides.sh \
	tests/cli/test-state.sh \
	tests/cli/test-terminal.sh \
	tests/cli/test-test-values.sh \
	tests/cli/test-test.sh \
	tests/cli/test-transform.sh \
	tests/cli/test-usage.sh \
	tests/cli/test-validate.sh \
	tests/cli/test-verbose.sh \
	tests/cli/test-version.sh \
	tests/fuzz/test-corpus.sh \
	tests/meta/test-dependencies.sh \
	tests/meta/test-lists.sh \
	tests/meta/test-plugins.sh \
	tests/servers/test-servers.sh \
	$(NULL)

# Where there is libcurl: tests/aws/tool is built for them.
AWS_TESTS = \
	tests/aws/test-chain.sh \
	tests/aws/test-endpoints.sh \
	tests/aws/test-sign.sh \
	tests/cognito/test-api.sh \
	tests/cognito/test-chinook.sh \
	tests/cognito/test-extract-faults.sh \
	tests/cognito/test-extract.sh \
	tests/cognito/test-moto.sh \
	tests/cognito/test-import-again.sh \
	tests/cognito/test-import-canary.sh \
	tests/cognito/test-import.sh \
	tests/cognito/test-after.sh \
	tests/cognito/test-plan.sh \
	tests/cognito/test-secrets.sh \
	tests/cognito/test-swap.sh \
	tests/docs/test-cognito-guide.sh \
	$(NULL)

# Against real servers.
STORE_TESTS = \
	tests/servers/test-mongodb.sh \
	tests/stores/test-chinook.sh \
	tests/stores/test-lookup.sh \
	tests/stores/test-mongodb-cuts.sh \
	tests/stores/test-mongodb-load.sh \
	tests/stores/test-mongodb-order.sh \
	tests/stores/test-mysql-cuts.sh \
	tests/stores/test-mysql-find.sh \
	tests/stores/test-mysql-hostile.sh \
	tests/stores/test-mysql-load-crash.sh \
	tests/stores/test-mysql-load-cuts.sh \
	tests/stores/test-mysql-load-refused.sh \
	tests/stores/test-mysql-load-values.sh \
	tests/stores/test-mysql-load.sh \
	tests/stores/test-mysql-order.sh \
	tests/stores/test-mysql-refused.sh \
	tests/stores/test-mysql.sh \
	tests/stores/test-odbc-double.sh \
	tests/stores/test-odbc-find.sh \
	tests/stores/test-odbc-order.sh \
	tests/stores/test-odbc-refused.sh \
	tests/stores/test-odbc.sh \
	tests/stores/test-postgres-cuts.sh \
	tests/stores/test-postgres-full.sh \
	tests/stores/test-postgres-load.sh \
	tests/stores/test-postgres-order.sh \
	tests/stores/test-postgres-parts-once.sh \
	tests/stores/test-postgres-parts.sh \
	tests/stores/test-postgres-refused.sh \
	tests/stores/test-postgres.sh \
	$(NULL)

# The proof that runs can be killed and repeated, row by row: `make check' tries a share, `make soak' all.
FAULT_TESTS = \
	tests/doubles/test-api.sh \
	tests/doubles/test-cognito.sh \
	tests/doubles/test-proxy.sh \
	tests/faults/test-alloc.sh \
	tests/faults/test-disk-full.sh \
	tests/faults/test-errors.sh \
	tests/faults/test-flat.sh \
	tests/faults/test-http.sh \
	tests/faults/test-import-large.sh \
	tests/faults/test-kill-recovery.sh \
	tests/faults/test-kill-syscalls.sh \
	tests/faults/test-kill.sh \
	tests/faults/test-mutants.sh \
	tests/faults/test-overlap.sh \
	tests/faults/test-power.sh \
	tests/faults/test-state-damage.sh \
	tests/faults/test-swap.sh \
	tests/faults/test-term.sh \
	$(NULL)

# tests/fuzz/fuzz-NAME.c has LLVMFuzzerTestOneInput; its corpus is tests/fuzz/corpus/NAME/.
FUZZ_TARGETS = \
	tests/fuzz/fuzz-csv \
	tests/fuzz/fuzz-expr \
	tests/fuzz/fuzz-jsonl \
	tests/fuzz/fuzz-options \
	tests/fuzz/fuzz-password \
	tests/fuzz/fuzz-yaml \
	$(NULL)

# What is run under ThreadSanitizer: all that starts threads.
TSAN_TESTS = \
	tests/bad-input/test-split.sh \
	tests/cases/run-cases.sh \
	tests/unit/test-budget \
	tests/unit/test-expr-functions \
	tests/unit/test-chain \
	tests/unit/test-delivery \
	tests/unit/test-rate \
	tests/unit/test-ring \
	tests/cli/test-aside.sh \
	tests/cli/test-dedupe-order.sh \
	tests/cli/test-failures.sh \
	tests/cli/test-lookup.sh \
	tests/cli/test-patience.sh \
	tests/cli/test-run.sh \
	tests/cli/test-version.sh \
	tests/faults/test-http.sh \
	tests/faults/test-term.sh \
	tests/stores/test-postgres-parts.sh \
	$(NULL)

# What is run under valgrind: enough to pass through every room, in a few minutes.
VALGRIND_TESTS = \
	tests/cases/run-cases.sh \
	tests/unit/test-batch \
	tests/unit/test-build \
	tests/unit/test-expr \
	tests/unit/test-expr-functions \
	tests/unit/test-chain \
	tests/unit/test-delivery \
	tests/unit/test-model \
	tests/unit/test-options \
	tests/unit/test-registry \
	tests/unit/test-ring \
	tests/unit/test-settle \
	tests/unit/test-yaml \
	tests/cli/test-version.sh \
	$(NULL)

# What ./bootstrap check runs out of the tarball, to see whether it is whole: servers and faults have had their say in `check'.
DIST_TESTS = $(SHELL_TESTS) $(UNIT_TESTS)
if WITH_LIBCURL
DIST_TESTS += tests/cognito/test-plan.sh tests/cognito/test-swap.sh
endif

# Files and whole folders that the tests read.
EXTRA_DIST += \
	$(SHELL_TESTS) \
	$(AWS_TESTS) \
	tests/aws \
	tests/bad-input \
	tests/bench \
	tests/cases \
	tests/cognito \
	tests/doubles \
	tests/faults \
	tests/fuzz/corpus \
	tests/lib/env.sh \
	tests/lib/tap.sh \
	tests/servers \
	tests/stores \
	tests/servers/mongodb-types.jsonl \
	tests/servers/mongodb.sh \
	tests/servers/mongodb/go.mod \
	tests/servers/mongodb/go.sum \
	tests/servers/mongodb/main.go \
	tests/cli/cognito-password.sh \
	tests/tools/read-cognito-csv.py \
	tests/tools/stored-passwords.py \
	tests/lsan.supp \
	tests/valgrind.supp \
	$(NULL)

check_PROGRAMS += $(FUZZ_TARGETS) tests/doubles/httpd
TESTS = $(SHELL_TESTS) $(STORE_TESTS) $(FAULT_TESTS)
if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS) tests/stores/find
TESTS += $(UNIT_TESTS)
endif
if WITH_LIBCURL
TESTS += $(AWS_TESTS)
check_PROGRAMS += tests/aws/tool
endif
# A driver of our own.
if WITH_LIBODBC
check_LTLIBRARIES += tests/doubles/odbc-double.la
tests_doubles_odbc_double_la_SOURCES = tests/doubles/odbc-double.c
tests_doubles_odbc_double_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBODBC_CFLAGS)
tests_doubles_odbc_double_la_LDFLAGS = $(LEAT_LDFLAGS) -module -avoid-version -shared -rpath $(abs_builddir)
endif
# What tests/servers/test-mongodb.sh fills a server with, and asks it by key.
if WITH_LIBMONGOC
check_PROGRAMS += tests/servers/mongodb-put
if HAVE_CMOCKA
check_PROGRAMS += tests/servers/mongodb-find
endif
endif
LDADD = tests/libfuzzreplay.la core/libcore.la $(CMOCKA_LIBS)
tests_doubles_httpd_LDADD =

# main() of the fuzz targets; a program with a main() of its own leaves it in the archive.
check_LTLIBRARIES += tests/libfuzzreplay.la
tests_libfuzzreplay_la_SOURCES = tests/lib/fuzz-replay.c
EXTRA_DIST += tests/lib/batches.h tests/lib/file.h tests/lib/pipeline.h tests/lib/unit.h

include tests/plugins/local.mk
include tests/unit/local.mk
EXTRA_DIST += tests/plugins/bad.c

TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = $(BASH)
LOG_COMPILER = $(LEAT_VALGRIND)
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; VERSION='$(VERSION)'; \
	FUZZ_TARGETS='$(FUZZ_TARGETS)'; LEAT_VALGRIND='$(LEAT_VALGRIND)'; CC='$(CC)'; \
	export top_srcdir top_builddir VERSION FUZZ_TARGETS LEAT_VALGRIND CC; . '$(abs_top_srcdir)/tests/lib/env.sh';

SUB_BUILD = MAKE='$(MAKE)' $(BASH) $(top_srcdir)/build-aux/sub-build.sh
# The plus hands make's jobs on to the make below.
check-asan:
	+@$(SUB_BUILD) _asan --enable-sanitizers=address,undefined -- check
check-tsan:
	+@$(SUB_BUILD) _tsan --enable-sanitizers=thread -- check TESTS='$(TSAN_TESTS)'
check-valgrind: all
	@test -n '$(VALGRIND)' || { echo "valgrind is missing: apt-get install valgrind, then configure again" >&2; exit 1; }
	@$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(VALGRIND_TESTS)' TEST_SUITE_LOG=test-suite-valgrind.log \
		LEAT_VALGRIND='$(VALGRIND) --quiet --error-exitcode=99 --leak-check=full --keep-debuginfo=yes --num-callers=30 --suppressions=$(abs_top_srcdir)/tests/valgrind.supp'
check-fuzz: all
	@$(MAKE) $(AM_MAKEFLAGS) check TESTS=tests/fuzz/test-corpus.sh TEST_SUITE_LOG=test-suite-fuzz.log
soak: all
	@LEAT_SOAK=1 $(MAKE) $(AM_MAKEFLAGS) check TESTS='$(FAULT_TESTS)' TEST_SUITE_LOG=test-suite-soak.log
coverage:
	@test -n '$(GCOVR)' || { echo "gcovr is missing: apt-get install gcovr, then configure again" >&2; exit 1; }
	+@$(SUB_BUILD) _coverage --enable-coverage -- check
	@$(GCOVR) --root $(top_srcdir) --filter '$(abs_top_srcdir)/(core|plugins)/' --print-summary _coverage
# What fills a server for it.
BENCH_NEEDS =
if WITH_LIBMONGOC
BENCH_NEEDS += tests/servers/mongodb-put
endif
bench: all $(BENCH_NEEDS)
	@if test -x $(top_srcdir)/tests/bench/run.sh; then LEAT='$(abs_builddir)/leat' $(top_srcdir)/tests/bench/run.sh; \
	else echo "there is no tests/bench/run.sh yet" >&2; exit 1; fi
.PHONY: check-asan check-tsan check-valgrind check-fuzz soak coverage bench

# Whole folders are distributed, and automake takes them from the build tree too: what a test
# run has left there must not go into the tarball.
dist-hook:
	find '$(distdir)' \( -name '*.log' -o -name '*.trs' -o -name '*.o' -o -name __pycache__ -o -name .dirstamp \
		-o -name .deps -o -name .libs -o -name tmp -o -name 'ferretdb*' -o -name moto -o -name moto.lock \) -prune -exec rm -rf {} +

clean-local:
	-rm -rf _asan _tsan _coverage tests/servers/tmp tests/servers/moto
mostlyclean-local:
	-chmod -R u+w tests/tmp 2>/dev/null; rm -rf tests/tmp
CLEANFILES += test-suite-valgrind.log test-suite-fuzz.log test-suite-soak.log \
	tests/servers/ferretdb tests/servers/ferretdb.lock tests/servers/ferretdb.new tests/servers/moto.lock
