# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Unit tests that link a part of a plugin, or a kit.
PLUGIN_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins

tests_unit_test_keyset_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_keyset_LDADD = plugins/kit/keyset/libkeyset.la $(LDADD)

tests_unit_test_dedupe_SOURCES = tests/unit/test-dedupe.c tests/unit/plugin-host.h \
	plugins/validate/dedupe/dedupe.c plugins/validate/dedupe/winners.c
tests_unit_test_dedupe_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_dedupe_LDADD = plugins/kit/keyset/libkeyset.la plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_checkpoint_SOURCES = tests/unit/test-checkpoint.c tests/unit/test-state.h
tests_unit_test_publish_SOURCES = tests/unit/test-publish.c tests/unit/test-state.h

tests_unit_test_lock_SOURCES = tests/unit/test-lock.c tests/unit/test-state.h

tests_unit_test_state_SOURCES = tests/unit/test-state.c tests/unit/test-state.h

tests_unit_test_rate_SOURCES = tests/unit/test-rate.c tests/unit/test-rate.h

tests_unit_test_rate_storms_SOURCES = tests/unit/test-rate-storms.c tests/unit/test-rate.h

tests_unit_test_rules_SOURCES = tests/unit/test-rules.c plugins/validate/rules/formats.c \
	plugins/validate/rules/values.c plugins/validate/rules/text.c
tests_unit_test_rules_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_rules_LDADD = plugins/kit/json/libjson.la plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_split_list_SOURCES = tests/unit/test-split-list.c plugins/transform/split/list.c
tests_unit_test_split_list_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_split_list_LDADD = plugins/kit/json/libjson.la $(LDADD)

tests_unit_test_cognito_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_cognito_LDADD = plugins/kit/cognito/libcognito.la plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_cognito_password_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_cognito_password_LDADD = plugins/kit/cognito/libcognitopassword.la plugins/kit/json/libjson.la \
	plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_cognito_csv_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_cognito_csv_LDADD = plugins/kit/cognito_csv/libcognitocsv.la plugins/kit/cognito/libcognito.la plugins/kit/file/libfile.la \
	plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_cognito_import_SOURCES = tests/unit/test-cognito-import.c plugins/load/cognito_import/attempt.c \
	plugins/load/cognito_import/call.c plugins/load/cognito_import/canary.c plugins/load/cognito_import/log.c \
	plugins/load/cognito_import/replies.c plugins/load/cognito_import/sets.c
tests_unit_test_cognito_import_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_cognito_import_LDADD = plugins/kit/aws/libaws.la plugins/kit/http/libhttp.la \
	plugins/kit/cognito_csv/libcognitocsv.la plugins/kit/cognito/libcognito.la plugins/kit/cognito/libcognitopassword.la \
	plugins/kit/csv/libcsvread.la plugins/kit/file/libfile.la plugins/kit/file/libinput.la \
	plugins/kit/store/libstore.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la \
	$(LDADD) $(LIBCURL_LIBS)

tests_unit_test_phone_e164_SOURCES = tests/unit/test-phone-e164.c plugins/function/phone_e164/country.c
tests_unit_test_phone_e164_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)

tests_unit_test_expr_SOURCES = tests/unit/test-expr.c tests/unit/test-expr.h

tests_unit_test_expr_functions_SOURCES = tests/unit/test-expr-functions.c tests/unit/test-expr.h

tests_unit_test_expr_oracle_SOURCES = tests/unit/test-expr-oracle.c tests/unit/expr-oracle.c \
	tests/unit/expr-oracle.h

tests_unit_test_csv_extract_SOURCES = tests/unit/test-csv-extract.c tests/unit/plugin-host.h \
	plugins/extract/csv/csv.c plugins/extract/csv/plan.c plugins/extract/csv/put.c plugins/extract/csv/source.c
tests_unit_test_csv_extract_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_csv_extract_LDADD = plugins/kit/csv/libcsvread.la plugins/kit/fields/libfields.la \
	plugins/kit/file/libinput.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_csv_load_SOURCES = tests/unit/test-csv-load.c tests/unit/plugin-host.h \
	plugins/load/csv/csv.c
tests_unit_test_csv_load_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_csv_load_LDADD = plugins/kit/csv/libcsvwrite.la plugins/kit/csv/libcsvread.la \
	plugins/kit/file/libfile.la plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_csv_read_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_csv_read_LDADD = plugins/kit/csv/libcsvread.la $(LDADD)

tests_unit_test_csv_values_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_csv_values_LDADD = plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_file_SOURCES = tests/unit/test-file.c tests/unit/plugin-host.h
tests_unit_test_file_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_file_LDADD = plugins/kit/file/libfile.la $(LDADD)

tests_fuzz_fuzz_csv_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_fuzz_fuzz_csv_LDADD = plugins/kit/csv/libcsvread.la $(LDADD)

