/* What each option takes, and the table of all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sim/cli/options.h"
#include "sim/judge/clause.h"
#include "sim/language/lexer.h"
#include "sim/language/needs.h"
#include "sim/topology/profile.h"

enum { JOBS_MAX = 256, PATIENCE_MAX = 86400, SEEDS_MOST = 1000000000 };

static int take_number(const char *text, uint64_t limit, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
    return *text < '0' || *text > '9' || *end || errno || *out > limit ? -1 : 0;
}

static int take_nic(struct options *o, const char *v)
{
    o->every_nic = strcmp(v, "all") == 0;
    o->nic = o->every_nic ? NULL : v;
    return o->every_nic || nic_kind_by_name(v)
               ? 0
               : usage_error("--nic: no NIC \"%s\"; `wiredrill list` names them", v);
}

static int take_sut(struct options *o, const char *v)
{
    o->sut = v;
    return 0;
}

static int take_driver(struct options *o, const char *v)
{
    o->driver = v;
    return 0;
}

static int take_bus(struct options *o, const char *v)
{
    o->bus = v;
    o->board = board_kind_by_name(v);
    return o->board ? 0 : usage_error("--bus: \"%s\" is neither sim nor qemu", v);
}

static int take_seed(struct options *o, const char *v)
{
    o->seed_given = true;
    return take_number(v, UINT64_MAX, &o->seed) == 0
               ? 0
               : usage_error("--seed: \"%s\" is no number from 0 to 18446744073709551615", v);
}

static int take_fill(struct options *o, const char *v)
{
    return take_number(v, 255, &o->fill) == 0 ? 0 : usage_error("--fill: a byte, 0 to 255");
}

static int take_profile(struct options *o, const char *v)
{
    o->profile = v;
    return profile_knobs(v) ? 0
                            : usage_error("--profile: \"%s\" is none of rfc, linux, freebsd", v);
}

static int take_judge(struct options *o, const char *v)
{
    o->judge = v;
    return strcmp(v, "exact") == 0 || strcmp(v, "rfc") == 0
               ? 0
               : usage_error("--judge: \"%s\" is neither exact nor rfc", v);
}

static int take_jobs(struct options *o, const char *v)
{
    uint64_t n;
    if (take_number(v, JOBS_MAX, &n) != 0 || n == 0)
        return usage_error("--jobs: a number from 1 to %d", JOBS_MAX);
    o->jobs = (int)n;
    return 0;
}

static int take_patience(struct options *o, const char *v)
{
    uint64_t n;
    if (take_number(v, PATIENCE_MAX, &n) != 0 || n == 0)
        return usage_error("--patience: seconds, 1 to %d", PATIENCE_MAX);
    o->patience = (int)n;
    return 0;
}

static int take_json(struct options *o, const char *v)
{
    o->json |= !v;
    o->json_file = v ? v : o->json_file;
    return 0;
}

static int take_junit(struct options *o, const char *v)
{
    o->junit = v;
    return 0;
}

static int take_max_failures(struct options *o, const char *v)
{
    return take_number(v, UINT32_MAX, &o->max_failures) == 0 && o->max_failures
               ? 0
               : usage_error("--max-failures: a number from 1 on");
}

static int take_lf(struct options *o, const char *v)
{
    (void)v;
    o->last_failed = true;
    return 0;
}

static int take_x(struct options *o, const char *v)
{
    (void)v;
    o->max_failures = 1;
    return 0;
}

static int take_pcap(struct options *o, const char *v)
{
    o->pcap = v;
    return 0;
}

static int take_trace(struct options *o, const char *v)
{
    static const struct {
        const char *name;
        unsigned note;
    } notes[] = {{"nic", NOTE_NIC}, {"stack", NOTE_STACK}, {"timer", NOTE_TIMER}};
    for (size_t k = 0; k < sizeof notes / sizeof notes[0]; k++)
        if (strcmp(v, notes[k].name) == 0) {
            o->notes_of |= notes[k].note;
            return 0;
        }
    if (strcmp(v, "cwnd") != 0 && (strncmp(v, "cwnd=", 5) != 0 || !v[5]))
        return usage_error("--trace: \"%s\" is none of nic, stack, timer, cwnd, cwnd=FILE", v);
    o->cwnd = v[4] ? v + 5 : "cwnd.tsv";
    return 0;
}

static int take_target(struct options *o, const char *v)
{
    o->target = v;
    return 0;
}

static int take_calls(struct options *o, const char *v)
{
    o->calls = v;
    return 0;
}

static int take_breakers(struct options *o, const char *v)
{
    if (o->breaker_files == CATALOGUES_MAX)
        return usage_error("--breakers: at most %d times", CATALOGUES_MAX);
    o->breaker_file[o->breaker_files++] = v;
    o->breakers = v;
    return 0;
}

static int take_catalogue(struct options *o, const char *v)
{
    struct why why = {{0}};
    if (o->catalogues == CATALOGUES_MAX)
        return usage_error("--catalogue: at most %d times", CATALOGUES_MAX);
    o->catalogue[o->catalogues++] = v;
    return clause_add_file(v, &why) == 0 ? 0 : usage_error("--catalogue: %s", why.text);
}

static int take_waivers(struct options *o, const char *v)
{
    o->waivers = v;
    return 0;
}

static int take_known(struct options *o, const char *v)
{
    o->known = v;
    return 0;
}

/* "frames", names of calls. */
static int take_needs(struct options *o, const char *v)
{
    o->needs = v;
    return *v ? 0 : usage_error("--needs: frames, or names of calls, such as frames,socket");
}

