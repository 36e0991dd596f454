/* Captures as files: the classic format, nanoseconds, little-endian on any machine. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sim/base/fd.h"
#include "sim/record/capture.h"
#include "sim/record/pcap_write.h"

#define NANOSECONDS 0xa1b23c4dU

enum {
    SNAPLEN = 262144, /* the most that readers accept */
    ETHERNET = 1,     /* LINKTYPE_ETHERNET */
    SECOND = 1000000000,
};

/* --- writing --- */

static void put32(FILE *out, uint32_t value)
{
    for (int shift = 0; shift < 32; shift += 8)
        fputc((int)(value >> shift & 0xff), out);
}

static void put_header(FILE *out)
{
    static const uint32_t header[] = {NANOSECONDS, 4u << 16 | 2 /* version 2.4 */, 0, 0, SNAPLEN,
                                      ETHERNET};
    for (size_t i = 0; i < sizeof header / sizeof header[0]; i++)
        put32(out, header[i]);
}

bool pcap_writer_open(struct pcap_writer *w)
{
    memset(w, 0, sizeof *w);
    w->memory = open_memstream(&w->bytes, &w->len);
    if (w->memory)
        put_header(w->memory);
    return w->memory != NULL;
}

FILE *pcap_stream_open(const char *path, struct why *why)
{
    FILE *out = fopen(path, "wb");
    if (out)
        put_header(out);
    else
        why_set(why, "%s: cannot be written: %s", path, strerror(errno));
    return out;
}

void pcap_stream_add(FILE *out, int64_t time_ns, const uint8_t *bytes, uint32_t len)
{
    struct pcap_writer w = {.memory = out};
    pcap_writer_add(&w, time_ns, bytes, len, len);
}

void pcap_writer_add(struct pcap_writer *w, int64_t time_ns, const uint8_t *bytes, uint32_t len,
                     uint32_t original_len)
{
    put32(w->memory, (uint32_t)(time_ns / SECOND));
    put32(w->memory, (uint32_t)(time_ns % SECOND));
    put32(w->memory, len);
    put32(w->memory, original_len);
    fwrite(bytes, 1, len, w->memory);
}

uint8_t *pcap_writer_close(struct pcap_writer *w, size_t *len)
{
    int error = ferror(w->memory);
    error |= fclose(w->memory);
    if (error) {
        free(w->bytes);
        return NULL;
    }
    *len = w->len;
    return (uint8_t *)w->bytes;
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
    bool ok = fd_write_all(fd, bytes, len);
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
    bool ok = fd_write_all(fd, bytes, len) && open_mode(fd);
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
