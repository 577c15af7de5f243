noinst_LTLIBRARIES += %D%/libfields.la
%C%_libfields_la_SOURCES = %D%/fields.c %D%/convert.c %D%/zone.c %D%/tree.c %D%/fields.h %D%/zone.h %D%/tree.h
%C%_libfields_la_CFLAGS = $(PLUGIN_CFLAGS)