static int take_lacks(struct options *o, const char *v)
{
    char word[64];
    o->lacks = v;
    const char *unknown = needs_unknown(v, word);
    return unknown ? usage_error("--lacks: nothing is called \"%s\"; `wiredrill help needs` lists "
                                 "what a stack can lack",
                                 unknown)
                   : 0;
}

static int take_requirement(struct options *o, const char *v)
{
    o->requirement = v;
    return 0;
}

static int take_o(struct options *o, const char *v)
{
    o->output = v;
    return 0;
}

static int take_folder(struct options *o, const char *v)
{
    o->folder = v;
    return 0;
}

static int take_k(struct options *o, const char *v)
{
    o->words = v;
    return 0;
}

static int take_accept(struct options *o, const char *v)
{
    o->accept = v;
    return 0;
}

static int take_reject(struct options *o, const char *v)
{
    o->reject = v;
    return 0;
}

static int take_host(struct options *o, const char *v)
{
    o->host = v;
    return 0;
}

static int take_tap(struct options *o, const char *v)
{
    o->tap = v;
    return 0;
}

static int take_netdev(struct options *o, const char *v)
{
    o->netdev = v;
    return 0;
}

static int take_to(struct options *o, const char *v)
{
    o->to = v;
    return 0;
}

static int take_fail_alloc(struct options *o, const char *v)
{
    o->fail_alloc = ALLOC_ALL;
    if (strcmp(v, "all") != 0 &&
        (take_number(v, UINT32_MAX, &o->fail_alloc) != 0 || o->fail_alloc == 0))
        return usage_error("--fail-alloc: \"%s\" is neither all nor the number of a draw", v);
    return 0;
}

/* A..B, or one number. */
static int take_seeds(struct options *o, const char *v)
{
    char first[24] = "";
    const char *dots = strstr(v, "..");
    size_t len = dots ? (size_t)(dots - v) : strlen(v);
    if (len < sizeof first)
        memcpy(first, v, len);
    o->seed_given = true;
    if (take_number(first, INT64_MAX, &o->seeds_first) != 0 ||
        take_number(dots ? dots + 2 : first, INT64_MAX, &o->seeds_last) != 0 ||
        o->seeds_last < o->seeds_first || o->seeds_last - o->seeds_first >= SEEDS_MOST)
        return usage_error("--seeds: \"%s\" is no range such as 1..1000, of at most %d seeds", v,
                           SEEDS_MOST);
    return 0;
}

