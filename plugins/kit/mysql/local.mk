noinst_LTLIBRARIES += %D%/libmysql.la
%C%_libmysql_la_SOURCES = %D%/connect.c %D%/fail.c %D%/query.c %D%/dialect.c %D%/mysql.h %D%/wait.h
%C%_libmysql_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBMARIADB_CFLAGS)
