#include "sim/hosts/sanitized.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "sim/base/ask.h"

enum { NAME_ROOM = 512, ARGUMENTS_ROOM = 1 << 20, ARGUMENTS = 4096 };

/* An object's imports and what it is linked with stand as texts in it. Malloc'ed; NULL: it cannot
 * be read. */
static char *bytes_of(const char *path, size_t *len)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    char *bytes =
        f && fstat(fileno(f), &st) == 0 && st.st_size > 0 ? malloc((size_t)st.st_size + 1) : NULL;
    *len = bytes ? fread(bytes, 1, (size_t)st.st_size, f) : 0;
    if (bytes)
        bytes[*len] = 0;
    if (f)
        fclose(f);
    return bytes;
}

bool is_sanitized(const char *path)
{
    size_t len;
    char *bytes = bytes_of(path, &len);
    bool found = bytes && memmem(bytes, len, "__asan_init", strlen("__asan_init"));
    free(bytes);
    return found;
}

/* clang names its runtime to whom asks. */
static bool ask_clang(char *name, size_t room)
{
    struct utsname machine;
    char which[NAME_ROOM];
    char *const argv[] = {"clang", which, NULL};
    if (uname(&machine) != 0)
        return false;
    snprintf(which, sizeof which, "-print-file-name=libclang_rt.asan-%s.so", machine.machine);
    bool found = ask_program(argv, name, room) && name[0] == '/';
    name[found ? strcspn(name, "\n") : 0] = 0;
    return found && access(name, R_OK) == 0;
}

/* gcc's objects are linked with theirs, which the loader finds by its name; clang's import from
 * whoever has it. */
static bool name_runtime(const char *path, char *name, size_t room)
{
    size_t len;
    char *bytes = bytes_of(path, &len);
    const char *linked = bytes ? memmem(bytes, len, "libasan.so", strlen("libasan.so")) : NULL;
    if (linked)
        snprintf(name, room, "%s", linked);
    free(bytes);
    return linked || ask_clang(name, room);
}

static pid_t started;

void sanitized_begin(void)
{
    started = getpid();
}

/* With the words it was started with. */
static void begin_anew(const char *runtime)
{
    static char words[ARGUMENTS_ROOM];
    static char *argv[ARGUMENTS + 1];
    const char *before = getenv("LD_PRELOAD");
    char preload[2 * NAME_ROOM];
    FILE *f = fopen("/proc/self/cmdline", "rb");
    size_t len = f ? fread(words, 1, sizeof words - 1, f) : 0;
    int argc = 0;
    if (f)
        fclose(f);
    for (size_t at = 0; at < len && argc < ARGUMENTS; at += strlen(words + at) + 1)
        argv[argc++] = words + at;
    snprintf(preload, sizeof preload, "%s%s%s", runtime, before ? ":" : "", before ? before : "");
    if (argc == 0 || len == sizeof words - 1 || setenv("LD_PRELOAD", preload, 1) != 0)
        return;
    fflush(NULL);
    execv("/proc/self/exe", argv);
}

int sanitized_prepare(const char *path, struct why *why)
{
    char runtime[NAME_ROOM] = "";
    if (!is_sanitized(path) || dlsym(RTLD_DEFAULT, "__asan_init"))
        return 0;
    const char *before = getenv("LD_PRELOAD");
    bool named = name_runtime(path, runtime, sizeof runtime);
    bool tried = before && named && strstr(before, runtime);
    if (named && !tried && getpid() == started)
        begin_anew(runtime);
    if (named && !tried)
        why_set(why, "%s was built with AddressSanitizer: start wiredrill with LD_PRELOAD=%s", path,
                runtime);
    else
        why_set(why, "%s was built with AddressSanitizer, and its runtime %s is not here", path,
                named ? runtime : "(clang's)");
    return -1;
}
