# Needs kit/http, kit/store and kit/text.
noinst_LTLIBRARIES += %D%/libflow.la
%C%_libflow_la_SOURCES = %D%/flow.c %D%/pick.c %D%/settle.c %D%/flow.h
%C%_libflow_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBCURL_CFLAGS)
