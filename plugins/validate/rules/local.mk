plugin_LTLIBRARIES += plugins/validate-rules.la
%C%_la_SOURCES = %D%/rules.c %D%/make.c %D%/run.c %D%/formats.c %D%/values.c %D%/text.c %D%/rules.h %D%/make.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/keyset/libkeyset.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la $(PCRE2_LIBS)
EXTRA_DIST += %D%/rules.pod
