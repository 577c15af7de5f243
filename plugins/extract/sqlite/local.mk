plugin_LTLIBRARIES += plugins/extract-sqlite.la
%C%_la_SOURCES = %D%/sqlite.c %D%/schema.c %D%/cursor.c %D%/since.c %D%/row.c %D%/find.c %D%/extract.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/sqlite/libsqlite.la plugins/kit/store/libstore.la plugins/kit/json/libjson.la plugins/kit/fields/libfields.la plugins/kit/text/libtext.la $(SQLITE_LIBS)
EXTRA_DIST += %D%/sqlite.pod
