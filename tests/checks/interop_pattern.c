/* The first N octets of the pattern that http_serve gives, to the standard output. */
#include <stdio.h>
#include <stdlib.h>
#include "sim/packet/packet.h"

int main(int argc, char **argv)
{
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    for (uint64_t k = 0; k < n; k++)
        putchar(packet_pattern(k));
    return ferror(stdout) != 0;
}
