/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright the leat authors */

/*
 * main() for fuzz targets under any compiler: hands each file named on the command line
 * to LLVMFuzzerTestOneInput, in memory of exactly its size so that sanitizers see every
 * byte read too far. libFuzzer brings a main() of its own instead.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static uint8_t *read_file(const char *path, size_t *ret_n)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    long size = ftell(file);
    uint8_t *bytes = size < 0 ? NULL : malloc(size > 0 ? (size_t)size : 1);
    rewind(file);
    if (bytes)
        *ret_n = fread(bytes, 1, (size_t)size, file);
    fclose(file);
    return bytes;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t n = 0;
        uint8_t *bytes = read_file(argv[i], &n);
        if (!bytes) {
            perror(argv[i]);
            return 1;
        }
        fprintf(stderr, "%s\n", argv[i]);
        LLVMFuzzerTestOneInput(bytes, n);
        free(bytes);
    }
    return 0;
}
