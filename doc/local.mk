# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Manual pages: made of POD after leat and its plugins are built, since they say themselves
# what options they take (make-man.sh). A plugin KIND/NAME has the page leat-KIND-NAME(7):
# its page and its POD are one line each in the lists below, sorted.

PLUGIN_PAGES = \
	doc/leat-extract-cognito.7 \
	doc/leat-extract-csv.7 \
	doc/leat-extract-generate.7 \
	doc/leat-extract-jsonl.7 \
	doc/leat-extract-mongodb.7 \
	doc/leat-extract-mysql.7 \
	doc/leat-extract-odbc.7 \
	doc/leat-extract-postgres.7 \
	doc/leat-extract-sqlite.7 \
	doc/leat-function-cognito_password.7 \
	doc/leat-function-phone_e164.7 \
	doc/leat-load-cognito_api.7 \
	doc/leat-load-cognito_csv.7 \
	doc/leat-load-cognito_import.7 \
	doc/leat-load-csv.7 \
	doc/leat-load-http.7 \
	doc/leat-load-jsonl.7 \
	doc/leat-load-mongodb.7 \
	doc/leat-load-mysql.7 \
	doc/leat-load-null.7 \
	doc/leat-load-postgres.7 \
	doc/leat-load-sqlite.7 \
	doc/leat-transform-drop.7 \
	doc/leat-transform-filter.7 \
	doc/leat-transform-lookup.7 \
	doc/leat-transform-map.7 \
	doc/leat-transform-rename.7 \
	doc/leat-transform-select.7 \
	doc/leat-transform-set.7 \
	doc/leat-transform-split.7 \
	doc/leat-validate-cognito_user.7 \
	doc/leat-validate-dedupe.7 \
	doc/leat-validate-rules.7 \
	$(NULL)

PLUGIN_PODS = \
	plugins/extract/cognito/cognito.pod \
	plugins/extract/csv/csv.pod \
	plugins/extract/generate/generate.pod \
	plugins/extract/jsonl/jsonl.pod \
	plugins/extract/mongodb/mongodb.pod \
	plugins/extract/mysql/mysql.pod \
	plugins/extract/odbc/odbc.pod \
	plugins/extract/postgres/postgres.pod \
	plugins/extract/sqlite/sqlite.pod \
	plugins/function/cognito_password/cognito_password.pod \
	plugins/function/phone_e164/phone_e164.pod \
	plugins/load/cognito_api/cognito_api.pod \
	plugins/load/cognito_csv/cognito_csv.pod \
	plugins/load/cognito_import/cognito_import.pod \
	plugins/load/csv/csv.pod \
	plugins/load/http/http.pod \
	plugins/load/jsonl/jsonl.pod \
	plugins/load/mongodb/mongodb.pod \
	plugins/load/mysql/mysql.pod \
	plugins/load/null/null.pod \
	plugins/load/postgres/postgres.pod \
	plugins/load/sqlite/sqlite.pod \
	plugins/transform/drop/drop.pod \
	plugins/transform/filter/filter.pod \
	plugins/transform/lookup/lookup.pod \
	plugins/transform/map/map.pod \
	plugins/transform/rename/rename.pod \
	plugins/transform/select/select.pod \
	plugins/transform/set/set.pod \
	plugins/transform/split/split.pod \
	plugins/validate/cognito_user/cognito_user.pod \
	plugins/validate/dedupe/dedupe.pod \
	plugins/validate/rules/rules.pod \
	$(NULL)

MAIN_PAGES = \
	doc/leat.1 \
	doc/leat-expressions.7 \
	doc/leat-pipeline.5 \
	doc/leat-plugin.3 \
	$(NULL)

MAIN_PODS = \
	doc/leat.pod \
	doc/leat-expressions.pod \
	doc/leat-pipeline.pod \
	doc/leat-plugin.pod \
	$(NULL)

dist_man_MANS += $(MAIN_PAGES) $(PLUGIN_PAGES)
$(MAIN_PAGES) $(PLUGIN_PAGES): $(MAIN_PODS) $(PLUGIN_PODS) doc/make-man.sh leat$(EXEEXT) $(plugin_LTLIBRARIES)
	$(AM_V_GEN)$(SHELL) $(top_srcdir)/doc/make-man.sh $@ $(top_srcdir)

CLEANFILES += $(MAIN_PAGES) $(PLUGIN_PAGES) doc/pod/*.pod

# What the documents promise, run.
SHELL_TESTS += \
	tests/docs/test-expressions.sh \
	tests/docs/test-new-plugin.sh \
	tests/docs/test-options.sh \
	tests/docs/test-pages.sh \
	tests/docs/test-pipelines.sh \
	tests/docs/test-pods.sh \
	tests/docs/test-readme.sh \
	tests/docs/test-tutorial.sh \
	$(NULL)

EXTRA_DIST += \
	$(MAIN_PODS) \
	CONTRIBUTING.md \
	NEWS.md \
	README.md \
	SECURITY.md \
	build-aux/new-plugin.sh \
	doc/decisions \
	doc/make-man.sh \
	doc/tutorial \
	doc/cognito.md \
	doc/tutorial.md \
	pipelines \
	tests/docs \
	$(NULL)
