plugin_LTLIBRARIES += plugins/transform-split.la
%C%_la_SOURCES = %D%/split.c %D%/list.c %D%/list.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/json/libjson.la
EXTRA_DIST += %D%/split.pod
