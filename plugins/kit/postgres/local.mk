noinst_LTLIBRARIES += %D%/libpostgres.la
%C%_libpostgres_la_SOURCES = %D%/connect.c %D%/query.c %D%/dialect.c %D%/postgres.h %D%/wait.h
%C%_libpostgres_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBPQ_CFLAGS)
