#include "sim/suite/wire_mutants.h"
#include <stdlib.h>
#include <string.h>
#include "sim/judge/chosen.h"
#include "sim/packet/mutate.h"

/* Of a case with more frames so many at its beginning, middle and end are bent each; of a `<` line
 * that is played more often, its first and last turn. */
enum { FRAMES_EACH = 8, FIELD_NAME = 96, LAYERS_TEXT = 128, TOLD = 64 };

/* A frame of the host under test in the undisturbed run. */
struct wire_frame {
    uint8_t *bytes;
    uint32_t len;
    int64_t time_ns, to_ns;
    int line; /* that took it; 0: none */
};

struct wire_turn {
    const struct step *step;
};

/* What is tried now. */
struct attempt {
    uint32_t number; /* of the frame, or of the `<` line; 0: of neither */
    enum bend bend;
    struct bent bent;
    uint32_t line_number;
    enum inject inject;
};

struct bender {
    const struct run_case *kase;
    struct run_options options;
    struct bend_hooks hooks;
    struct wire_frame *frame;
    uint32_t frames, frame_room, judged;
    struct wire_turn *turn;
    uint32_t turns, turn_room;
    bool recording;
    struct attempt attempt;
    uint32_t number;          /* of the frame whose fields are bent */
    char layers[LAYERS_TEXT]; /* of that frame, "eth,ip,udp": those with a field that was bent */
    int failed_line;          /* of the verdict of the last run; 0: it passed */
    char told[TOLD][LAYERS_TEXT];
    uint32_t tolds; /* rows of breakers: one for each combination of layers */
    uint32_t runs;
    FILE *rows;
};

/* --- hooks --- */

static void *room_for(void *array, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 64;
    void *grown = realloc(array, *room * size);
    if (!grown)
        abort();
    return grown;
}

static enum bend on_frame(void *ctx, uint32_t number, const struct frame *f, int64_t now_ns,
                          struct bent *out)
{
    struct bender *b = ctx;
    if (!b->recording) {
        *out = b->attempt.bent;
        return number == b->attempt.number ? b->attempt.bend : BEND_NOTHING;
    }
    b->frame = room_for(b->frame, b->frames, &b->frame_room, sizeof *b->frame);
    struct wire_frame *w = &b->frame[b->frames++];
    *w = (struct wire_frame){.bytes = malloc(f->len + 1), .len = f->len, .time_ns = now_ns};
    if (!w->bytes)
        abort();
    memcpy(w->bytes, f->bytes, f->len);
    return BEND_NOTHING;
}

static enum inject on_line(void *ctx, uint32_t number, const struct step *step)
{
    struct bender *b = ctx;
    if (!b->recording)
        return number == b->attempt.line_number ? b->attempt.inject : INJECT_PLAIN;
    b->turn = room_for(b->turn, b->turns, &b->turn_room, sizeof *b->turn);
    b->turn[b->turns++] = (struct wire_turn){step};
    return INJECT_PLAIN;
}

static void on_taken(void *ctx, uint32_t number, int line, int64_t to_ns)
{
    struct bender *b = ctx;
    if (b->recording && number <= b->frames) {
        b->frame[number - 1].line = line;
        b->frame[number - 1].to_ns = to_ns;
    }
}

/* --- one run --- */

static bool passes(struct bender *b)
{
    struct why why = {{0}};
    struct run *r = run_new(b->kase, &b->options, &why);
    b->failed_line = 0;
    if (!r)
        return false;
    run_play(r, NEVER);
    if (b->recording) /* what leaves while sockets are closed behind the end, no line is asked of */
        b->judged = b->frames;
    run_finish(r);
    bool passed = r->verdict.status == RUN_PASSED;
    if (r->verdict.status == RUN_FAILED)
        b->failed_line = r->verdict.at.line > 0 ? r->verdict.at.line : 1;
    b->runs++;
    run_free(r);
    return passed;
}

/* Rows: "f FIELD CAUGHT" for each mutant, "s LINE NUMBER FIELD" for a survivor, "l LINE EFFECT" for
 * each trial of a `<` line, "b LAYERS LINE MUTANT" for the first mutant of those layers ("<": of a
 * line) that a verdict caught; separated by tabs. */
static void tell_breaker(struct bender *b, const char *layers, const char *mutant)
{
    if (b->failed_line == 0)
        return;
    for (uint32_t k = 0; k < b->tolds; k++)
        if (strcmp(b->told[k], layers) == 0)
            return;
    if (b->tolds < TOLD)
        snprintf(b->told[b->tolds++], LAYERS_TEXT, "%s", layers);
    fprintf(b->rows, "b\t%s\t%d\t%s\n", layers, b->failed_line, mutant);
}

