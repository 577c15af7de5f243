noinst_LTLIBRARIES += %D%/libodbc.la
%C%_libodbc_la_SOURCES = %D%/connect.c %D%/drivers.c %D%/fail.c %D%/query.c %D%/rows.c %D%/servers.c %D%/wide.c %D%/work.c \
	%D%/drivers.h %D%/odbc.h
%C%_libodbc_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBODBC_CFLAGS)
