plugin_LTLIBRARIES += plugins/load-cognito_api.la
%C%_la_SOURCES = %D%/cognito_api.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBCURL_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/cognito_user/libcognitouser.la plugins/kit/flow/libflow.la plugins/kit/userpool/libuserpool.la \
	plugins/kit/aws/libaws.la plugins/kit/cognito/libcognito.la plugins/kit/http/libhttp.la plugins/kit/store/libstore.la plugins/kit/json/libjson.la \
	plugins/kit/text/libtext.la $(LIBCURL_LIBS) $(CRYPTO_LIBS) $(CJSON_LIBS) $(UTF8PROC_LIBS)
EXTRA_DIST += %D%/cognito_api.pod
