plugin_LTLIBRARIES += plugins/extract-cognito.la
%C%_la_SOURCES = %D%/cognito.c %D%/plan.c %D%/filter.c %D%/caller.c %D%/listing.c %D%/held.c %D%/walk.c \
	%D%/read.c %D%/row.c %D%/groups.c %D%/details.c %D%/find.c %D%/extract.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBCURL_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/userpool/libuserpool.la plugins/kit/cognito/libcognito.la plugins/kit/aws/libaws.la \
	plugins/kit/http/libhttp.la plugins/kit/store/libstore.la plugins/kit/keyset/libkeyset.la \
	plugins/kit/json/libjson.la plugins/kit/fields/libfields.la plugins/kit/text/libtext.la $(LIBCURL_LIBS) $(CRYPTO_LIBS) $(CJSON_LIBS) $(UTF8PROC_LIBS)
EXTRA_DIST += %D%/cognito.pod
