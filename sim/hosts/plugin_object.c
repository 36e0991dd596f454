/*
 * The program exports nothing, so that a user's function of the same name as one of ours
 * (udp_input, say) is not replaced by it; a plug-in needs nothing from us but the headers.
 */
#include "sim/hosts/plugin_object.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sim/hosts/sanitized.h"

/* A leak checker takes what an unloaded object's variables held for lost. */
#if defined(__SANITIZE_ADDRESS__)
#define CAN_RENEW false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CAN_RENEW false
#endif
#endif
#ifndef CAN_RENEW
#define CAN_RENEW true
#endif

enum {
    LOAD_SECONDS = 10,
    RENEWALS = 64, /* what an object never frees is let go with its process */
};

struct plugin_object {
    void *handle;
    struct stat file; /* when it was loaded */
    unsigned renewals;
    bool renewable;
    const char *path; /* as it was named */
    char full[];      /* with a slash: without one the loader would search the system's folders */
};

/* The list is there so that a leak checker finds it. */
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

char *plugin_text(const char *text)
{
    char *copy = text ? plugin_memory(strlen(text) + 1) : NULL;
    return copy ? strcpy(copy, text) : NULL;
}

/* What runs while an object is loaded is its own: a crash or a hang there must not be ours. So it
 * is tried in a child first. */
static bool loads(const struct plugin_object *o, struct why *why)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(LOAD_SECONDS);
        (void)!dlopen(o->full, RTLD_NOW | RTLD_LOCAL);
        _exit(0);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFSIGNALED(status))
        why_set(why, "%s cannot be loaded: its constructors end in \"%s\"", o->path,
                strsignal(WTERMSIG(status)));
    else
        why_set(why, "%s cannot be loaded: its constructors exit with status %d", o->path,
                WEXITSTATUS(status));
    return false;
}

static void say_error(const struct plugin_object *o, struct why *why)
{
    const char *reason = dlerror();
    size_t len = strlen(o->full);
    if (reason && strncmp(reason, o->full, len) == 0 && reason[len] == ':')
        reason += len + 1 + (reason[len + 1] == ' ');
    why_set(why, "%s cannot be loaded: %s%s", o->path, reason ? reason : "no reason given",
            reason && strstr(reason, "ELF")
                ? ": it is no shared object, such as `cc -shared -fPIC` makes for this machine"
                : "");
}

struct plugin_object *plugin_open(const char *path, struct why *why)
{
    const char *folder = strchr(path, '/') ? "" : "./";
    struct plugin_object *o = plugin_memory(sizeof *o + strlen(folder) + strlen(path) + 1);
    if (!o) {
        why_set(why, "no memory for %s", path);
        return NULL;
    }
    strcpy(o->full, folder);
    strcat(o->full, path);
    o->path = o->full + strlen(folder);
    if (sanitized_prepare(o->full, why) != 0 || !loads(o, why))
        return NULL;
    o->handle = dlopen(o->full, RTLD_NOW | RTLD_LOCAL);
    if (!o->handle)
        say_error(o, why);
    o->renewable = CAN_RENEW && stat(o->full, &o->file) == 0 && !is_sanitized(o->full);
    return o->handle ? o : NULL;
}

void *plugin_find(struct plugin_object *o, const char *symbol, const char *what, struct why *why)
{
    void *found = dlsym(o->handle, symbol);
    if (!found)
        why_set(why, "%s exports no symbol \"%s\"; a plug-in has %s", o->path, symbol, what);
    return found;
}

/* Linux tells by the links of the folder: two of its own, and one for each thread. */
static bool has_threads(void)
{
    struct stat tasks;
    return stat("/proc/self/task", &tasks) != 0 || tasks.st_nlink > 3;
}

/* Somebody may have built it again. */
static bool is_same_file(const struct plugin_object *o)
{
    struct stat now;
    return stat(o->full, &now) == 0 && now.st_dev == o->file.st_dev &&
           now.st_ino == o->file.st_ino && now.st_size == o->file.st_size &&
           now.st_mtim.tv_sec == o->file.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == o->file.st_mtim.tv_nsec;
}

bool plugin_renew(struct plugin_object *o)
{
    if (!o->renewable || o->renewals++ == RENEWALS || has_threads() || !is_same_file(o))
        return o->renewable = false;
    dlclose(o->handle);
    void *kept = dlopen(o->full, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    o->handle = kept ? kept : dlopen(o->full, RTLD_NOW | RTLD_LOCAL);
    if (!o->handle)
        abort(); /* nothing is left of it: a verdict of the case */
    return o->renewable = !kept;
}
