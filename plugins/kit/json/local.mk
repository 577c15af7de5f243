noinst_LTLIBRARIES += %D%/libjson.la
%C%_libjson_la_SOURCES = %D%/scan.c %D%/escape.c %D%/json.h
%C%_libjson_la_CFLAGS = $(PLUGIN_CFLAGS)
