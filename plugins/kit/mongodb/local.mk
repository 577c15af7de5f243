# libbson's types are aligned to 128 bytes, and gcc's AddressSanitizer lays local ones at 32: that is not our fault.
noinst_LTLIBRARIES += %D%/libmongodb.la
%C%_libmongodb_la_SOURCES = %D%/client.c %D%/stream.c %D%/json.c %D%/parse.c %D%/mongodb.h
%C%_libmongodb_la_CFLAGS = $(PLUGIN_CFLAGS) $(LIBMONGOC_CFLAGS) -fno-sanitize=alignment
