noinst_LTLIBRARIES += %D%/libcognito.la
%C%_libcognito_la_SOURCES = %D%/attributes.c %D%/check.c %D%/fault.c %D%/pool.c %D%/value.c %D%/cognito.h
%C%_libcognito_la_CFLAGS = $(PLUGIN_CFLAGS)
