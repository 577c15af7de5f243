# SPDX-License-Identifier: Apache-2.0
# Copyright the leat authors
#
# Plugins for tests. Good ones land in tests/plugins/.libs, wrong ones in tests/plugins/bad/.libs;
# -rpath makes libtool build a shared object of what is never installed.

TEST_PLUGIN_LINK = $(PLUGIN_LDFLAGS) -rpath $(abs_builddir)

check_LTLIBRARIES += \
	%D%/extract-probe.la \
	%D%/load-aside.la \
	%D%/load-calls.la \
	%D%/load-late.la \
	%D%/load-probe.la \
	%D%/transform-probe.la \
	$(NULL)
%C%_extract_probe_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_extract_probe_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_load_aside_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_load_aside_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_load_calls_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_load_calls_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_load_late_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_load_late_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_load_probe_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_load_probe_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_transform_probe_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_transform_probe_la_LDFLAGS = $(TEST_PLUGIN_LINK)

# One source, wrong in a different way each.
check_LTLIBRARIES += \
	%D%/bad/extract-bad_abi.la \
	%D%/bad/extract-bad_kind.la \
	%D%/bad/extract-bad_name.la \
	%D%/bad/extract-bad_options.la \
	%D%/bad/extract-no_entry.la \
	%D%/bad/extract-no_fields.la \
	%D%/bad/extract-no_read.la \
	%D%/bad/extract-no_summary.la \
	%D%/bad/extract-null_descriptor.la \
	%D%/bad/extract-unknown_kind.la \
	%D%/bad/load-no_deliver.la \
	%D%/bad/load-no_poll.la \
	%D%/bad/transform-no_plan.la \
	%D%/bad/transform-no_process.la \
	$(NULL)
%C%_bad_extract_bad_abi_la_SOURCES = %D%/bad.c
%C%_bad_extract_bad_abi_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_ABI
%C%_bad_extract_bad_abi_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_extract_bad_kind_la_SOURCES = %D%/bad.c
%C%_bad_extract_bad_kind_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_KIND
%C%_bad_extract_bad_kind_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_extract_bad_name_la_SOURCES = %D%/bad.c
%C%_bad_extract_bad_name_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_NAME
%C%_bad_extract_bad_name_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_extract_bad_options_la_SOURCES = %D%/bad.c
%C%_bad_extract_bad_options_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_OPTIONS
%C%_bad_extract_bad_options_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_extract_no_entry_la_SOURCES = %D%/bad.c
%C%_bad_extract_no_entry_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_NO_ENTRY -O2
%C%_bad_extract_no_entry_la_LDFLAGS = $(LEAT_LDFLAGS) -module -avoid-version -shared -rpath $(abs_builddir)
%C%_bad_extract_no_fields_la_SOURCES = %D%/bad.c
%C%_bad_extract_no_fields_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_NO_FIELDS
%C%_bad_extract_no_fields_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_extract_no_read_la_SOURCES = %D%/bad.c
%C%_bad_extract_no_read_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_NO_READ
%C%_bad_extract_no_read_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_extract_no_summary_la_SOURCES = %D%/bad.c
%C%_bad_extract_no_summary_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_NO_SUMMARY
%C%_bad_extract_no_summary_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_extract_null_descriptor_la_SOURCES = %D%/bad.c
%C%_bad_extract_null_descriptor_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_NULL
%C%_bad_extract_null_descriptor_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_extract_unknown_kind_la_SOURCES = %D%/bad.c
%C%_bad_extract_unknown_kind_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_UNKNOWN_KIND
%C%_bad_extract_unknown_kind_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_load_no_poll_la_SOURCES = %D%/bad.c
%C%_bad_load_no_poll_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_NO_POLL
%C%_bad_load_no_poll_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_load_no_deliver_la_SOURCES = %D%/bad.c
%C%_bad_load_no_deliver_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_NO_DELIVER
%C%_bad_load_no_deliver_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_transform_no_plan_la_SOURCES = %D%/bad.c
%C%_bad_transform_no_plan_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_NO_PLAN
%C%_bad_transform_no_plan_la_LDFLAGS = $(TEST_PLUGIN_LINK)
%C%_bad_transform_no_process_la_SOURCES = %D%/bad.c
%C%_bad_transform_no_process_la_CFLAGS = $(PLUGIN_CFLAGS) -DBAD_NO_PROCESS
%C%_bad_transform_no_process_la_LDFLAGS = $(TEST_PLUGIN_LINK)
