noinst_LTLIBRARIES += %D%/libfile.la
%C%_libfile_la_SOURCES = %D%/file.c %D%/file.h
%C%_libfile_la_CFLAGS = $(PLUGIN_CFLAGS)
