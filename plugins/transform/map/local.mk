plugin_LTLIBRARIES += plugins/transform-map.la
%C%_la_SOURCES = %D%/map.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/map.pod
