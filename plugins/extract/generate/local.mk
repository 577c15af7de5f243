plugin_LTLIBRARIES += plugins/extract-generate.la
%C%_la_SOURCES = %D%/generate.c %D%/person.c %D%/person.h %D%/words.c %D%/words.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/generate.pod
