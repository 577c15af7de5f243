plugin_LTLIBRARIES += plugins/transform-lookup.la
%C%_la_SOURCES = %D%/lookup.c %D%/ask.c %D%/columns.c %D%/cache.c %D%/lookup.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/keyset/libkeyset.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la
EXTRA_DIST += %D%/lookup.pod