static int take_shard(struct options *o, const char *v)
{
    char first[24] = "";
    const char *slash = strchr(v, '/');
    size_t len = slash ? (size_t)(slash - v) : 0;
    if (len < sizeof first)
        memcpy(first, v, len);
    if (!slash || take_number(first, UINT32_MAX, &o->shard) != 0 ||
        take_number(slash + 1, UINT32_MAX, &o->shards) != 0 || o->shard == 0 ||
        o->shard > o->shards)
        return usage_error("--shard: \"%s\" is no part of a whole such as 2/8", v);
    return 0;
}

static int take_shrink(struct options *o, const char *v)
{
    o->shrink = v;
    return 0;
}

static int add_fault(struct options *o, struct frame_fault fault)
{
    if (o->faults == FRAME_FAULTS)
        return usage_error("--lose and --disturb: at most %d frames", FRAME_FAULTS);
    o->fault[o->faults++] = fault;
    return 0;
}

static int take_lose(struct options *o, const char *v)
{
    const char *colon = strchr(v, ':');
    uint64_t link = 0, frame = 0;
    char first[24] = "";
    if (colon && (size_t)(colon - v) < sizeof first)
        memcpy(first, v, (size_t)(colon - v));
    if ((colon && take_number(first, INT32_MAX, &link) != 0) ||
        take_number(colon ? colon + 1 : v, UINT32_MAX, &frame) != 0 || frame == 0)
        return usage_error(
            "--lose: FRAME or LINK:FRAME, both numbers; frames count from 1, links from 0");
    return add_fault(o, (struct frame_fault){FAULT_LOSE, (int)link, frame, 0});
}

/* dup:0:3, corrupt:0:3, delay:0:3:20000000 */
static int take_disturb(struct options *o, const char *v)
{
    char kind[16];
    int link, used = 0;
    unsigned long long frame;
    long long delay_ns = 0;
    bool read = sscanf(v, "%15[a-z]:%d:%llu%n", kind, &link, &frame, &used) == 3 && link >= 0;
    bool delay = read && strcmp(kind, "delay") == 0;
    if (delay)
        read = sscanf(v + used, ":%lld%n", &delay_ns, &used) == 1 && delay_ns > 0;
    enum fault_kind of = delay                                  ? FAULT_DELAY
                         : read && strcmp(kind, "dup") == 0     ? FAULT_DUP
                         : read && strcmp(kind, "corrupt") == 0 ? FAULT_CORRUPT
                                                                : FAULT_LOSE;
    if (!read || frame == 0 || (of == FAULT_LOSE && strcmp(kind, "lose") != 0))
        return usage_error("--disturb: \"%s\" is none of lose:LINK:FRAME, dup:LINK:FRAME, "
                           "corrupt:LINK:FRAME, delay:LINK:FRAME:NANOSECONDS",
                           v);
    return add_fault(o, (struct frame_fault){of, link, frame, delay_ns});
}

/* A knob's value in a script's own words: 60s, off, 3. */
static int take_set(struct options *o, const char *v)
{
    const char *equals = strchr(v, '=');
    struct diagnostic d;
    struct word *word;
    static struct pool *pool; /* the values live as long as the program */
    if (!pool)
        pool = pool_new();
    if (!equals || equals == v || o->sets == SETS_MAX)
        return usage_error("--set: KNOB=VALUE, at most %d times", SETS_MAX);
    if (words_of(pool, "--set", equals + 1, &word, &d) != 1 ||
        (word->kind != WORD_NUMBER && word->kind != WORD_TIME && word->kind != WORD_NAME))
        return usage_error("--set %s: the value is a number, a time such as 60s, on or off", v);
    struct setting *s = &o->set[o->sets++];
    *s = (struct setting){.name = pool_text(pool, v, (size_t)(equals - v))};
    if (word->kind == WORD_NAME)
        s->value = (struct value){.kind = VALUE_NAME, .text = word->text};
    else
        s->value = (struct value){.kind = word->kind == WORD_TIME ? VALUE_TIME : VALUE_NUMBER,
                                  .number = word->number};
    return 0;
}

