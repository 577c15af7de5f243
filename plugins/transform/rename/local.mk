plugin_LTLIBRARIES += plugins/transform-rename.la
%C%_la_SOURCES = %D%/rename.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/rename.pod
