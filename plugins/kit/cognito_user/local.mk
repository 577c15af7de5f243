# Needs kit/flow, kit/userpool, kit/aws, kit/cognito, kit/json and kit/text.
noinst_LTLIBRARIES += %D%/libcognitouser.la
%C%_libcognitouser_la_SOURCES = %D%/fields.c %D%/forecast.c %D%/judge.c %D%/request.c %D%/steps.c %D%/users.c %D%/users.h
%C%_libcognitouser_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBCURL_CFLAGS)
