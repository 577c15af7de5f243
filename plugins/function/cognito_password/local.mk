plugin_LTLIBRARIES += plugins/function-cognito_password.la
%C%_la_SOURCES = %D%/cognito_password.c
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/cognito/libcognitopassword.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la
EXTRA_DIST += %D%/cognito_password.pod
