# libbson's types are aligned to 128 bytes, and gcc's AddressSanitizer lays local ones at 32: that is not our fault.
plugin_LTLIBRARIES += plugins/extract-mongodb.la
%C%_la_SOURCES = %D%/mongodb.c %D%/schema.c %D%/query.c %D%/cursor.c %D%/since.c %D%/tree.c \
	%D%/row.c %D%/value.c %D%/find.c %D%/extract.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBMONGOC_CFLAGS) -fno-sanitize=alignment
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = plugins/kit/mongodb/libmongodb.la plugins/kit/store/libstore.la plugins/kit/json/libjson.la plugins/kit/fields/libfields.la plugins/kit/text/libtext.la $(LIBMONGOC_LIBS)
EXTRA_DIST += %D%/mongodb.pod
