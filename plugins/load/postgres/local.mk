plugin_LTLIBRARIES += plugins/load-postgres.la
%C%_la_SOURCES = %D%/postgres.c %D%/plan.c %D%/words.c %D%/copy.c %D%/commits.c %D%/load.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBPQ_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/postgres/libpostgres.la plugins/kit/store/libstore.la plugins/kit/sql/libsql.la plugins/kit/json/libjson.la \
	plugins/kit/fields/libfields.la plugins/kit/text/libtext.la $(LIBPQ_LIBS)
EXTRA_DIST += %D%/postgres.pod
