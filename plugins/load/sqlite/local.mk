plugin_LTLIBRARIES += plugins/load-sqlite.la
%C%_la_SOURCES = %D%/sqlite.c %D%/plan.c %D%/token.c %D%/load.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/sqlite/libsqlite.la plugins/kit/store/libstore.la plugins/kit/text/libtext.la $(SQLITE_LIBS)
EXTRA_DIST += %D%/sqlite.pod
