/* Captures as files, by libpcap. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sim/record/capture.h"
#include "sim/record/pcap_bytes.h"

enum {
    SNAPLEN = 262144, /* what libpcap itself calls the most */
    SECOND = 1000000000,
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
};

/* --- writing --- */

bool pcap_writer_open(struct pcap_writer *w)
{
    memset(w, 0, sizeof *w);
    FILE *memory = open_memstream(&w->bytes, &w->len);
    if (!memory)
        return false;
    w->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPLEN, PCAP_TSTAMP_PRECISION_NANO);
    w->dumper = w->pcap ? pcap_dump_fopen(w->pcap, memory) : NULL;
    if (w->dumper)
        return true;
    if (w->pcap)
        pcap_close(w->pcap);
    fclose(memory);
    free(w->bytes);
    return false;
}

void pcap_writer_add(struct pcap_writer *w, int64_t time_ns, const uint8_t *bytes, uint32_t len,
                     uint32_t original_len)
{
    struct pcap_pkthdr header = {.caplen = len, .len = original_len};
    header.ts.tv_sec = time_ns / SECOND;
    header.ts.tv_usec = time_ns % SECOND; /* of nanoseconds, by the precision asked for */
    pcap_dump((u_char *)w->dumper, &header, bytes);
}

/* libpcap writes in the host's order; a golden has one order everywhere. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static void swap(uint8_t *p, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t byte = p[i];
        p[i] = p[size - 1 - i];
        p[size - 1 - i] = byte;
    }
}

static void make_little_endian(uint8_t *p, size_t len)
{
    static const uint8_t field[] = {4, 2, 2, 4, 4, 4, 4};
    uint8_t *end = p + len;
    for (size_t i = 0; i < sizeof field; p += field[i++])
        swap(p, field[i]);
    while (p < end) {
        uint32_t bytes;
        memcpy(&bytes, p + 8, sizeof bytes);
        for (int i = 0; i < RECORD_HEADER; i += 4)
            swap(p + i, 4);
        p += RECORD_HEADER + bytes;
    }
}
#else
static void make_little_endian(uint8_t *p, size_t len)
{
    (void)p;
    (void)len;
}
#endif

uint8_t *pcap_writer_close(struct pcap_writer *w, size_t *len)
{
    int error = ferror(pcap_dump_file(w->dumper)) || pcap_dump_flush(w->dumper);
    pcap_dump_close(w->dumper);
    pcap_close(w->pcap);
    if (error || w->len < FILE_HEADER) {
        free(w->bytes);
        return NULL;
    }
    *len = w->len;
    make_little_endian((uint8_t *)w->bytes, w->len);
    return (uint8_t *)w->bytes;
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* mkstemp gives 0600; a golden is read by others as any file is. */
static bool open_mode(int fd)
{
    mode_t mask = umask(0);
    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

/* A device or a pipe is written to, never replaced by a file of its name: -1 when path is neither.
 */
static int open_strange(const char *path)
{
    struct stat st;
    bool strange = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
    return strange ? open(path, O_WRONLY) : -1;
}

static int write_strange(int fd, const char *path, const void *bytes, size_t len, struct why *why)
{
    bool ok = write_all(fd, bytes, len);
    int error = errno;
    if (close(fd) == 0 && ok)
        return 0;
    why_set(why, "%s: cannot be written: %s", path, strerror(error));
    return -1;
}

int file_write(const char *path, const void *bytes, size_t len, struct why *why)
{
    char temporary[4096];
    int strange = open_strange(path);
    if (strange >= 0)
        return write_strange(strange, path, bytes, len, why);
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary) {
        why_set(why, "%s: the name is longer than %zu bytes", path, sizeof temporary - 8);
        return -1;
    }
    int fd = mkstemp(temporary);
    if (fd < 0) {
        why_set(why, "%s: cannot be written: %s", path, strerror(errno));
        return -1;
    }
    bool ok = write_all(fd, bytes, len) && open_mode(fd);
    int error = ok ? 0 : errno;
    if (close(fd) != 0 && !error)
        error = errno;
    if (!error && rename(temporary, path) == 0)
        return 0;
    error = error ? error : errno;
    unlink(temporary);
    why_set(why, "%s: cannot be written: %s", path, strerror(error));
    return -1;
}

