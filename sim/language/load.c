/* Files and texts to scripts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/language/build.h"
#include "sim/language/grammar.tab.h"

static struct place start_of(const char *file)
{
    return (struct place){file, 1, 1, 1};
}

/* The whole file, NUL-terminated, in the pool; NULL with *why. */
static char *read_file(struct pool *pool, const char *path, size_t *len, const char **why)
{
    struct stat st;
    bool strange =
        stat(path, &st) == 0 && !S_ISREG(st.st_mode); /* a device or a pipe may never end */
    FILE *f = strange ? NULL : fopen(path, "rb");
    if (!f) {
        *why = strange ? "not a file" : strerror(errno);
        return NULL;
    }
    size_t room = 65536, n = 0, got;
    char *bytes = malloc(room);
    while (bytes && (got = fread(bytes + n, 1, room - n, f)) > 0) {
        n += got;
        if (n == room && n <= SCRIPT_BYTES) {
            char *more = realloc(bytes, room *= 2);
            if (!more)
                free(bytes);
            bytes = more;
        }
    }
    *why = !bytes             ? "out of memory"
           : ferror(f)        ? strerror(errno ? errno : EIO)
           : n > SCRIPT_BYTES ? "longer than 16 MiB"
                              : NULL;
    fclose(f);
    char *text = *why ? NULL : pool_text(pool, bytes, n);
    free(bytes);
    *len = n;
    return text;
}

/* By the first octets of pcap, in either order and either unit of time, and of pcapng. */
static bool is_capture(const char *text)
{
    static const char magic[][5] = {"\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1",
                                    "\xa1\xb2\x3c\x4d", "\x0a\x0d\x0d\x0a"};
    for (size_t k = 0; k < sizeof magic / sizeof magic[0]; k++)
        if (strncmp(text, magic[k], 4) == 0)
            return true;
    return false;
}

static bool refuse_nul(struct parse *p, const char *file, const char *text, const char *nul)
{
    const char *start = text;
    struct place place = start_of(file);
    for (const char *c = text; c < nul; c++)
        if (*c == '\n') {
            place.line++;
            text = c + 1;
        }
    place.column += text_columns(text, (size_t)(nul - text));
    return diagnose(p->d, &place, "unexpected byte 0x00: a script is text%s",
                    is_capture(start) ? ", and this is a capture: `wiredrill replay`, `audit`, "
                                        "`show` and `from-pcap` read it"
                                      : "");
}

bool parse_text(struct parse *p, const char *file, const char *text, size_t len)
{
    struct place start = start_of(file);
    struct lexing l = {.pool = p->pool,
                       .file = file,
                       .define = p->define,
                       .d = p->d,
                       .line = 1,
                       .column = 1,
                       .budget = &p->budget};
    p->bytes += len;
    if (p->bytes > SCRIPT_BYTES)
        return diagnose(p->d, &start, "the script is longer than 16 MiB");
    const char *nul = memchr(text, 0, len);
    p->read = pool_grow(p->pool, p->read, p->reads, sizeof *p->read);
    p->read[p->reads++] = (struct source){file, text, len};
    if (nul)
        return refuse_nul(p, file, text, nul);
    p->source[p->sources++] = (struct source){file, text, len};
    bool good = lex_text(&l, text, len) && lines_split(p, &l.out);
    p->sources--;
    return good;
}

/* A relative name counts from the folder of the file that includes it. */
static char *beside(struct pool *pool, const char *from, const char *name)
{
    const char *slash = strrchr(from, '/');
    size_t folder = name[0] == '/' || !slash ? 0 : (size_t)(slash - from) + 1, len = strlen(name);
    char *path = pool_alloc(pool, folder + len + 1);
    memcpy(path, from, folder);
    memcpy(path + folder, name, len);
    return path;
}

