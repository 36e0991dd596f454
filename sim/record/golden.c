#include "sim/record/golden.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, DIFF_ROOM = 3000 };

static void link_path(const struct recording *r, const char *path, uint32_t link, char *out)
{
    if (r->links == 1)
        snprintf(out, PATH_ROOM, "%s.pcap", path);
    else
        snprintf(out, PATH_ROOM, "%s@link=%s.pcap", path, r->link[link].name);
}

/* --- differences --- */

static size_t say(char *text, size_t room, size_t len, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static size_t say(char *text, size_t room, size_t len, const char *format, ...)
{
    va_list args;
    if (len >= room)
        return len;
    va_start(args, format);
    int n = vsnprintf(text + len, room - len, format, args);
    va_end(args);
    return n < 0 ? len : len + (size_t)n;
}

static void say_frame(const struct layer_set *layers, const char *title, const struct pcap_frame *f,
                      char *text, size_t room, size_t *len)
{
    char packet[DIFF_ROOM], at[TIME_TEXT_BYTES];
    packet_text(layers, f->bytes, f->len, 1, packet, sizeof packet);
    *len = say(text, room, *len, "\n  %-9s %s %s", title, time_text(f->time_ns, at), packet);
}

static bool same_frame(const struct pcap_frame *a, const struct pcap_frame *b)
{
    return a->time_ns == b->time_ns && a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static void say_fields(const struct layer_set *layers, const struct pcap_frame *e,
                       const struct pcap_frame *a, char *text, size_t room, size_t *len)
{
    char fields[DIFF_ROOM], from[TIME_TEXT_BYTES], to[TIME_TEXT_BYTES];
    if (e->time_ns != a->time_ns)
        *len = say(text, room, *len, "\n  differs   time: expected %s, actual %s",
                   time_text(e->time_ns, from), time_text(a->time_ns, to));
    if (packet_compare(layers, e->bytes, e->len, a->bytes, a->len, fields, sizeof fields) > 0)
        *len = say(text, room, *len, "\n  differs   %s", fields);
}

int golden_diff(const struct layer_set *layers, const struct pcap_file *expected,
                const struct pcap_file *actual, char *text, size_t room)
{
    size_t common = expected->count < actual->count ? expected->count : actual->count, f = 0,
           len = 0;
    while (f < common && same_frame(&expected->frame[f], &actual->frame[f]))
        f++;
    if (f == expected->count && f == actual->count)
        return 0;
    if (f == common) {
        bool more = actual->count > expected->count;
        len = say(text, room, len, "frame %zu: %s (%zu frames expected, %zu came)", f + 1,
                  more ? "one too many" : "missing", expected->count, actual->count);
        say_frame(layers, more ? "actual" : "expected",
                  more ? &actual->frame[f] : &expected->frame[f], text, room, &len);
        return 1;
    }
    len = say(text, room, len, "frame %zu differs", f + 1);
    say_frame(layers, "expected", &expected->frame[f], text, room, &len);
    say_frame(layers, "actual", &actual->frame[f], text, room, &len);
    say_fields(layers, &expected->frame[f], &actual->frame[f], text, room, &len);
    return 1;
}

/* --- one link --- */

static struct pcap_file frames_of(const struct capture *c)
{
    struct pcap_file file = {.frame = calloc(c->count + 1, sizeof *file.frame), .count = c->count};
    for (uint32_t k = 0; file.frame && k < c->count; k++) {
        struct frame *f = c->record[k].frame;
        file.frame[k] = (struct pcap_frame){c->record[k].time_ns, f->len, f->len, f->bytes};
    }
    return file;
}

static enum golden_result compare_link(const struct recording *r, uint32_t link, const char *path,
                                       char *text, size_t room)
{
    char file[PATH_ROOM];
    struct pcap_file golden, actual;
    struct why why = {{0}};
    link_path(r, path, link, file);
    if (access(file, F_OK) != 0) {
        snprintf(text, room, "%s: there is no golden; `--bless` writes it when its lines pass",
                 file);
        return GOLDEN_ABSENT;
    }
    if (pcap_load(file, &golden, &why) != 0) {
        snprintf(text, room, "%s", why.text);
        return GOLDEN_UNREADABLE;
    }
    if (golden.cut.text[0]) {
        snprintf(text, room, "%s: %s", file, golden.cut.text);
        pcap_unload(&golden);
        return GOLDEN_UNREADABLE;
    }
    actual = frames_of(r->link[link].capture);
    int len = snprintf(text, room, "%s: ", file);
    int differs = golden_diff(r->layers, &golden, &actual, text + len, room - (size_t)len);
    free(actual.frame);
    pcap_unload(&golden);
    return differs ? GOLDEN_DIFFERS : GOLDEN_SAME;
}

/* --- fingerprints --- */

static void fingerprint_line(const struct recording *r, char line[128])
{
    struct fingerprint w, t;
    char wt[33], tt[33];
    recording_fingerprints(r, &w, &t);
    fingerprint_text(&w, wt);
    fingerprint_text(&t, tt);
    snprintf(line, 128, "W %s T %s\n", wt, tt);
}

static enum golden_result compare_fingerprint(const struct recording *r, const char *path,
                                              char *text, size_t room)
{
    char file[PATH_ROOM], line[128], kept[128] = "";
    snprintf(file, sizeof file, "%s.fingerprint", path);
    FILE *f = fopen(file, "r");
    if (!f) {
        snprintf(text, room, "%s: there is no golden; `--bless` writes it when its lines pass",
                 file);
        return GOLDEN_ABSENT;
    }
    bool read = fgets(kept, sizeof kept, f) != NULL;
    fclose(f);
    fingerprint_line(r, line);
    if (read && strcmp(line, kept) == 0)
        return GOLDEN_SAME;
    snprintf(text, room, "%s: expected %s  actual %s", file, kept, line);
    return GOLDEN_DIFFERS;
}

/* --- versions of foreign hosts' libraries --- */

static void versions_path(const char *path, char *out)
{
    snprintf(out, PATH_ROOM, "%s.versions", path);
}

static bool versions_agree(const char *versions, const char *path, char *text, size_t room)
{
    char file[PATH_ROOM], here[512], kept[512] = "";
    if (!versions[0])
        return true;
    snprintf(here, sizeof here, "%s", versions);
    versions_path(path, file);
    FILE *f = fopen(file, "r");
    if (!f)
        return true; /* the golden is new, or absent: compare_link says so */
    size_t len = fread(kept, 1, sizeof kept - 1, f);
    kept[len] = 0;
    fclose(f);
    here[strcspn(here, "\n")] = kept[strcspn(kept, "\n")] = 0;
    if (strcmp(kept, here) == 0)
        return true;
    snprintf(text, room, "%s: the golden was made with %s, here is %s", path, kept, here);
    return false;
}

enum golden_result golden_compare(const struct golden_subject *s, const char *path, char *text,
                                  size_t room)
{
    if (!versions_agree(s->versions, path, text, room))
        return GOLDEN_OTHER_VERSION;
    if (s->fingerprint)
        return compare_fingerprint(s->recording, path, text, room);
    for (uint32_t l = 0; l < s->recording->links; l++) {
        enum golden_result got = compare_link(s->recording, l, path, text, room);
        if (got != GOLDEN_SAME)
            return got;
    }
    text[0] = 0;
    return GOLDEN_SAME;
}

/* --- writing --- */

static int make_folders(const char *path, struct why *why)
{
    char folder[PATH_ROOM];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
            why_set(why, "%s: %s", folder, strerror(errno));
            return -1;
        }
        *slash = '/';
    }
    return 0;
}

static int write_links(const struct recording *r, const char *path, struct why *why)
{
    char file[PATH_ROOM], text[DIFF_ROOM];
    for (uint32_t l = 0; l < r->links; l++) {
        if (compare_link(r, l, path, text, sizeof text) == GOLDEN_SAME)
            continue;
        size_t len;
        uint8_t *bytes = capture_pcap(r->link[l].capture, &len);
        link_path(r, path, l, file);
        int got = bytes ? file_write(file, bytes, len, why) : -1;
        free(bytes);
        if (got != 0) {
            why_set(why, "%s: could not be written", file);
            return -1;
        }
    }
    return 0;
}

int golden_write(const struct golden_subject *s, const char *path, struct why *why)
{
    char file[PATH_ROOM], line[128];
    if (make_folders(path, why) != 0)
        return -1;
    versions_path(path, file);
    if (s->versions[0] && file_write(file, s->versions, strlen(s->versions), why) != 0)
        return -1;
    if (!s->fingerprint)
        return write_links(s->recording, path, why);
    fingerprint_line(s->recording, line);
    snprintf(file, sizeof file, "%s.fingerprint", path);
    return file_write(file, line, strlen(line), why);
}
