/*
 * Loading a plug-in. The program exports nothing, so that a user's function of the same name as one
 * of ours (udp_input, say) is not replaced by it; a plug-in needs nothing from us but the headers.
 */
#include "sim/hosts/sut_plugin.h"
#include "sim/hosts/sanitized.h"

#include <dlfcn.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, LOAD_SECONDS = 10 };

/* Without a slash the loader would search the system's folders. */
static const char *as_path(const char *path, char out[PATH_ROOM])
{
    snprintf(out, PATH_ROOM, "%s%s", strchr(path, '/') ? "" : "./", path);
    return out;
}

/* What was loaded stays; the list is there so that a leak checker finds it. */
void *plugin_memory(size_t size)
{
    static struct loaded {
        _Alignas(max_align_t) struct loaded *next;
    } * all;
    struct loaded *l = calloc(1, sizeof *l + size);
    if (!l)
        return NULL;
    l->next = all;
    all = l;
    return l + 1;
}

/* What runs while an object is loaded is its own: a crash or a hang there must not be ours. So it
 * is tried in a child first. */
static bool loads(const char *path, const char *full, struct why *why)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(LOAD_SECONDS);
        (void)!dlopen(full, RTLD_NOW | RTLD_LOCAL);
        _exit(0);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFSIGNALED(status))
        why_set(why, "%s cannot be loaded: its constructors end in \"%s\"", path,
                strsignal(WTERMSIG(status)));
    else
        why_set(why, "%s cannot be loaded: its constructors exit with status %d", path,
                WEXITSTATUS(status));
    return false;
}

void *plugin_symbol(const char *path, const char *symbol, const char *what, struct why *why)
{
    char full[PATH_ROOM];
    if (sanitized_prepare(as_path(path, full), why) != 0 || !loads(path, full, why))
        return NULL;
    void *object = dlopen(full, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        const char *reason = dlerror();
        size_t len = strlen(full);
        if (reason && strncmp(reason, full, len) == 0 && reason[len] == ':')
            reason += len + 1 + (reason[len + 1] == ' ');
        why_set(why, "%s cannot be loaded: %s%s", path, reason ? reason : "no reason given",
                reason && strstr(reason, "ELF")
                    ? ": it is no shared object, such as `cc -shared -fPIC` makes for this machine"
                    : "");
        return NULL;
    }
    void *found = dlsym(object, symbol);
    if (!found) {
        why_set(why, "%s exports no symbol \"%s\"; a plug-in has %s", path, symbol, what);
        dlclose(object);
    }
    return found;
}

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

/* The first version ends before `lacks`: a copy, of what no stack need have. NULL: no memory. */
static const struct sut *as_newest(const struct sut *s)
{
    if (s->abi == SUT_ABI)
        return s;
    struct sut *copy = plugin_memory(sizeof *copy);
    if (!copy)
        return NULL;
    memcpy(copy, s, offsetof(struct sut, lacks));
    copy->lacks = "dhcp udp-echo";
    return copy;
}

const struct sut *sut_plugin(const char *path, struct why *why)
{
    struct why local = {{0}};
    const struct sut *s = plugin_symbol(
        path, "wiredrill_sut", "`const struct sut wiredrill_sut`, see examples/stack", &local);
    if (!s || check(s, path, &local) != 0) {
        why_set(why, "%s", local.text);
        return NULL;
    }
    const struct sut *newest = as_newest(s),
                     *known = newest && s->flags & SUT_BLOCKS ? sut_blocking(newest) : newest;
    /* The red zones between a sanitized object's variables are not to be read. */
    if (known && !(s->flags & SUT_SINGLETON) && !is_sanitized(path))
        sut_statics_watch(s, known);
    return known;
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
