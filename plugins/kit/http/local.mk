noinst_LTLIBRARIES += %D%/libhttp.la
%C%_libhttp_la_SOURCES = %D%/client.c %D%/sockets.c %D%/url.c %D%/pointer.c %D%/form.c \
	%D%/http.h %D%/client.h %D%/pointer.h %D%/form.h
%C%_libhttp_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBCURL_CFLAGS)
