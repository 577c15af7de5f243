noinst_LTLIBRARIES += %D%/libfile.la
%C%_libfile_la_SOURCES = %D%/file.c %D%/sweep.c %D%/file.h
%C%_libfile_la_CFLAGS = $(PLUGIN_CFLAGS)
noinst_LTLIBRARIES += %D%/libinput.la
%C%_libinput_la_SOURCES = %D%/input.c %D%/input.h
%C%_libinput_la_CFLAGS = $(PLUGIN_CFLAGS)