int take_define(struct options *o, const char *v)
{
    size_t name = strspn(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (name == 0 || (v[name] && v[name] != '=') || o->defines == DEFINES_MAX)
        return usage_error("-D: \"%s\" is neither NAME nor NAME=value, or there are more than %d",
                           v, DEFINES_MAX);
    o->define[o->defines++] = v;
    return 0;
}

#define FLAG(name)                                                                                 \
    static int take_##name(struct options *o, const char *v)                                       \
    {                                                                                              \
        (void)v;                                                                                   \
        o->name = true;                                                                            \
        return 0;                                                                                  \
    }
FLAG(fail_on_skip)
FLAG(bless)
FLAG(no_golden)
FLAG(strict)
FLAG(snapshot)
FLAG(closure)
FLAG(pairs)
FLAG(wrap)
FLAG(wire_mutants)
FLAG(quiet)
FLAG(verbose)
FLAG(promiscuous)
FLAG(fix_sums)
FLAG(no_monitor)
FLAG(at_host)
FLAG(serve)
FLAG(once)
FLAG(list)

static int take_only(struct options *o, const char *v)
{
    o->only = v;
    return 0;
}
FLAG(by_requirement)
FLAG(all)
FLAG(mermaid)
FLAG(join)

const struct option options_table[] = {
    {"nic", "K", "only on this NIC, or on all that there are (e1000, rtl8139, virtio, all)",
     take_nic},
    {"bus", "sim|qemu", "whose device models", take_bus},
    {"sut", "S", "the stack under test: stack, lwip, or FILE.so", take_sut},
    {"driver", "D", "a driver plug-in, FILE.so, under our stack", take_driver},
    {"seed", "N", "the seed of every random stream (1)", take_seed},
    {"fill", "BYTE",
     "what the stack's memory holds before it starts (0): an uninitialised byte shows", take_fill},
    {"set", "KNOB=VALUE", "a knob of the stack, after the script's own", take_set},
    {"profile", "P", "the stack's conventions: rfc, linux, freebsd", take_profile},
    {"judge", "J", "exact or rfc: how strict the comparison is", take_judge},
    {"jobs", "N", "worker processes (the number of processors)", take_jobs},
    {"patience", "SECONDS", "of computing that a case may take (10)", take_patience},
    {"pcap", "F",
     "write the capture; F.pcapng: with a comment at each frame; a folder: a file for each case",
     take_pcap},
    {"trace", "nic|stack|timer|cwnd[=F]",
     "between the frames of the ladder: registers, descriptors, DMA and interrupts; the stack's "
     "states; its timers. cwnd: write what congestion control does as a table for plotting "
     "(cwnd.tsv): time, connection, "
     "cwnd, ssthresh, flight, srtt, rto, state",
     take_trace},
    {"target", "NAME", "the fuzz target that found it; else the folder that it lies in says so",
     take_target},
    {"calls", "SCRIPT", "the calls of that script, or of one case of it", take_calls},
    {"to", "MAC/IP", "rewrite frames to reach this host", take_to},
    {"only", "NAME", "the check of that name; where there is none, those whose names begin so",
     take_only},
    {"list", NULL, "list the checks", take_list},
    {"tap", "NAME", "the TAP device, which is made when it is not there", take_tap},
    {"netdev", "dgram:PATH|stream:PATH",
     "the socket to which a kernel in QEMU comes for its network", take_netdev},
    {"serve", NULL,
     "of live --tap: our stack has an HTTP page (80), echo (7, UDP and TCP) and telnet (23)",
     take_serve},
    {"once", NULL, "of live: over when the last call of the script has returned", take_once},
    {"host", "MAC|IP", "judge this host alone; from-pcap: expect its frames (52:54:00:12:34:56)",
     take_host},
    {"at-host", NULL, "the capture was taken at the port of the host that is judged", take_at_host},
    {"promiscuous", NULL, "the interface takes every frame", take_promiscuous},
    {"fix-sums", NULL, "make sums whole that a sender left to its NIC", take_fix_sums},
    {"fail-alloc", "all|N",
     "refuse our stack one draw of memory after the other, or the Nth; each run survives it",
     take_fail_alloc},
    {"seeds", "A..B", "the seeds of a sweep, or one", take_seeds},
    {"shard", "I/N", "the Ith of N parts of a sweep", take_shard},
    {"shrink", "F.pkt", "write the shortest script that fails as that one seed does", take_shrink},
    {"join", NULL, "the files are what shards of one sweep wrote: add them up", take_join},
    {"lose", "[LINK:]N", "lose the Nth frame and judge by the outcome", take_lose},
    {"wire-mutants", NULL, "bend each frame in turn, and tell what no line notices",
     take_wire_mutants},
    {"breakers", "F",
     "with --wire-mutants: write which requirements were named when one was noticed; "
     "conformance reads such files",
     take_breakers},
    {"catalogue", "F.tsv", "requirements of your own, that `covers` may name (repeatable)",
     take_catalogue},
    {"waivers", "F", "requirements that nothing can show, with the reasons", take_waivers},
    {"known", "F",
     "cases that are known to fail, with their reasons; a new failure fails, and so does "
     "one that passes",
     take_known},
    {"disturb", "KIND:LINK:N",
     "dup or corrupt the Nth frame, or delay it (delay:LINK:N:NANOSECONDS), and judge by the "
     "outcome",
     take_disturb},
    {"wrap", NULL,
     "our stack's sequence numbers, timestamps, identifications and clock begin just below their "
     "wrap",
     take_wrap},
    {"pairs", NULL, "with --closure: two frames at a time, too", take_pairs},
    {"closure", NULL,
     "lose, double, delay past the next and corrupt each frame in turn, and judge by the outcome, "
     "where a script states one",
     take_closure},
    {"snapshot", NULL, "save at the middle, restore, and compare the fingerprints", take_snapshot},
    {"needs", "LIST",
     "only what needs no more than this: frames (no call at all), and names of calls (frames,ping)",
     take_needs},
    {"lacks", "LIST", "what the stack does not have: fragments, options, ... (help needs)",
     take_lacks},
    {"requirement", "ID", "only what covers this requirement", take_requirement},
    {"folder", "NAME", "only what lies in a folder of that name", take_folder},
    {"k", "WORDS", "only what has all these words in its path or its first sentence", take_k},
    {"o", "FILE", "where the page goes (wiredrill.html)", take_o},
    {"all", NULL, "draw the cases that passed, too", take_all},
    {"mermaid", NULL, "as a sequence diagram of Mermaid's, for an issue tracker", take_mermaid},
    {"by-requirement", NULL, "the requirements that are covered, with how many cases each",
     take_by_requirement},
    {"lf", NULL, "only what failed when it last ran; without PATH, all of that", take_lf},
    {"x", NULL, "stop at the first failure", take_x},
    {"max-failures", "N", "stop at the Nth failure", take_max_failures},
    {"fail-on-skip", NULL, "a case that is skipped fails the run", take_fail_on_skip},
    {"junit", "F", "write the results as JUnit XML, too", take_junit},
    {"json", "[=F]", "results as JSON lines in place of the table; =F: in this file, too",
     take_json},
    {"bless", NULL, "write the goldens of cases whose lines pass", take_bless},
    {"accept", "GROUP,...", "write the goldens of these groups, or of all", take_accept},
    {"reject", "GROUP,...", "do not ask for these groups, or all, until their captures change",
     take_reject},
    {"no-golden", NULL, "judge by lines alone", take_no_golden},
    {"strict", NULL, "a case without its golden fails, an early end says why", take_strict},
    {"no-monitor", NULL, "without the rules that must hold in every run", take_no_monitor},
    {"quiet", NULL, "no table, only failures and the count", take_quiet},
    {"verbose", NULL, "every case, and its ladder", take_verbose},
    {"D", "NAME[=value]", "define a name for #ifdef, and substitute the value for the word",
     take_define},
    {NULL, NULL, NULL, NULL},
};
