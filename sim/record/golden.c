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

/* The difference of two captures, which is at frame f; NULL: there is none of that number. */
static void say_difference(const struct layer_set *layers, size_t f, const struct pcap_frame *e,
                           const struct pcap_frame *a, const size_t counts[2], char *text,
                           size_t room)
{
    size_t len;
    if (e && a) {
        len = say(text, room, 0, "frame %zu differs", f + 1);
        say_frame(layers, "expected", e, text, room, &len);
        say_frame(layers, "actual", a, text, room, &len);
        say_fields(layers, e, a, text, room, &len);
        return;
    }
    len = say(text, room, 0, "frame %zu: %s (%zu frames expected, %zu came)", f + 1,
              a ? "one too many" : "missing", counts[0], counts[1]);
    say_frame(layers, a ? "actual" : "expected", a ? a : e, text, room, &len);
}

int golden_diff(const struct layer_set *layers, const struct pcap_file *expected,
                const struct pcap_file *actual, char *text, size_t room)
{
    const size_t counts[2] = {expected->count, actual->count};
    size_t f = 0;
    while (f < counts[0] && f < counts[1] && same_frame(&expected->frame[f], &actual->frame[f]))
        f++;
    if (f == counts[0] && f == counts[1])
        return 0;
    say_difference(layers, f, f < counts[0] ? &expected->frame[f] : NULL,
                   f < counts[1] ? &actual->frame[f] : NULL, counts, text, room);
    return 1;
}

/* --- one link --- */

struct golden_link {
    enum golden_result opened; /* GOLDEN_SAME: it can be compared */
    struct why why;
    struct pcap_file file;
};

struct golden {
    const struct golden_subject *subject;
    const char *path;
    struct golden_link *link;
    uint32_t links;
};

static void open_link(const struct golden *g, uint32_t l)
{
    char file[PATH_ROOM];
    struct golden_link *link = &g->link[l];
    link_path(g->subject->recording, g->path, l, file);
    if (access(file, F_OK) != 0) {
        link->opened = GOLDEN_ABSENT;
        why_set(&link->why, "%s: there is no golden; `--bless` writes it when its lines pass",
                file);
    } else if (pcap_load(file, &link->file, &link->why) != 0) {
        link->opened = GOLDEN_UNREADABLE;
    } else if (link->file.cut.text[0]) {
        link->opened = GOLDEN_UNREADABLE;
        why_set(&link->why, "%s: %s", file, link->file.cut.text);
    } else {
        link->opened = GOLDEN_SAME;
        capture_expect(g->subject->recording->link[l].capture, &link->file);
    }
}

static enum golden_result compare_link(const struct golden *g, uint32_t l, char *text, size_t room)
{
    char file[PATH_ROOM];
    const struct golden_link *link = &g->link[l];
    const struct recording *r = g->subject->recording;
    const struct capture *c = r->link[l].capture;
    const size_t counts[2] = {link->file.count, c->count};
    if (link->opened != GOLDEN_SAME) {
        snprintf(text, room, "%s", link->why.text);
        return link->opened;
    }
    bool other = c->differs != CAPTURE_SAME;
    size_t at = other ? c->differs : c->count;
    if (!other && at == link->file.count)
        return GOLDEN_SAME;
    link_path(r, g->path, l, file);
    int len = snprintf(text, room, "%s: ", file);
    struct pcap_frame actual = {0};
    if (other)
        actual = (struct pcap_frame){c->other_ns, c->other->len, c->other->len, c->other->bytes};
    say_difference(r->layers, at, at < link->file.count ? &link->file.frame[at] : NULL,
                   other ? &actual : NULL, counts, text + len, room - (size_t)len);
    return GOLDEN_DIFFERS;
}

struct golden *golden_open(const struct golden_subject *s, const char *path)
{
    struct golden *g = calloc(1, sizeof *g);
    if (g)
        *g = (struct golden){s, path, calloc(s->recording->links + 1, sizeof *g->link),
                             s->recording->links};
    if (!g || !g->link) {
        free(g);
        return NULL;
    }
    for (uint32_t l = 0; l < s->recording->links && !s->fingerprint; l++)
        open_link(g, l);
    return g;
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

enum golden_result golden_compare(const struct golden *g, char *text, size_t room)
{
    const struct golden_subject *s = g->subject;
    if (!versions_agree(s->versions, g->path, text, room))
        return GOLDEN_OTHER_VERSION;
    if (s->fingerprint)
        return compare_fingerprint(s->recording, g->path, text, room);
    for (uint32_t l = 0; l < s->recording->links; l++) {
        enum golden_result got = compare_link(g, l, text, room);
        if (got != GOLDEN_SAME)
            return got;
    }
    text[0] = 0;
    return GOLDEN_SAME;
}

void golden_close(struct golden *g)
{
    if (!g)
        return;
    for (uint32_t l = 0; l < g->links; l++)
        pcap_unload(&g->link[l].file);
    free(g->link);
    free(g);
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

static int write_links(const struct golden_subject *s, const char *path, struct why *why)
{
    const struct recording *r = s->recording;
    char file[PATH_ROOM], text[DIFF_ROOM];
    struct golden *old = golden_open(s, path);
    for (uint32_t l = 0; l < r->links; l++) {
        if (old && compare_link(old, l, text, sizeof text) == GOLDEN_SAME)
            continue;
        size_t len;
        uint8_t *bytes = capture_pcap(r->link[l].capture, &len);
        link_path(r, path, l, file);
        int got = bytes ? file_write(file, bytes, len, why) : -1;
        free(bytes);
        if (got != 0) {
            why_set(why, "%s: could not be written", file);
            break;
        }
    }
    for (uint32_t l = 0; l < r->links; l++)
        r->link[l].capture->expected = NULL;
    golden_close(old);
    return why->text[0] ? -1 : 0;
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
        return write_links(s, path, why);
    fingerprint_line(s->recording, line);
    snprintf(file, sizeof file, "%s.fingerprint", path);
    return file_write(file, line, strlen(line), why);
}