/* The layer that a mutant is of, "ip" of "ip.ttl" and of "ip octets"; what an error quotes is the
 * error's. NULL: it is of the whole frame. */
static const char *layer_of(const char *field, char layer[LAYERS_TEXT])
{
    size_t len = strcspn(field, ". ");
    if (strncmp(field, "frame ", 6) == 0 || strncmp(field, "other ", 6) == 0)
        return NULL;
    if (strncmp(field, "quote.", 6) == 0)
        return strcpy(layer, "icmp");
    if (!field[len] || strcmp(field, "a tag") == 0)
        return strcpy(layer, "eth");
    snprintf(layer, LAYERS_TEXT, "%.*s", (int)len, field);
    return layer;
}

static void note_layer(struct bender *b, const char *layer)
{
    size_t len = strlen(layer), used = strlen(b->layers);
    for (const char *p = b->layers; (p = strstr(p, layer)) != NULL; p++)
        if ((p == b->layers || p[-1] == ',') && (p[len] == ',' || !p[len]))
            return;
    if (used + len + 2 <= sizeof b->layers)
        snprintf(b->layers + used, sizeof b->layers - used, "%s%s", used ? "," : "", layer);
}

static void try_frame(struct bender *b, const char *field, enum bend bend, struct bent bent)
{
    char layer[LAYERS_TEXT];
    b->attempt = (struct attempt){.number = b->number, .bend = bend, .bent = bent};
    bool survived = passes(b);
    tell_breaker(b, layer_of(field, layer) ? layer : b->layers, field);
    fprintf(b->rows, "f\t%s\t%d\n", field, !survived);
    if (survived)
        fprintf(b->rows, "s\t%d\t%u\t%s\n", b->frame[b->number - 1].line, b->number, field);
}

/* --- fields --- */

#define LIFE_NS (INT64_C(120) * 1000000000) /* of a datagram: RFC 6864, section 4.2 */

static const struct layer_set *layers_of(const struct bender *b)
{
    return b->kase->script->layers;
}

static bool same_number(const struct bender *b, const struct wire_frame *f, const char *field,
                        int64_t wanted)
{
    struct value v;
    return packet_field(layers_of(b), f->bytes, f->len, field, &v) && v.number == wanted;
}

static bool same_value(const struct bender *b, const struct wire_frame *f, const char *field,
                       const struct value *wanted)
{
    struct value v;
    return packet_field(layers_of(b), f->bytes, f->len, field, &v) && value_equal(&v, wanted);
}

/* A frame before this one has the same value there. */
static const struct wire_frame *before_with(const struct bender *b, const char *field)
{
    const struct wire_frame *f = &b->frame[b->number - 1];
    struct value v;
    if (!packet_field(layers_of(b), f->bytes, f->len, field, &v))
        return NULL;
    for (uint32_t k = b->number - 1; k-- > 0;)
        if (same_value(b, &b->frame[k], field, &v))
            return &b->frame[k];
    return NULL;
}

/* The identification of a datagram between the same two before this one; -1: there is none. */
static int64_t used_before(const struct bender *b, const char *field)
{
    static const char *const same[] = {"ip.src", "ip.dst", "ip.proto"};
    const struct wire_frame *f = &b->frame[b->number - 1];
    struct value v;
    for (uint32_t k = b->number - 1; k-- > 0;) {
        const struct wire_frame *g = &b->frame[k];
        bool alike = f->time_ns - g->time_ns < LIFE_NS &&
                     packet_field(layers_of(b), g->bytes, g->len, field, &v);
        int64_t used = v.number;
        for (size_t s = 0; s < 3 && alike; s++)
            alike = packet_field(layers_of(b), f->bytes, f->len, same[s], &v) &&
                    same_number(b, g, same[s], v.number);
        if (alike)
            return used;
    }
    return -1;
}

static void repeat_number(struct bender *b, const char *field)
{
    const struct wire_frame *f = &b->frame[b->number - 1];
    int64_t used = used_before(b, field);
    struct value v;
    uint8_t *wrong = malloc(f->len + 1);
    bool atomic = packet_field(layers_of(b), f->bytes, f->len, "ip.df", &v) && v.number;
    if (wrong && used >= 0 && !atomic && !same_number(b, f, field, used) &&
        packet_with(layers_of(b), f->bytes, f->len, field, (uint64_t)used, wrong))
        try_frame(b, field, BEND_BYTES, (struct bent){.bytes = wrong, .len = f->len});
    free(wrong);
}

