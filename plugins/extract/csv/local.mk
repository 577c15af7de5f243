plugin_LTLIBRARIES += plugins/extract-csv.la
%C%_la_SOURCES = %D%/csv.c %D%/plan.c %D%/put.c %D%/source.c %D%/csv.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/csv/libcsvread.la plugins/kit/fields/libfields.la plugins/kit/file/libinput.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la
EXTRA_DIST += %D%/csv.pod
