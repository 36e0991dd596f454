/* What the readers of the two formats share. Internal to the capture files. */
#ifndef SIM_RECORD_PCAP_READ_H
#define SIM_RECORD_PCAP_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/record/capture.h"

enum {
    PCAP_SECOND = 1000000000,
    PCAP_ETHERNET = 1,       /* LINKTYPE_ETHERNET */
    PCAP_PACKET_MAX = 262144 /* no captured packet is longer: libpcap's MAXIMUM_SNAPLEN */
};

struct pcap_reader {
    const uint8_t *bytes;
    size_t len, at;
    bool big; /* the byte order of the file, or of the section */
    struct pcap_file *file;
    size_t room;     /* slots of file->frame */
    int other_link;  /* the link type of the first frame that is not Ethernet's */
    size_t untimed;  /* leading frames without a time */
    pcap_sink *sink; /* who sees packets of every link type as they are read; NULL: they are kept */
    void *ctx;
    int64_t last_ns; /* of the packet before, for one without a time */
    struct why *why;
};

/* A packet as its record has it. */
struct pcap_packet {
    int64_t time_ns;
    bool timed;
    uint32_t len, original_len;
    const uint8_t *bytes;
    unsigned fcs; /* octets of check sequence that end the packet on the wire */
    int link;
};

static inline uint16_t pcap_get16(const struct pcap_reader *r, const uint8_t *p)
{
    return (uint16_t)(r->big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static inline uint32_t pcap_get32(const struct pcap_reader *r, const uint8_t *p)
{
    uint32_t first = pcap_get16(r, p), second = pcap_get16(r, p + 2);
    return r->big ? first << 16 | second : second << 16 | first;
}

static inline size_t pcap_left(const struct pcap_reader *r)
{
    return r->len - r->at;
}

/* Takes the packet, without its check sequence, if it is Ethernet's. -1: the length is beyond all
 * bounds, or no memory. */
int pcap_take(struct pcap_reader *r, const struct pcap_packet *packet);
/* The file ends inside what begins at r->at: told as the reason in file->cut. Returns 0. */
int pcap_cut_short(struct pcap_reader *r, const char *what, uint64_t wanted);
/* What is wrong at r->at; returns -1. */
__attribute__((format(printf, 2, 3))) int pcap_damaged(struct pcap_reader *r, const char *format,
                                                       ...);

/* A file of whichever format. */
int pcap_any(struct pcap_reader *r);
/* Both read to the end: 0, or -1 with the reason. */
int pcap_classic(struct pcap_reader *r);
int pcapng(struct pcap_reader *r);

#endif
