noinst_LTLIBRARIES += %D%/libtext.la
%C%_libtext_la_SOURCES = %D%/text.c %D%/read.c %D%/number.c %D%/time.c %D%/utf8.c %D%/near.c %D%/put.c \
	%D%/text.h %D%/put.h
%C%_libtext_la_CFLAGS = $(PLUGIN_CFLAGS)