tests_fuzz_fuzz_password_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_fuzz_fuzz_password_LDADD = plugins/kit/cognito/libcognitopassword.la plugins/kit/json/libjson.la \
	plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_store_SOURCES = tests/unit/test-store.c
tests_unit_test_store_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_store_LDADD = plugins/kit/store/libstore.la $(LDADD)

tests_unit_test_json_SOURCES = tests/unit/test-json.c
tests_unit_test_json_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_json_LDADD = plugins/kit/json/libjson.la plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_generate_SOURCES = tests/unit/test-generate.c tests/unit/plugin-host.h \
	plugins/extract/generate/generate.c plugins/extract/generate/person.c plugins/extract/generate/words.c
tests_unit_test_generate_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_generate_LDADD = $(LDADD)

tests_unit_test_jsonl_extract_SOURCES = tests/unit/test-jsonl-extract.c tests/unit/plugin-host.h \
	plugins/extract/jsonl/jsonl.c plugins/extract/jsonl/schema.c plugins/extract/jsonl/tree.c \
	plugins/extract/jsonl/lines.c plugins/extract/jsonl/record.c plugins/extract/jsonl/put.c
tests_unit_test_jsonl_extract_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_jsonl_extract_LDADD = plugins/kit/json/libjson.la plugins/kit/fields/libfields.la \
	plugins/kit/file/libinput.la plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_jsonl_load_SOURCES = tests/unit/test-jsonl-load.c tests/unit/plugin-host.h \
	plugins/load/jsonl/jsonl.c
tests_unit_test_jsonl_load_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_jsonl_load_LDADD = plugins/kit/json/libjson.la plugins/kit/file/libfile.la \
	plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_sqlite_extract_SOURCES = tests/unit/test-sqlite-extract.c tests/unit/plugin-host.h \
	tests/unit/test-sqlite.h tests/unit/test-sqlite-faults.h \
	plugins/extract/sqlite/sqlite.c plugins/extract/sqlite/schema.c plugins/extract/sqlite/cursor.c \
	plugins/extract/sqlite/since.c plugins/extract/sqlite/row.c plugins/extract/sqlite/find.c
tests_unit_test_sqlite_extract_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_sqlite_extract_LDADD = plugins/kit/sqlite/libsqlite.la plugins/kit/store/libstore.la plugins/kit/json/libjson.la \
	plugins/kit/fields/libfields.la plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_sqlite_cursor_SOURCES = tests/unit/test-sqlite-cursor.c tests/unit/plugin-host.h \
	tests/unit/test-sqlite.h \
	plugins/extract/sqlite/sqlite.c plugins/extract/sqlite/schema.c plugins/extract/sqlite/cursor.c \
	plugins/extract/sqlite/since.c plugins/extract/sqlite/row.c plugins/extract/sqlite/find.c
tests_unit_test_sqlite_cursor_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_sqlite_cursor_LDADD = $(tests_unit_test_sqlite_extract_LDADD)

tests_unit_test_sqlite_commit_SOURCES = tests/unit/test-sqlite-commit.c tests/unit/plugin-host.h \
	tests/unit/test-sqlite.h tests/unit/test-sqlite-faults.h \
	plugins/load/sqlite/sqlite.c plugins/load/sqlite/plan.c plugins/load/sqlite/token.c
tests_unit_test_sqlite_commit_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_sqlite_commit_LDADD = $(tests_unit_test_sqlite_load_LDADD)

tests_unit_test_sqlite_load_SOURCES = tests/unit/test-sqlite-load.c tests/unit/plugin-host.h \
	tests/unit/test-sqlite.h tests/unit/test-sqlite-faults.h \
	plugins/load/sqlite/sqlite.c plugins/load/sqlite/plan.c plugins/load/sqlite/token.c
tests_unit_test_sqlite_load_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_sqlite_load_LDADD = plugins/kit/sqlite/libsqlite.la plugins/kit/store/libstore.la plugins/kit/text/libtext.la $(LDADD)

tests_fuzz_fuzz_jsonl_SOURCES = tests/fuzz/fuzz-jsonl.c plugins/extract/jsonl/record.c
tests_fuzz_fuzz_jsonl_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_fuzz_fuzz_jsonl_LDADD = plugins/kit/json/libjson.la plugins/kit/text/libtext.la $(LDADD)

tests_unit_test_http_SOURCES = tests/unit/test-http.c tests/unit/plugin-host.h \
	plugins/load/http/http.c plugins/load/http/plan.c plugins/load/http/parse.c plugins/load/http/template.c \
	plugins/kit/flow/flow.c plugins/kit/flow/pick.c plugins/kit/flow/settle.c plugins/load/http/request.c plugins/load/http/judge.c \
	plugins/load/http/answer.c plugins/load/http/once.c
