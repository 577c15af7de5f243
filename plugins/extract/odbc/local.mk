plugin_LTLIBRARIES += plugins/extract-odbc.la
%C%_la_SOURCES = %D%/odbc.c %D%/schema.c %D%/shapes.c %D%/order.c %D%/row.c %D%/find.c %D%/extract.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBODBC_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/odbc/libodbc.la plugins/kit/store/libstore.la plugins/kit/sql/libsql.la \
	plugins/kit/json/libjson.la plugins/kit/fields/libfields.la plugins/kit/text/libtext.la $(LIBODBC_LIBS)
EXTRA_DIST += %D%/odbc.pod
