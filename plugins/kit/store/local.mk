noinst_LTLIBRARIES += %D%/libstore.la
%C%_libstore_la_SOURCES = %D%/store.c %D%/store.h
%C%_libstore_la_CFLAGS = $(PLUGIN_CFLAGS)
