plugin_LTLIBRARIES += plugins/extract-jsonl.la
%C%_la_SOURCES = %D%/jsonl.c %D%/schema.c %D%/tree.c %D%/lines.c %D%/record.c %D%/put.c %D%/extract.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/json/libjson.la plugins/kit/fields/libfields.la plugins/kit/file/libinput.la plugins/kit/text/libtext.la
EXTRA_DIST += %D%/jsonl.pod
