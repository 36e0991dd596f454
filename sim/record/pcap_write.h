/* Writing a pcap file to memory. Internal to sim/record/. */
#ifndef SIM_RECORD_PCAP_WRITE_H
#define SIM_RECORD_PCAP_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct pcap_writer {
    FILE *memory;
    char *bytes;
    size_t len;
};

/* False when memory is short; then nothing is left behind. */
bool pcap_writer_open(struct pcap_writer *w);
void pcap_writer_add(struct pcap_writer *w, int64_t time_ns, const uint8_t *bytes, uint32_t len,
                     uint32_t original_len);
/* The file, to be freed by the caller; NULL when memory was short. */
uint8_t *pcap_writer_close(struct pcap_writer *w, size_t *len);

#endif
