plugin_LTLIBRARIES += plugins/transform-set.la
%C%_la_SOURCES = %D%/set.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/set.pod
