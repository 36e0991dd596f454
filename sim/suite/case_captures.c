/* --pcap: the captures of a case, as files. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "sim/record/pcapng_write.h"
#include "sim/suite/case_captures.h"

void case_not_written(struct run *r, const char *option, const char *why)
{
    static const struct place whole = {NULL, 1, 1, 0};
    verdict_fail(&r->verdict, &whole, world_now(r->world), "%s: %s", option, why);
    r->verdict.status = RUN_ERROR;
}

/* F.pcapng: all links in one file, with what is known of each frame. */
static bool is_pcapng(const char *path)
{
    size_t len = strlen(path);
    return len > 7 && strcmp(path + len - 7, ".pcapng") == 0;
}

static void write_pcapng(struct run *r, const char *path)
{
    struct why why = {{0}};
    size_t len;
    const struct verdict *v = &r->verdict;
    char rule[256] = "";
    if (v->status == RUN_FAILED)
        snprintf(rule, sizeof rule, "%.*s%s%s", (int)strcspn(v->report, "\n"), v->report,
                 v->requirements ? "; " : "", v->requirements ? v->requirement[0] : "");
    uint8_t *bytes =
        pcapng_of(&r->topology.recording, r->script->path, rule[0] ? rule : NULL, v->at_ns, &len);
    if (!bytes || file_write(path, bytes, len, &why) != 0)
        case_not_written(r, "--pcap", bytes ? why.text : "no memory for the capture");
    free(bytes);
}

/* In a folder a file for each case: its name, with strokes and blanks out of the way. */
static void pcap_name(const struct suite_case *c, const char *path, char *out, size_t room)
{
    struct stat st;
    size_t len = strlen(path);
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        snprintf(out, room, "%s", path);
        return;
    }
    snprintf(out, room, "%s%s%s.pcap", path, path[len - 1] == '/' ? "" : "/", c->run.name);
    for (char *at = out + len + (path[len - 1] != '/'); *at; at++)
        if (*at == '/' || *at == ' ')
            *at = '_';
}

static void write_pcap(struct run *r, const char *path)
{
    struct why why = {{0}};
    for (uint32_t l = 0; l < r->topology.recording.links; l++) {
        char name[4096];
        size_t len, stem = strlen(path);
        stem -= stem > 5 && strcmp(path + stem - 5, ".pcap") == 0 ? 5 : 0;
        if (r->topology.recording.links == 1)
            snprintf(name, sizeof name, "%s", path);
        else
            snprintf(name, sizeof name, "%.*s@link=%s.pcap", (int)stem, path,
                     r->topology.recording.link[l].name);
        uint8_t *bytes = capture_pcap(r->topology.recording.link[l].capture, &len);
        if (!bytes || file_write(name, bytes, len, &why) != 0)
            case_not_written(r, "--pcap", bytes ? why.text : "no memory for the capture");
        free(bytes);
    }
}

void case_captures_write(struct run *r, const struct suite_case *c, const char *path)
{
    char name[4096];
    pcap_name(c, path, name, sizeof name);
    if (is_pcapng(name))
        write_pcapng(r, name);
    else
        write_pcap(r, name);
}
