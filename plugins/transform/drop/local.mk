plugin_LTLIBRARIES += plugins/transform-drop.la
%C%_la_SOURCES = %D%/drop.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/drop.pod
