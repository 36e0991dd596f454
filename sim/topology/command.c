#include "sim/topology/command.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 40, WORD_ROOM = 256 };

/* A command's words, quotes taken off; a pipe is a word of its own. */
struct words {
    char word[WORDS][WORD_ROOM];
    int count;
};

struct reader {
    const char *at;
    struct why *why;
    int (*each)(void *ctx, const struct command *c, struct why *why);
    void *ctx;
};

/* Linux's defaults, as the runner of the public scripts sets them before each. */
static const char *const defaults[][2] = {
    {"net.ipv4.tcp_rmem", "4096 540000 15728640"},
    {"net.ipv4.tcp_wmem", "4096 262144 4194304"},
    {"net.ipv4.tcp_timestamps", "1"},
    {"net.ipv4.tcp_syn_retries", "5"},
    {"net.ipv4.tcp_synack_retries", "5"},
    {"net.ipv4.tcp_frto", "2"},
    {"net.ipv4.tcp_sack", "1"},
    {"net.ipv4.tcp_dsack", "1"},
    {"net.ipv4.tcp_fack", "0"},
    {"net.ipv4.tcp_reordering", "3"},
    {"net.ipv4.tcp_congestion_control", "cubic"},
    {"net.ipv4.tcp_slow_start_after_idle", "0"},
    {"net.ipv4.tcp_early_retrans", "4"},
    {"net.ipv4.tcp_recovery", "1"},
    {"net.ipv4.tcp_tso_win_divisor", "3"},
    {"net.ipv4.tcp_ecn", "0"},
    {"net.ipv4.tcp_ecn_option", "2"},
    {"net.ipv4.tcp_pacing_ss_ratio", "200"},
    {"net.ipv4.tcp_pacing_ca_ratio", "120"},
    {"net.ipv4.tcp_notsent_lowat", "4294967295"},
    {"net.ipv4.tcp_fastopen", "0x70403"},
    {"net.ipv4.tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4"},
    {"net.ipv4.tcp_syncookies", "1"},
};

static bool ends_command(const char *c)
{
    return *c == ';' || *c == '\n' || *c == '&' || (c[0] == '|' && c[1] == '|');
}

/* A backslash at a line's end joins it to the next; elsewhere it takes the meaning of what follows.
 */
static void read_word(struct reader *r, char *out)
{
    size_t n = 0;
    char quote = 0;
    for (; *r->at; r->at++) {
        char c = *r->at;
        if (quote ? c == quote : c == '"' || c == '\'') {
            quote = quote ? 0 : c;
            continue;
        }
        bool redirects = c == '&' && n && out[n - 1] == '>'; /* 2>&1 */
        if (!quote && !redirects && (isspace((unsigned char)c) || ends_command(r->at) || c == '|'))
            break;
        if (c == '\\' && r->at[1] && quote != '\'')
            c = *++r->at;
        if (n + 1 < WORD_ROOM)
            out[n++] = c;
    }
    out[n] = 0;
}

static void skip_blanks(struct reader *r)
{
    for (;; r->at++) {
        bool joined = r->at[0] == '\\' && r->at[1] == '\n';
        if (joined)
            r->at++;
        else if (*r->at != ' ' && *r->at != '\t' && *r->at != '\r')
            return;
    }
}

