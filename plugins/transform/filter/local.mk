plugin_LTLIBRARIES += plugins/transform-filter.la
%C%_la_SOURCES = %D%/filter.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/filter.pod
