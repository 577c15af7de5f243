# Needs kit/cognito, kit/file, kit/text, cJSON and utf8proc.
noinst_LTLIBRARIES += %D%/libcognitocsv.la
%C%_libcognitocsv_la_SOURCES = %D%/columns.c %D%/parts.c %D%/put.c %D%/row.c %D%/table.c %D%/value.c \
	%D%/columns.h %D%/parts.h %D%/put.h %D%/table.h
%C%_libcognitocsv_la_CFLAGS = $(PLUGIN_CFLAGS)
