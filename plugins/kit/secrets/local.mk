EXTRA_DIST += %D%/secrets.h
