/* Captures of any size: the file is mapped, and what was read is given back as reading goes on. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sim/record/pcap_read.h"

#define GIVE_BACK ((size_t)8 << 20)

struct scan {
    struct pcap_reader reader;
    size_t given; /* octets from the beginning, of whole pages */
    pcap_sink *sink;
    void *ctx;
};

static int pass_on(void *ctx, const struct pcap_seen *p)
{
    struct scan *s = ctx;
    if (s->reader.at - s->given >= 2 * GIVE_BACK) {
        madvise((void *)(uintptr_t)(s->reader.bytes + s->given), GIVE_BACK, MADV_DONTNEED);
        s->given += GIVE_BACK;
    }
    return s->sink(s->ctx, p);
}

/* The octets of the file; NULL with the reason. */
static const uint8_t *map(const char *path, size_t *len, struct why *why)
{
    struct stat st;
    void *bytes = MAP_FAILED;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd < 0)
        why_set(why, "%s: cannot be opened: %s", path, strerror(errno));
    else if (bytes == MAP_FAILED)
        why_set(why, "%s: not a capture: a file with something in it is wanted, no pipe or folder",
                path);
    if (fd >= 0)
        close(fd);
    if (bytes == MAP_FAILED)
        return NULL;
    *len = (size_t)st.st_size;
    madvise(bytes, *len, MADV_SEQUENTIAL);
    return bytes;
}

int pcap_scan(const char *path, pcap_sink *sink, void *ctx, struct why *cut, struct why *why)
{
    struct pcap_file file = {0};
    struct why inner = {""};
    size_t len;
    const uint8_t *bytes = map(path, &len, why);
    if (!bytes)
        return -1;
    struct scan s = {.sink = sink, .ctx = ctx};
    s.reader = (struct pcap_reader){
        .bytes = bytes, .len = len, .file = &file, .why = &inner, .sink = pass_on, .ctx = &s};
    int result = pcap_any(&s.reader);
    munmap((void *)(uintptr_t)bytes, len);
    *cut = file.cut;
    if (result != 0)
        why_set(why, "%s: %.900s", path, inner.text);
    return result;
}
