plugin_LTLIBRARIES += plugins/load-http.la
%C%_la_SOURCES = %D%/http.c %D%/plan.c %D%/parse.c %D%/template.c %D%/once.c %D%/request.c %D%/judge.c \
	%D%/answer.c %D%/load.h %D%/template.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBCURL_CFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/flow/libflow.la plugins/kit/http/libhttp.la plugins/kit/store/libstore.la plugins/kit/keyset/libkeyset.la plugins/kit/json/libjson.la plugins/kit/text/libtext.la \
	$(LIBCURL_LIBS) $(CRYPTO_LIBS) $(UTF8PROC_LIBS)
EXTRA_DIST += %D%/http.pod
