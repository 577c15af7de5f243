noinst_LTLIBRARIES += %D%/libsqlite.la
%C%_libsqlite_la_SOURCES = %D%/sqlite.c %D%/sqlite.h
%C%_libsqlite_la_CFLAGS = $(PLUGIN_CFLAGS)
