plugin_LTLIBRARIES += plugins/transform-select.la
%C%_la_SOURCES = %D%/select.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/select.pod
