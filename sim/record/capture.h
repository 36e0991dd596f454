/*
 * Captures: frames as they entered a link, held by reference until a ladder or --pcap wants them:
 * all of them, or the newest up to a bound, so that a long run stays in the memory of a short one.
 * What they are to be is compared as they enter. Written as pcap at nanosecond resolution, link
 * type Ethernet, byte order fixed little-endian.
 */
#ifndef SIM_RECORD_CAPTURE_H
#define SIM_RECORD_CAPTURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "sim/wire/link.h"
#include "sim/base/why.h"

struct capture_record {
    int64_t time_ns;
    struct frame *frame;
    int port;              /* where it entered */
    enum link_event event; /* LINK_SENT, or what the link did to it */
    int line;              /* of the fault's script line, 0: none */
    int script_line; /* of the line that injected or expected it, 0: none; set by the engine */
};

struct pcap_file;
#define CAPTURE_SAME UINT32_MAX

struct capture {
    struct world *world;
    struct link *link;
    uint32_t count;                /* of frames that entered, from 0 on */
    uint32_t first;                /* the oldest that is still kept */
    struct capture_record *record; /* a ring in the arena */
    uint32_t room;
    size_t kept, bound; /* octets, the records' own included; bound 0: all are kept */
    /* what the frames are to be, NULL: nobody says */
    const struct pcap_file *expected;
    uint32_t differs;    /* the first that is another one; CAPTURE_SAME: none so far */
    struct frame *other; /* that frame, and its time */
    int64_t other_ns;
};

/* Starts watching `l` (link_watch). */
struct capture *capture_new(struct world *w, struct link *l);
/* The tap that it watches with: whoever watches the link instead passes every frame on to it (ctx
 * is the capture). */
link_tap capture_tap;

/* Keeps the newest `octets` of frames and at least one, from now on; 0: all. */
void capture_bound(struct capture *c, size_t octets);
/* From now on each frame is compared with the one of its number; those that came already are so
 * here, and must still be kept. `expected` outlives the capture. */
void capture_expect(struct capture *c, const struct pcap_file *expected);
/* The record of the kth frame; NULL when it is not kept any more. */
struct capture_record *capture_at(const struct capture *c, uint32_t k);

/* The frames that are kept, as the bytes of a file in malloc'ed memory. */
uint8_t *capture_pcap(const struct capture *c, size_t *len);

/* Writes by way of a temporary file in the same folder and a rename: nothing is left half-written.
 */
int file_write(const char *path, const void *bytes, size_t len, struct why *why);

/* The Ethernet frames of a pcap or pcapng file, check sequences taken off. All in malloc'ed memory.
 */
struct pcap_frame {
    int64_t time_ns;            /* since 1970, or as the writer counted */
    uint32_t len, original_len; /* captured bytes, bytes on the wire: fewer were captured when the
                                   capture itself cut the frame */
    uint8_t *bytes;
};
struct pcap_file {
    struct pcap_frame *frame;
    size_t count;
    size_t other_links; /* frames of interfaces that are not Ethernet's, which are left out */
    struct why cut;     /* where the file ends inside a record, "" when it does not */
};
/* -1 with "FILE: what is wrong, what would be right" (cannot be opened, damaged at octet N, link
 * type X is not Ethernet). A file that ends inside its last record is read: see `cut`. */
int pcap_load(const char *path, struct pcap_file *out, struct why *why);
/* The same of a file's octets; the reason does not name the file. */
int pcap_parse(const uint8_t *bytes, size_t len, struct pcap_file *out, struct why *why);
/* A packet of a file that is read without being kept. */
struct pcap_seen {
    uint64_t number; /* from 1 */
    int64_t time_ns;
    const uint8_t *bytes; /* valid until the sink returns */
    uint32_t len, original_len;
    int link; /* LINKTYPE_... of tcpdump.org */
};
/* Returns 0, or -1 to read no further. */
typedef int pcap_sink(void *ctx, const struct pcap_seen *p);
/* Reads a file of any size in little memory, packet after packet, those of all link types. -1 with
 * the reason; *cut as in struct pcap_file. */
int pcap_scan(const char *path, pcap_sink *sink, void *ctx, struct why *cut, struct why *why);
int pcap_save(const char *path, const struct pcap_frame *frames, size_t count, struct why *why);
void pcap_unload(struct pcap_file *file);

/* A file that is written frame by frame, as they come; closed by fclose. NULL with the reason. */
FILE *pcap_stream_open(const char *path, struct why *why);
void pcap_stream_add(FILE *out, int64_t time_ns, const uint8_t *bytes, uint32_t len);

#endif