static void each_mutant(void *ctx, const char *field, const uint8_t *bytes, uint32_t len)
{
    struct bender *b = ctx;
    const struct wire_frame *f = &b->frame[b->number - 1];
    char layer[LAYERS_TEXT];
    if (layer_of(field, layer))
        note_layer(b, layer);
    switch (chosen(layers_of(b), f->bytes, f->len, field)) {
    case CHOICE_FREE:
        return;
    case CHOICE_AGREES:
        if (!before_with(b, field))
            return;
        break;
    case CHOICE_FRESH:
        repeat_number(b, field);
        return;
    case CHOICE_NONE:
        break;
    }
    try_frame(b, field, BEND_BYTES, (struct bent){.bytes = bytes, .len = len});
}

static void bend_frame(struct bender *b, uint32_t number)
{
    const struct wire_frame *f = &b->frame[number - 1];
    b->number = number;
    b->layers[0] = 0;
    packet_mutate(layers_of(b), f->bytes, f->len, each_mutant, b);
    if (f->line) /* else the script does not care whether it comes */
        try_frame(b, "frame dropped", BEND_DROP, (struct bent){0});
    if (f->line)
        try_frame(b, "frame doubled", BEND_DOUBLE, (struct bent){0});
    if (f->line && f->to_ns - f->time_ns < INT64_C(86400) * 1000000000)
        try_frame(b, "frame late", BEND_DELAY,
                  (struct bent){.delay_ns = f->to_ns - f->time_ns + 1});
    if (b->kase->script->suts > 1)
        try_frame(b, "other interface", BEND_ELSEWHERE, (struct bent){0});
}

/* --- `<` lines --- */

static bool has_effect(struct bender *b, uint32_t number, const struct step *step)
{
    char what[LAYERS_TEXT];
    b->attempt = (struct attempt){.line_number = number, .inject = INJECT_SWALLOW};
    bool swallowed = !passes(b), repaired = false;
    if (!swallowed && packet_spoils(step->u.packet.packet)) {
        b->attempt.inject = INJECT_REPAIR;
        repaired = !passes(b);
    }
    snprintf(what, sizeof what, "line %d %s", step->place.line,
             swallowed ? "swallowed" : "repaired");
    tell_breaker(b, "<", what);
    return swallowed || repaired;
}

/* The first and the last turn of each line. */
static void try_lines(struct bender *b)
{
    for (uint32_t k = 0; k < b->turns; k++) {
        bool first = true, last = true;
        const struct step *step = b->turn[k].step;
        for (uint32_t i = 0; i < k && first; i++)
            first = b->turn[i].step != step;
        for (uint32_t i = k + 1; i < b->turns && last; i++)
            last = b->turn[i].step != step;
        if (first || last)
            fprintf(b->rows, "l\t%d\t%d\t%s\n", step->place.line, has_effect(b, k + 1, step),
                    step->u.packet.inert ? step->u.packet.inert : "");
    }
}

static bool is_sampled(uint32_t k, uint32_t frames)
{
    uint32_t middle = frames / 2 - FRAMES_EACH / 2;
    return frames <= 3 * FRAMES_EACH || k < FRAMES_EACH || k >= frames - FRAMES_EACH ||
           (k >= middle && k < middle + FRAMES_EACH);
}

char *wire_mutants_run(const struct run_case *kase, const struct run_options *options,
                       uint32_t *runs)
{
    char *text = NULL;
    size_t len = 0;
    struct bender b = {.kase = kase, .options = *options, .recording = true};
    b.hooks = (struct bend_hooks){&b, on_frame, on_line, on_taken};
    b.options.bend = &b.hooks;
    b.options.watch_fates = false;
    b.rows = open_memstream(&text, &len);
    if (!b.rows)
        abort();
    bool passed = passes(&b);
    b.recording = false;
    for (uint32_t k = 0; k < b.judged && passed; k++)
        if (is_sampled(k, b.judged))
            bend_frame(&b, k + 1);
    if (passed)
        try_lines(&b);
    fclose(b.rows);
    for (uint32_t k = 0; k < b.frames; k++)
        free(b.frame[k].bytes);
    free(b.frame);
    free(b.turn);
    *runs = b.runs;
    return text;
}
