noinst_LTLIBRARIES += %D%/libcognito.la %D%/libcognitopassword.la
%C%_libcognito_la_SOURCES = %D%/attributes.c %D%/check.c %D%/fault.c %D%/pool.c %D%/value.c %D%/cognito.h
%C%_libcognito_la_CFLAGS = $(PLUGIN_CFLAGS)

# Needs kit/json and kit/text.
%C%_libcognitopassword_la_SOURCES = %D%/password.c %D%/password-bcrypt.c %D%/password-declaration.c \
	%D%/password-declared.c %D%/password-json.c %D%/password-other.c %D%/password-parts.c %D%/password-pbkdf2.c \
	%D%/password-scrypt.c %D%/password.h %D%/password-parts.h
%C%_libcognitopassword_la_CFLAGS = $(PLUGIN_CFLAGS)
