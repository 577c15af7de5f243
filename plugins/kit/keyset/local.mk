noinst_LTLIBRARIES += %D%/libkeyset.la
%C%_libkeyset_la_SOURCES = %D%/keyset.c %D%/key.c %D%/recall.c %D%/spill.c %D%/keyset.h %D%/spill.h
%C%_libkeyset_la_CFLAGS = $(PLUGIN_CFLAGS)
