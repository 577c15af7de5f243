plugin_LTLIBRARIES += plugins/load-cognito_import.la
%C%_la_SOURCES = %D%/cognito_import.c %D%/attempt.c %D%/call.c %D%/canary.c %D%/drive.c %D%/forecast.c %D%/jobs.c \
	%D%/log.c %D%/outcome.c %D%/plan.c %D%/replies.c %D%/sets.c %D%/settle.c %D%/signin.c %D%/call.h %D%/canary.h \
	%D%/import.h %D%/jobs.h %D%/log.h %D%/sets.h %D%/steps.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBCURL_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/cognito_user/libcognitouser.la plugins/kit/flow/libflow.la plugins/kit/userpool/libuserpool.la \
	plugins/kit/aws/libaws.la plugins/kit/http/libhttp.la \
	plugins/kit/cognito_csv/libcognitocsv.la plugins/kit/cognito/libcognito.la plugins/kit/cognito/libcognitopassword.la \
	plugins/kit/csv/libcsvread.la plugins/kit/file/libfile.la plugins/kit/file/libinput.la \
	plugins/kit/store/libstore.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la \
	$(CJSON_LIBS) $(LIBCURL_LIBS) $(CRYPTO_LIBS) $(UTF8PROC_LIBS)
EXTRA_DIST += %D%/cognito_import.pod
