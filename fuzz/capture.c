/*
 * Any bytes as a capture: it is read or refused with a sentence; what was read is within the file,
 * and written and read again it is the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record/capture.h"
#include "sim/record/pcap_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void stop(const char *what, size_t frame)
{
    fprintf(stderr, "frame %zu: %s\n", frame, what);
    __builtin_trap();
}

static uint8_t *write_all(const struct pcap_file *file, size_t *len)
{
    struct pcap_writer writer;
    if (!pcap_writer_open(&writer))
        stop("no memory", 0);
    for (size_t f = 0; f < file->count; f++)
        pcap_writer_add(&writer, file->frame[f].time_ns, file->frame[f].bytes, file->frame[f].len,
                        file->frame[f].original_len);
    return pcap_writer_close(&writer, len);
}

/* The classic format has seconds from 0 to 2^32 - 1. */
static bool same(const struct pcap_frame *a, const struct pcap_frame *b)
{
    bool expressible = a->time_ns >= 0 && a->time_ns / 1000000000 <= UINT32_MAX;
    return a->len == b->len && a->original_len == b->original_len &&
           memcmp(a->bytes, b->bytes, a->len) == 0 && (!expressible || a->time_ns == b->time_ns);
}

static void check_round_trip(const struct pcap_file *file)
{
    struct pcap_file again;
    struct why why = {""};
    size_t len = 0;
    uint8_t *bytes = write_all(file, &len);
    if (!bytes || pcap_parse(bytes, len, &again, &why) != 0 || again.count != file->count ||
        again.cut.text[0])
        stop("what was written is not read", 0);
    for (size_t f = 0; f < file->count; f++)
        if (!same(&file->frame[f], &again.frame[f]))
            stop("is another one when it is read again", f);
    pcap_unload(&again);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pcap_file file;
    struct why why = {""};
    size_t octets = 0;
    if (pcap_parse(data, size, &file, &why) != 0) {
        if (!why.text[0] || file.count || file.frame)
            stop("refused without a reason, or with frames", 0);
        return 0;
    }
    for (size_t f = 0; f < file.count; f++) {
        octets += file.frame[f].len;
        if (file.frame[f].len > file.frame[f].original_len)
            stop("more octets than there were", f);
    }
    if (octets > size)
        stop("more octets than the file has", file.count);
    check_round_trip(&file);
    pcap_unload(&file);
    return 0;
}
