noinst_LTLIBRARIES += %D%/libaws.la
%C%_libaws_la_SOURCES = %D%/aws.c %D%/ask.c %D%/credentials.c %D%/endpoint.c %D%/errors.c %D%/ini.c %D%/keys.c \
	%D%/metadata.c %D%/process.c %D%/role.c %D%/sign.c %D%/sso.c %D%/aws.h %D%/ini.h %D%/inside.h
%C%_libaws_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBCURL_CFLAGS)