static void read_command(struct reader *r, struct words *w)
{
    for (w->count = 0; w->count < WORDS;) {
        skip_blanks(r);
        if (!*r->at || ends_command(r->at))
            return;
        if (*r->at == '#') {
            r->at += strcspn(r->at, "\n");
            return;
        }
        char *word = w->word[w->count++];
        if (*r->at == '|') {
            strcpy(word, "|");
            r->at++;
        } else {
            read_word(r, word);
        }
    }
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static int give(struct reader *r, enum command_kind kind, const char *name, const char *value,
                int64_t count)
{
    struct command c = {.kind = kind, .count = count};
    snprintf(c.name, sizeof c.name, "%s", name);
    snprintf(c.value, sizeof c.value, "%s", value);
    return r->each(r->ctx, &c, r->why);
}

static int unknown(struct reader *r, const struct words *w)
{
    char text[WHY_BYTES / 2] = "";
    for (int k = 0; k < w->count; k++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s", k ? " " : "", w->word[k]);
    }
    why_set(r->why, "no knob stands for the shell command `%s`", text);
    return -1;
}

/* NAME=VALUE, with blanks anywhere about the sign. */
static int set_pairs(struct reader *r, const struct words *w, int from)
{
    for (int k = from; k < w->count; k++) {
        char name[WORD_ROOM];
        const char *value;
        snprintf(name, sizeof name, "%s", w->word[k]);
        char *equals = strchr(name, '=');
        if (name[0] == '-')
            continue;
        if (strcmp(name, ">") == 0 || strncmp(name, ">/", 2) == 0 || strncmp(name, "2>", 2) == 0)
            return 0; /* whereto it tells what it did */
        if (equals) {
            *equals = 0;
            value = equals + 1;
        } else if (k + 1 < w->count && w->word[k + 1][0] == '=') {
            value = w->word[++k] + 1;
        } else {
            return unknown(r, w);
        }
        if (!*value && k + 1 < w->count)
            value = w->word[++k];
        while (isspace((unsigned char)*value))
            value++;
        if (give(r, COMMAND_SET, name, value, 0) != 0)
            return -1;
    }
    return 0;
}

/* echo VALUE > FILE: what a file of /proc/sys or a parameter of CUBIC's module is set to. */
static int set_file(struct reader *r, const struct words *w)
{
    static const char module[] = "/sys/module/tcp_cubic/parameters/", proc[] = "/proc/sys/";
    char name[WORD_ROOM];
    bool apart = w->count == 4 && strcmp(w->word[2], ">") == 0;
    bool joined = w->count == 3 && w->word[2][0] == '>' && w->word[2][1] != '>';
    if (!apart && !joined)
        return unknown(r, w);
    const char *path = apart ? w->word[3] : w->word[2] + 1;
    if (strncmp(path, module, sizeof module - 1) == 0)
        snprintf(name, sizeof name, "tcp_cubic.%s", path + sizeof module - 1);
    else if (strncmp(path, proc, sizeof proc - 1) == 0)
        snprintf(name, sizeof name, "%s", path);
    else
        return unknown(r, w);
    return give(r, COMMAND_SET, name, w->word[1], 0);
}

static int set_defaults(struct reader *r)
{
    for (size_t k = 0; k < sizeof defaults / sizeof defaults[0]; k++)
        if (give(r, COMMAND_SET, defaults[k][0], defaults[k][1], 0) != 0)
            return -1;
    return 0;
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* sockstat ... tcp ... | grep -c STATE | grep N: the words of grep in any order. */
static int count_connections(struct reader *r, const struct words *w)
{
    const char *state = NULL, *count = NULL;
    int greps = 0;
    for (int k = 1; k < w->count; k++) {
        const char *word = w->word[k];
        if (strcmp(word, "grep") == 0 && strcmp(w->word[k - 1], "|") == 0)
            greps++;
        else if (greps && word[0] != '-' && strcmp(word, "|") != 0) {
            if (is_number(word))
                count = word;
            else if (!state)
                state = word;
        }
    }
    if (!state || !count)
        return unknown(r, w);
    return give(r, COMMAND_COUNT, state, "", strtoll(count, NULL, 10));
}

static int drop_connections(struct reader *r, const struct words *w)
{
    for (int k = 1; k + 1 < w->count; k++)
        if (strcmp(w->word[k], "-s") == 0)
            return give(r, COMMAND_DROP, w->word[k + 1], "", 0);
    return unknown(r, w);
}

/* A queue that drops nothing, or how a device cuts what it is given: the frames are the same. */
static bool is_of_device(const struct words *w)
{
    const char *base = base_name(w->word[0]), *last = w->word[w->count - 1];
    if (strcmp(base, "tc") == 0)
        return w->count >= 4 && strcmp(w->word[1], "qdisc") == 0 &&
               (strcmp(last, "pfifo") == 0 || strcmp(last, "bfifo") == 0 ||
                strcmp(last, "pfifo_fast") == 0 || strcmp(last, "fq") == 0);
    return strcmp(base, "ethtool") == 0 && w->count > 3 && strcmp(w->word[1], "-K") == 0;
}

/* Clears what each run begins without; or waits for nothing. */
static bool is_idle(const struct words *w)
{
    static const char *const names[] = {"true", ":", "sync", "set", "cd", "exit", NULL};
    const char *base = base_name(w->word[0]);
    for (int k = 0; names[k]; k++)
        if (strcmp(names[k], base) == 0)
            return true;
    bool restores = strncmp(base, "sysctl_restore", 14) == 0;
    bool flushes =
        (strcmp(base, "setkey") == 0 && w->count == 2 && strcmp(w->word[1], "-F") == 0) ||
        (strcmp(base, "ip") == 0 && w->count >= 3 && strncmp(w->word[1], "tcp_metric", 10) == 0 &&
         strncmp(w->word[2], "flush", 5) == 0);
    bool counts_anew = strcmp(base, "nstat") == 0 && w->count == 2 && strcmp(w->word[1], "-n") == 0;
    return restores || flushes || counts_anew || is_of_device(w);
}

static int play(struct reader *r, const struct words *w)
{
    const char *first = w->word[0], *base = base_name(first);
    if (strcmp(base, "sudo") == 0 || strcmp(base, "sysctl") == 0 ||
        strcmp(base, "set_sysctls.py") == 0) {
        int from = strcmp(base, "sudo") == 0 ? 2 : 1;
        return from == 2 && strcmp(base_name(w->word[1]), "sysctl") != 0 ? unknown(r, w)
                                                                         : set_pairs(r, w, from);
    }
    if (strcmp(base, "echo") == 0)
        return set_file(r, w);
    if (ends_with(first, "defaults.sh"))
        return set_defaults(r);
    if (strcmp(base, "sockstat") == 0)
        return count_connections(r, w);
    if (strcmp(base, "tcpdrop") == 0)
        return drop_connections(r, w);
    return is_idle(w) ? give(r, COMMAND_NOTHING, first, "", 0) : unknown(r, w);
}

int command_each(const char *text, int (*each)(void *ctx, const struct command *c, struct why *why),
                 void *ctx, struct why *why)
{
    struct reader r = {.at = text, .why = why, .each = each, .ctx = ctx};
    struct words w;
    while (*r.at) {
        read_command(&r, &w);
        if (w.count && play(&r, &w) != 0)
            return -1;
        while (*r.at && (ends_command(r.at) || isspace((unsigned char)*r.at)))
            r.at++;
    }
    return 0;
}
