plugin_LTLIBRARIES += plugins/function-phone_e164.la
%C%_la_SOURCES = %D%/phone_e164.cc %D%/country.c %D%/country.h
%C%_la_CFLAGS = $(PLUGIN_CFLAGS)
%C%_la_CXXFLAGS = $(PLUGIN_CXXFLAGS)
%C%_la_LDFLAGS = $(PLUGIN_LDFLAGS)
%C%_la_LIBADD = $(LIBPHONENUMBER_LIBS)
EXTRA_DIST += %D%/phone_e164.pod
