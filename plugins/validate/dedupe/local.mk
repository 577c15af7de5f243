plugin_LTLIBRARIES += plugins/validate-dedupe.la
%C%_la_SOURCES = %D%/dedupe.c %D%/winners.c %D%/winners.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/keyset/libkeyset.la plugins/kit/text/libtext.la
EXTRA_DIST += %D%/dedupe.pod
