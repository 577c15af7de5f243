plugin_LTLIBRARIES += plugins/load-jsonl.la
%C%_la_SOURCES = %D%/jsonl.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/json/libjson.la plugins/kit/file/libfile.la plugins/kit/text/libtext.la
EXTRA_DIST += %D%/jsonl.pod
