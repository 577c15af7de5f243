# Needs kit/aws, kit/http, kit/cognito, kit/json and kit/text.
noinst_LTLIBRARIES += %D%/libuserpool.la
%C%_libuserpool_la_SOURCES = %D%/userpool.c %D%/userpool.h
%C%_libuserpool_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBCURL_CFLAGS)