bool parse_include(struct parse *p, const struct word *name)
{
    const char *text_name = (const char *)name->bytes;
    if (name->len == 0 || strlen(text_name) != name->len)
        return diagnose(p->d, &name->place,
                        "include needs the name of a file: include \"common.pkt\"");
    const char *path = beside(p->pool, p->source[p->sources - 1].file, text_name), *why;
    for (int i = 0; i < p->sources; i++)
        if (strcmp(p->source[i].file, path) == 0)
            return diagnose(p->d, &name->place,
                            "%s includes itself: files cannot include each other in a circle",
                            path);
    if (p->sources == SCRIPT_NESTING)
        return diagnose(p->d, &name->place, "include lines nest too deep: at most %d files",
                        SCRIPT_NESTING);
    if (p->reads > SCRIPT_NAMES)
        return diagnose(p->d, &name->place, "too many include lines: at most %d", SCRIPT_NAMES);
    size_t len;
    const char *text = read_file(p->pool, path, &len, &why);
    if (!text)
        return diagnose(p->d, &name->place, "cannot read %s: %s", path, why);
    return parse_text(p, path, text, len);
}

static bool finish(struct parse *p)
{
    struct script *s = p->script;
    struct place end = start_of(s->path);
    s->step = p->block[0].step;
    s->steps = p->block[0].steps;
    s->packetdrill = s->links == 0 && s->hosts == 0 && s->suts == 0;
    if (p->block[0].weight > SCRIPT_WEIGHT)
        return diagnose(p->d, &end, "the script plays more than %d events", SCRIPT_WEIGHT);
    if (s->options && !s->packetdrill)
        return diagnose(
            p->d, &s->option[0].place,
            "--%s: packetdrill's options are for scripts without link, host and sut lines",
            s->option[0].name);
    if (!check_script(p))
        return false;
    if (s->steps == 0)
        return diagnose(p->d, &end,
                        "no events: a script plays at least one packet, call or assert at a time, "
                        "such as `0 socket(...) = 3`");
    return true;
}

static bool build(struct parse *p, const char *text, size_t len)
{
    if (!parse_text(p, p->script->path, text, len))
        return false;
    if (script_yyparse(p) == 0 && !p->d->text[0])
        return finish(p);
    return diagnose(p->d, p->at ? &p->at->place : &(struct place){p->script->path, 1, 1, 1},
                    "this is no script");
}

static struct script *fail(struct parse *p, const char *path)
{
    const struct source *source = NULL;
    for (size_t i = 0; i < p->reads; i++)
        if (p->d->place.file && strcmp(p->read[i].file, p->d->place.file) == 0)
            source = &p->read[i];
    diagnostic_keep(p->d, path, source ? source->text : NULL, source ? source->len : 0);
    pool_free(p->pool);
    return NULL;
}

static struct script *parse_in(struct pool *pool, const char *path, const char *text, size_t len,
                               const char *const *define, struct diagnostic *d)
{
    struct parse p = {.pool = pool, .d = d, .define = define, .budget = SCRIPT_WORDS};
    p.script = pool_alloc(pool, sizeof *p.script);
    *p.script = (struct script){
        .path = pool_text(pool, path, strlen(path)), .end_ns = -1, .text = text, .pool = pool};
    p.script->layers = layer_set_new(pool);
    if (!build(&p, text, len))
        return fail(&p, path);
    return p.script;
}

struct script *script_parse(const char *path, const char *text, size_t len,
                            const char *const *define, struct diagnostic *d)
{
    struct pool *pool = pool_new();
    *d = (struct diagnostic){0};
    return parse_in(pool, path, pool_text(pool, text, len), len, define, d);
}

struct script *script_load(const char *path, const char *const *define, struct diagnostic *d)
{
    struct pool *pool = pool_new();
    const char *why;
    size_t len;
    *d = (struct diagnostic){0};
    char *text = read_file(pool, path, &len, &why);
    if (text)
        return parse_in(pool, path, text, len, define, d);
    diagnose(d, &(struct place){path, 1, 1, 1}, "cannot read the script: %s", why);
    pool_free(pool);
    return NULL;
}

void script_free(struct script *s)
{
    if (s)
        pool_free(s->pool);
}

int words_of(struct pool *pool, const char *file, const char *text, struct word **words,
             struct diagnostic *d)
{
    size_t budget = SCRIPT_WORDS;
    struct lexing l = {
        .pool = pool, .file = file, .d = d, .line = 1, .column = 1, .budget = &budget};
    if (!lex_text(&l, text, strlen(text)))
        return -1;
    *words = l.out.word;
    return (int)l.out.count - 1;
}
