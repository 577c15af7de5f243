plugin_LTLIBRARIES += plugins/load-mysql.la
%C%_la_SOURCES = %D%/mysql.c %D%/plan.c %D%/table.c %D%/words.c %D%/value.c %D%/refuse.c %D%/commits.c %D%/load.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBMARIADB_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/mysql/libmysql.la plugins/kit/store/libstore.la plugins/kit/sql/libsql.la plugins/kit/json/libjson.la \
	plugins/kit/fields/libfields.la plugins/kit/text/libtext.la $(LIBMARIADB_LIBS)
EXTRA_DIST += %D%/mysql.pod
