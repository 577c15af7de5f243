plugin_LTLIBRARIES += plugins/load-csv.la
%C%_la_SOURCES = %D%/csv.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/csv/libcsvwrite.la plugins/kit/file/libfile.la plugins/kit/text/libtext.la
EXTRA_DIST += %D%/csv.pod
