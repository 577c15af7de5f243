plugin_LTLIBRARIES += plugins/extract-postgres.la
%C%_la_SOURCES = %D%/postgres.c %D%/schema.c %D%/row.c %D%/find.c %D%/parts.c %D%/extract.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBPQ_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/postgres/libpostgres.la plugins/kit/store/libstore.la plugins/kit/sql/libsql.la plugins/kit/json/libjson.la \
	plugins/kit/fields/libfields.la plugins/kit/text/libtext.la $(LIBPQ_LIBS)
EXTRA_DIST += %D%/postgres.pod
