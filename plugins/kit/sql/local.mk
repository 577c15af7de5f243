noinst_LTLIBRARIES += %D%/libsql.la
%C%_libsql_la_SOURCES = %D%/plan.c %D%/text.c %D%/place.c %D%/row.c %D%/reject.c %D%/load.c %D%/sql.h %D%/load.h
%C%_libsql_la_CFLAGS = $(PLUGIN_CFLAGS)