tests_unit_test_http_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_http_LDADD = plugins/kit/http/libhttp.la plugins/kit/store/libstore.la plugins/kit/keyset/libkeyset.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la \
	$(LDADD) $(LIBCURL_LIBS)

tests_unit_test_http_kit_SOURCES = tests/unit/test-http-kit.c tests/unit/plugin-host.h
tests_unit_test_http_kit_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_http_kit_LDADD = plugins/kit/http/libhttp.la plugins/kit/store/libstore.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la \
	$(LDADD) $(LIBCURL_LIBS)

AWS_LDADD = plugins/kit/aws/libaws.la plugins/kit/http/libhttp.la plugins/kit/store/libstore.la \
	plugins/kit/json/libjson.la plugins/kit/text/libtext.la $(LDADD) $(LIBCURL_LIBS)
tests_unit_test_aws_SOURCES = tests/unit/test-aws.c
tests_unit_test_aws_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_aws_LDADD = $(AWS_LDADD)
tests_unit_test_aws_ini_SOURCES = tests/unit/test-aws-ini.c
tests_unit_test_aws_ini_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_unit_test_aws_ini_LDADD = $(AWS_LDADD)
tests_aws_tool_SOURCES = tests/aws/tool.c
tests_aws_tool_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS)
tests_aws_tool_LDADD = $(AWS_LDADD)

# Asks any extract for records by key; the tests in tests/stores use it.
tests_stores_find_SOURCES = tests/stores/find.c tests/unit/plugin-host.h
tests_stores_find_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_stores_find_LDADD = plugins/kit/fields/libfields.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la \
	$(LDADD)

# -fno-sanitize: see plugins/extract/mongodb/local.mk.
MONGODB_SOURCES = tests/unit/test-mongodb.h tests/unit/plugin-host.h \
	plugins/extract/mongodb/mongodb.c plugins/extract/mongodb/schema.c plugins/extract/mongodb/query.c \
	plugins/extract/mongodb/cursor.c plugins/extract/mongodb/since.c plugins/extract/mongodb/tree.c \
	plugins/extract/mongodb/row.c plugins/extract/mongodb/value.c plugins/extract/mongodb/find.c
MONGODB_LDADD = plugins/kit/mongodb/libmongodb.la plugins/kit/store/libstore.la plugins/kit/fields/libfields.la \
	plugins/kit/json/libjson.la plugins/kit/text/libtext.la \
	$(LDADD) $(LIBMONGOC_LIBS)
tests_unit_test_mongodb_cursor_SOURCES = tests/unit/test-mongodb-cursor.c $(MONGODB_SOURCES)
tests_unit_test_mongodb_cursor_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS) $(LIBMONGOC_CFLAGS)
tests_unit_test_mongodb_cursor_CFLAGS = $(AM_CFLAGS) -fno-sanitize=alignment
tests_unit_test_mongodb_cursor_LDADD = $(MONGODB_LDADD)

tests_unit_test_mongodb_values_SOURCES = tests/unit/test-mongodb-values.c tests/unit/plugin-host.h \
	plugins/extract/mongodb/value.c plugins/extract/mongodb/tree.c \
	plugins/extract/mongodb/row.c plugins/extract/mongodb/cursor.c
tests_unit_test_mongodb_values_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS) $(LIBMONGOC_CFLAGS)
tests_unit_test_mongodb_values_CFLAGS = $(AM_CFLAGS) -fno-sanitize=alignment
tests_unit_test_mongodb_values_LDADD = $(MONGODB_LDADD)

tests_unit_test_mongodb_load_SOURCES = tests/unit/test-mongodb-load.c tests/unit/test-mongodb.h tests/unit/plugin-host.h \
	plugins/load/mongodb/mongodb.c plugins/load/mongodb/plan.c plugins/load/mongodb/encode.c \
	plugins/load/mongodb/refuse.c plugins/load/mongodb/same.c
tests_unit_test_mongodb_load_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS) $(LIBMONGOC_CFLAGS)
tests_unit_test_mongodb_load_CFLAGS = $(AM_CFLAGS) -fno-sanitize=alignment
tests_unit_test_mongodb_load_LDADD = $(MONGODB_LDADD)

tests_servers_mongodb_find_SOURCES = tests/servers/mongodb-find.c $(MONGODB_SOURCES)
tests_servers_mongodb_find_CPPFLAGS = $(PLUGIN_TEST_CPPFLAGS) -I$(top_srcdir)/tests/unit $(LIBMONGOC_CFLAGS)
tests_servers_mongodb_find_CFLAGS = $(AM_CFLAGS) -fno-sanitize=alignment
tests_servers_mongodb_find_LDADD = $(MONGODB_LDADD)

tests_servers_mongodb_put_CPPFLAGS = $(LIBMONGOC_CFLAGS)
tests_servers_mongodb_put_LDADD = $(LIBMONGOC_LIBS)