int pcap_save(const char *path, const struct pcap_frame *frames, size_t count, struct why *why)
{
    struct pcap_writer writer;
    size_t len = 0;
    uint8_t *bytes = NULL;
    if (pcap_writer_open(&writer)) {
        for (size_t i = 0; i < count; i++)
            pcap_writer_add(&writer, frames[i].time_ns, frames[i].bytes, frames[i].len,
                            frames[i].original_len);
        bytes = pcap_writer_close(&writer, &len);
    }
    if (!bytes) {
        why_set(why, "%s: no memory for %zu frames", path, count);
        return -1;
    }
    int result = file_write(path, bytes, len, why);
    free(bytes);
    return result;
}

/* --- reading --- */

static struct pcap_frame *next_slot(struct pcap_file *file, size_t *room)
{
    if (file->count == *room) {
        size_t more = *room ? *room * 2 : 64;
        struct pcap_frame *frame = realloc(file->frame, more * sizeof *frame);
        if (!frame)
            return NULL;
        file->frame = frame;
        *room = more;
    }
    return &file->frame[file->count];
}

static int add(struct pcap_file *file, size_t *room, const struct pcap_pkthdr *header,
               const u_char *bytes, struct why *why)
{
    int64_t ns;
    if (__builtin_mul_overflow((int64_t)header->ts.tv_sec, (int64_t)SECOND, &ns) ||
        __builtin_add_overflow(ns, (int64_t)header->ts.tv_usec, &ns)) {
        why_set(why, "the time of frame %zu is not within 292 years of 1970", file->count + 1);
        return -1;
    }
    struct pcap_frame *frame = next_slot(file, room);
    uint8_t *copy = frame ? malloc(header->caplen ? header->caplen : 1) : NULL;
    if (!copy) {
        why_set(why, "no memory for frame %zu", file->count + 1);
        return -1;
    }
    memcpy(copy, bytes, header->caplen);
    *frame = (struct pcap_frame){ns, header->caplen, header->len, copy};
    file->count++;
    return 0;
}

static int read_frames(pcap_t *pcap, struct pcap_file *out, struct why *why)
{
    size_t room = 0;
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int got;
    while ((got = pcap_next_ex(pcap, &header, &bytes)) == 1)
        if (add(out, &room, header, bytes, why) != 0)
            return -1;
    if (got == PCAP_ERROR_BREAK) /* the end of the file */
        return 0;
    why_set(why, "frame %zu cannot be read: %s", out->count + 1, pcap_geterr(pcap));
    return -1;
}

static int load(pcap_t *pcap, struct pcap_file *out, struct why *why)
{
    int type = pcap_datalink(pcap);
    if (type == DLT_EN10MB)
        return read_frames(pcap, out, why);
    const char *name = pcap_datalink_val_to_name(type);
    why_set(why, "its link type is %s (%d), only Ethernet captures (EN10MB, 1) can be read",
            name ? name : "unknown", type);
    return -1;
}

int pcap_load(const char *path, struct pcap_file *out, struct why *why)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    struct why inner = {""};
    memset(out, 0, sizeof *out);
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        why_set(why, "%s: cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    pcap_t *pcap =
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, error);
    if (!pcap) {
        fclose(stream);
        why_set(why, "%s: not a capture: %s; a pcap or pcapng file is wanted", path, error);
        return -1;
    }
    int result = load(pcap, out, &inner);
    pcap_close(pcap);
    if (result != 0) {
        why_set(why, "%s: %.900s", path, inner.text);
        pcap_unload(out);
    }
    return result;
}

void pcap_unload(struct pcap_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        free(file->frame[i].bytes);
    free(file->frame);
    memset(file, 0, sizeof *file);
}
