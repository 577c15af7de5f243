plugin_LTLIBRARIES += plugins/load-cognito_csv.la
%C%_la_SOURCES = %D%/cognito_csv.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/cognito_csv/libcognitocsv.la plugins/kit/cognito/libcognito.la plugins/kit/file/libfile.la \
	plugins/kit/text/libtext.la $(CJSON_LIBS) $(UTF8PROC_LIBS)
EXTRA_DIST += %D%/cognito_csv.pod
