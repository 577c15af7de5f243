# -fno-sanitize: see plugins/kit/mongodb/local.mk.
plugin_LTLIBRARIES += plugins/load-mongodb.la
%C%_la_SOURCES = %D%/mongodb.c %D%/plan.c %D%/encode.c %D%/refuse.c %D%/same.c %D%/load.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBMONGOC_CFLAGS) -fno-sanitize=alignment
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/mongodb/libmongodb.la plugins/kit/store/libstore.la plugins/kit/json/libjson.la \
	plugins/kit/fields/libfields.la plugins/kit/text/libtext.la $(LIBMONGOC_LIBS)
EXTRA_DIST += %D%/mongodb.pod
