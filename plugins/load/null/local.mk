plugin_LTLIBRARIES += plugins/load-null.la
%C%_la_SOURCES = %D%/null.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/null.pod
