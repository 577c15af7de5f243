noinst_LTLIBRARIES += %D%/libcsvread.la %D%/libcsvwrite.la
%C%_libcsvread_la_SOURCES = %D%/read.c %D%/record.c %D%/value.c %D%/read.h %D%/record.h %D%/scan.h
%C%_libcsvread_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_libcsvwrite_la_SOURCES = %D%/write.c %D%/write.h
%C%_libcsvwrite_la_CFLAGS = $(PLUGIN_CFLAGS)
