# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# One line a plugin, sorted, kits first. configure reads its table off these lines.
# A fragment, plugins/KIND/NAME/local.mk, looks like this (%C%_la is plugins_KIND_NAME_la):
#
#   plugin_LTLIBRARIES += plugins/KIND-NAME.la
#   %C%_la_SOURCES = %D%/NAME.c
#   %C%_la_CFLAGS = $(PLUGIN_CFLAGS)
#   %C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
#   %C%_la_LIBADD = plugins/kit/KIT/libKIT.la $(SQLITE_LIBS)
#   EXTRA_DIST += %D%/NAME.pod
#
# and that of a kit, plugins/kit/KIT/local.mk:
#
#   noinst_LTLIBRARIES += %D%/libKIT.la
#   %C%_libKIT_la_SOURCES = %D%/KIT.c %D%/KIT.h
#   %C%_libKIT_la_CFLAGS = $(PLUGIN_CFLAGS)

include %D%/kit/cognito/local.mk
include %D%/kit/cognito_csv/local.mk
include %D%/kit/csv/local.mk
include %D%/kit/fields/local.mk
include %D%/kit/file/local.mk
include %D%/kit/json/local.mk
include %D%/kit/keyset/local.mk
include %D%/kit/secrets/local.mk
include %D%/kit/sql/local.mk
include %D%/kit/sqlite/local.mk
include %D%/kit/store/local.mk
include %D%/kit/text/local.mk
include %D%/extract/csv/local.mk
include %D%/extract/generate/local.mk
include %D%/extract/jsonl/local.mk
include %D%/extract/sqlite/local.mk
include %D%/function/cognito_password/local.mk
include %D%/load/cognito_csv/local.mk
include %D%/load/csv/local.mk
include %D%/load/jsonl/local.mk
include %D%/load/null/local.mk
include %D%/load/sqlite/local.mk
include %D%/transform/drop/local.mk
include %D%/transform/filter/local.mk
include %D%/transform/lookup/local.mk
include %D%/transform/map/local.mk
include %D%/transform/rename/local.mk
include %D%/transform/select/local.mk
include %D%/transform/set/local.mk
include %D%/transform/split/local.mk
include %D%/validate/cognito_user/local.mk
include %D%/validate/dedupe/local.mk
include %D%/validate/rules/local.mk

# Needs libcurl; see LEAT_PLUGIN_DEP in configure.ac:
if WITH_LIBCURL
include %D%/kit/aws/local.mk
include %D%/kit/cognito_user/local.mk
include %D%/kit/flow/local.mk
include %D%/kit/http/local.mk
include %D%/kit/userpool/local.mk
include %D%/load/cognito_api/local.mk
include %D%/extract/cognito/local.mk
include %D%/load/cognito_import/local.mk
include %D%/load/http/local.mk
endif

# Needs libmariadb:
if WITH_LIBMARIADB
include %D%/kit/mysql/local.mk
include %D%/extract/mysql/local.mk
include %D%/load/mysql/local.mk
endif

# Needs libmongoc:
if WITH_LIBMONGOC
include %D%/kit/mongodb/local.mk
include %D%/extract/mongodb/local.mk
include %D%/load/mongodb/local.mk
endif

# Needs libodbc:
if WITH_LIBODBC
include %D%/kit/odbc/local.mk
include %D%/extract/odbc/local.mk
endif

# Needs libpq:
if WITH_LIBPQ
include %D%/kit/postgres/local.mk
include %D%/extract/postgres/local.mk
include %D%/load/postgres/local.mk
endif

# Needs libphonenumber:
if WITH_LIBPHONENUMBER
include %D%/function/phone_e164/local.mk
endif
