plugin_LTLIBRARIES += plugins/validate-cognito_user.la
%C%_la_SOURCES = %D%/cognito_user.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/cognito/libcognito.la plugins/kit/text/libtext.la $(CJSON_LIBS) $(UTF8PROC_LIBS)
EXTRA_DIST += %D%/cognito_user.pod
