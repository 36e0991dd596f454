/* Stacks in shared objects. */
#include "sim/hosts/sut_plugin.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "sim/hosts/plugin_object.h"
#include "sim/hosts/sanitized.h"

enum { PATH_ROOM = 4096 };

/* A stack as the program knows it: a copy of what the object says, which is told anew when that is
 * loaded anew. */
struct plugged_in {
    struct sut sut; /* first */
    struct plugin_object *object;
    const struct sut *known; /* itself, or what its calls that block stand behind */
    bool watched;
};

bool sut_is_file(const char *name)
{
    size_t len = strlen(name);
    return strchr(name, '/') || (len > 3 && strcmp(name + len - 3, ".so") == 0);
}

static int check(const struct sut *s, const char *path, struct why *why)
{
    const char *missing = !s->name     ? "name"
                          : !s->open   ? "open"
                          : !s->attach ? "attach"
                          : !s->poll   ? "poll"
                          : !s->call   ? "call"
                          : !s->close  ? "close"
                                       : NULL;
    if (s->flags & SUT_FRAMES && !s->input && !missing)
        missing = "input";
    if (s->abi < SUT_ABI_FIRST || s->abi > SUT_ABI)
        why_set(why,
                "%s was built for version %u of sim/hosts/sut.h, this program has version %u: "
                "build it again",
                path, s->abi, SUT_ABI);
    else if (!(s->flags & SUT_FRAMES) == !(s->flags & SUT_BUS))
        why_set(why,
                "%s: its flags have one of SUT_FRAMES (it takes whole frames) and SUT_BUS (it "
                "drives a NIC)",
                path);
    else if (missing)
        why_set(why, "%s: wiredrill_sut.%s is NULL, it must be there", path, missing);
    return why->text[0] ? -1 : 0;
}

/* The first version ends before `lacks`. */
static void take_over(struct plugged_in *p, const struct sut *s)
{
    memcpy(&p->sut, s, s->abi == SUT_ABI ? sizeof *s : offsetof(struct sut, lacks));
    if (s->abi != SUT_ABI)
        p->sut.lacks = "dhcp udp-echo";
}

/* What was told of them points into the object, which may come to lie elsewhere. */
static void keep_texts(struct sut *s)
{
    s->name = plugin_text(s->name);
    s->version = plugin_text(s->version);
    s->nic = plugin_text(s->nic);
    s->lacks = plugin_text(s->lacks);
}

static const struct sut *symbol_of(struct plugin_object *o, struct why *why)
{
    return plugin_find(o, "wiredrill_sut", "`const struct sut wiredrill_sut`, see examples/stack",
                       why);
}

static bool load_again(void *ctx)
{
    struct plugged_in *p = ctx;
    const struct sut before = p->sut;
    struct why why = {{0}};
    bool renewed = plugin_renew(p->object);
    const struct sut *s = symbol_of(p->object, &why);
    take_over(p, s);
    p->sut.name = before.name;
    p->sut.version = before.version;
    p->sut.nic = before.nic;
    p->sut.lacks = before.lacks;
    if (p->watched && renewed)
        sut_statics_watch(p->known, s);
    return renewed;
}

const struct sut *sut_plugin(const char *path, struct why *why)
{
    struct why local = {{0}};
    struct plugin_object *object = plugin_open(path, &local);
    const struct sut *s = object ? symbol_of(object, &local) : NULL;
    struct plugged_in *p = NULL;
    if (!s || check(s, path, &local) != 0 || !(p = plugin_memory(sizeof *p))) {
        why_set(why, "%s", local.text);
        return NULL;
    }
    take_over(p, s);
    keep_texts(&p->sut);
    p->object = object;
    p->known = s->flags & SUT_BLOCKS ? sut_blocking(&p->sut) : &p->sut;
    /* The red zones between a sanitized object's variables are not to be read. */
    p->watched = !(s->flags & SUT_SINGLETON) && !is_sanitized(path);
    if (!p->known)
        return NULL;
    sut_statics_know(p->known, load_again, p);
    if (p->watched)
        sut_statics_watch(p->known, s);
    return p->known;
}

const struct sut *sut_plugin_beside(const char *file, struct why *why)
{
    static const char *const folders[] = {"", "../lib/wiredrill/"};
    char program[PATH_ROOM], path[PATH_ROOM + 64];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    program[len > 0 ? len : 0] = 0;
    char *slash = strrchr(program, '/');
    if (slash)
        slash[1] = 0;
    for (size_t f = 0; f < sizeof folders / sizeof folders[0]; f++) {
        snprintf(path, sizeof path, "%s%s%s", program, folders[f], file);
        if (access(path, F_OK) == 0)
            return sut_plugin(path, why);
    }
    why_set(why,
            "%s lies neither beside the program nor in ../lib/wiredrill: `make` builds it where "
            "liblwip-dev is installed",
            file);
    return NULL;
}
