/* The frames of a capture as our reader has them, one a line: time, octets captured, octets on the
 * wire, the octets. For the comparison with tshark. */
#include <inttypes.h>
#include <stdio.h>
#include "sim/record/capture.h"

int main(int argc, char **argv)
{
    struct pcap_file file;
    struct why why = {""};
    if (argc != 2 || pcap_load(argv[1], &file, &why) != 0) {
        fprintf(stderr, "%s\n", why.text);
        return 2;
    }
    for (size_t f = 0; f < file.count; f++) {
        const struct pcap_frame *p = &file.frame[f];
        printf("%" PRId64 ".%09" PRId64 " %" PRIu32 " %" PRIu32 " ", p->time_ns / 1000000000,
               p->time_ns % 1000000000, p->len, p->original_len);
        for (uint32_t k = 0; k < p->len; k++)
            printf("%02x", p->bytes[k]);
        putchar('\n');
    }
    fputs(file.cut.text, stderr);
    pcap_unload(&file);
    return 0;
}
