/* What the judge sees: ports, and frames that wait for a line. */
#include "sim/judge/private.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

void judge_init(struct judge *j, struct world *w, uint32_t links)
{
    *j = (struct judge){.world = w, .links = links};
    j->link = world_alloc(w, links * sizeof *j->link, 16);
    j->memory = memory_new(j);
    j->ttl = 64;
    j->arp_interval_ns = INT64_C(1000000000);
}

struct judge_port *judge_add_port(struct judge *j, uint32_t link, const struct judge_port *port)
{
    struct judge_link *l = &j->link[link];
    struct judge_port *p = world_alloc(j->world, sizeof *p, 16);
    *p = *port;
    p->link = l;
    while ((uint32_t)p->number >= l->room)
        l->port = world_grow(j->world, l->port, &l->room, sizeof(struct judge_port *));
    while (l->ports <= (uint32_t)p->number)
        l->port[l->ports++] = NULL;
    l->port[p->number] = p;
    judge_heard_mac(j, link, p->mac);
    if (p->has_ipv4)
        judge_said_ipv4(j, p->ipv4);
    if (p->station == STATION_UNDER_TEST && p->has_ipv4)
        memory_own(j, p->ipv4);
    return p;
}

struct judge_port *judge_port_of(const struct judge *j, uint32_t link, int number)
{
    const struct judge_link *l = &j->link[link];
    return number >= 0 && (uint32_t)number < l->ports ? l->port[number] : NULL;
}

uint32_t judge_link_of(const struct judge *j, const struct judge_port *p)
{
    return (uint32_t)(p->link - j->link);
}

void judge_context(const struct judge *j, struct packet_context *c)
{
    memset(c, 0, sizeof *c);
    c->self = j->names.self;
    c->lookup = j->names.lookup;
    c->bind = j->names.bind;
    c->host = j->names.host;
}

struct flow *judge_flow(const struct judge *j, uint32_t link)
{
    return j->link[link].flow;
}

const struct frame *judge_last_out(const struct judge *j, uint32_t link)
{
    return j->link[link].last_out;
}

void judge_said_ttl(struct judge *j, uint8_t ttl)
{
    j->said_ttl[ttl / 64] |= UINT64_C(1) << ttl % 64;
}

void judge_said_tos(struct judge *j, uint8_t tos)
{
    j->said_tos[tos / 64] |= UINT64_C(1) << tos % 64;
}

/* --- frames --- */

/* Frames of that kind need no line; their sums, lengths and the baseline hold all the same, but for
 * what the ignore states. */
static const struct judge_ignore *ignored_by(struct judge *j, const struct judge_port *from,
                                             const struct frame *f, int64_t now_ns)
{
    struct packet_context c;
    const struct judge_ignore *found = NULL;
    judge_context(j, &c);
    for (uint32_t i = 0; i < j->ignores; i++) {
        struct judge_ignore *ig = &j->ignore[i];
        bool here = ig->at ? ig->at == from : from->station == STATION_UNDER_TEST;
        bool over = ig->until_ns >= 0 && now_ns > ig->until_ns;
        if (!here || over || !packet_matches(ig->packet, &c, f->bytes, f->len))
            continue;
        ig->applied++;
        found = ig;
    }
    return found;
}

static void difference_add(struct packet_verdict *v, const struct breach *b)
{
    v->matches = false;
    if (v->differences < PACKET_DIFFERENCES) {
        struct packet_difference *d = &v->difference[v->differences];
        snprintf(d->field, sizeof d->field, "%s", b->rule->name);
        snprintf(d->expected, sizeof d->expected, "%s", b->expected);
        snprintf(d->actual, sizeof d->actual, "%s", b->actual);
        d->clause = b->rule->clause;
    }
    v->differences++;
}

void breaches_add(const struct judge *j, const struct breach *breach, uint32_t breaches,
                  const struct packet_spec *line, struct packet_verdict *v)
{
    for (uint32_t b = 0; b < breaches; b++)
        if ((breach[b].rule->level == RULE_MUST || j->conventions) &&
            !(line && baseline_excused(breach[b].rule, line)))
            difference_add(v, &breach[b]);
}

/* Some line of the script is of the frame's kind and states what the rule is about. */
static bool excused_somewhere(const struct judge *j, const struct rule *rule, const struct frame *f)
{
    struct packet_context c;
    judge_context(j, &c);
    for (uint32_t k = 0; k < j->excuses; k++)
        if (baseline_excused(rule, j->excuse[k]) &&
            packet_alike(j->excuse[k], &c, f->bytes, f->len))
            return true;
    return false;
}

/* A frame without a line of its own: verified, and held to the baseline. */
static void judge_unlined(struct judge *j, const struct judge_port *from, const struct frame *f,
                          const struct judge_ignore *ig, const struct breach *breach,
                          uint32_t breaches, int64_t now_ns)
{
    static const struct place nowhere;
    struct packet_verdict v;
    packet_verify(j->layers, ig ? ig->packet : NULL, f->bytes, f->len, &v);
    for (uint32_t b = 0; b < breaches; b++)
        if (!(j->disturbed && baseline_looks_back(breach[b].rule)) &&
            (ig || !excused_somewhere(j, breach[b].rule, f)))
            breaches_add(j, &breach[b], 1, ig ? ig->packet : NULL, &v);
    if (!v.matches)
        say_broken(j, ig ? &ig->place : &nowhere, from, f, &v, now_ns);
}

/* What breaks a convention is told in the ladder, where it does not fail. */
static void note_conventions(struct judge *j, struct frame *f, const struct breach *breach,
                             uint32_t breaches)
{
    for (uint32_t b = 0; b < breaches && !j->conventions; b++) {
        char text[256];
        if (breach[b].rule->level != RULE_CONVENTION || f->note)
            continue;
        snprintf(text, sizeof text, "%s: expected %s, actual %s, %s", breach[b].rule->name,
                 breach[b].expected, breach[b].actual, breach[b].rule->clause);
        frame_note(f, NULL, names_text(j->world, &j->notes, text));
    }
}

static void keep_frame(struct frame **last, struct frame *f)
{
    if (*last)
        frame_unref(*last);
    *last = frame_ref(f);
}

static void append(struct seen_queue *q, struct seen *s)
{
    *(q->first ? &q->last->next : &q->first) = s;
    q->last = s;
}

static struct seen_queue *queue_of(struct judge *j, const struct seen *s)
{
    return s->from->station == STATION_UNDER_TEST ? &j->ours : s->from->watched;
}

static struct seen *remember(struct judge *j, struct judge_port *from, struct frame *f,
                             uint32_t record, const struct breach *breach, uint32_t breaches,
                             const struct flow_base *base, int64_t now_ns)
{
    struct frame *answered =
        from->station == STATION_UNDER_TEST ? from->link->last_in : from->link->last_out;
    struct seen *s = world_alloc(j->world, sizeof *s, 16);
    *s = (struct seen){.frame = frame_ref(f),
                       .answered = answered ? frame_ref(answered) : NULL,
                       .from = from,
                       .time_ns = now_ns,
                       .record = record,
                       .number = j->frames,
                       .sent = from->station == STATION_UNDER_TEST ? j->sent : 0,
                       .breaches = breaches,
                       .base = *base};
    if (breaches) {
        s->breach = world_alloc(j->world, breaches * sizeof *s->breach, 16);
        memcpy(s->breach, breach, breaches * sizeof *s->breach);
    }
    flow_hold(s->base.flow);
    append(queue_of(j, s), s);
    world_due(j->world, j->player, now_ns);
    return s;
}

void judge_watch(struct judge *j, struct judge_port *p, struct judge_port *first)
{
    if (!first->watched)
        first->watched = world_alloc(j->world, sizeof *first->watched, 16);
    p->watched = first->watched;
}

static void see_ours(struct judge *j, struct judge_port *from, struct frame *f, uint32_t record,
                     int64_t now_ns)
{
    struct packet_facts facts;
    struct breach breach[BREACHES];
    struct flow_base base;
    j->sent++;
    packet_facts(f->bytes, f->len, &facts);
    uint32_t breaches = baseline_breaches(j, from, &facts, now_ns, breach);
    flow_see(j, from, &facts, true, &base); /* the rules look at what was before */
    const char *custom = custom_needs_no_line(j, from, &facts, now_ns);
    memory_sent(j, from, &facts, now_ns);
    dhcp_sent(j, from, &facts);
    note_conventions(j, f, breach, breaches);
    const struct judge_ignore *ig = ignored_by(j, from, f, now_ns);
    if (ig || j->unlined)
        judge_unlined(j, from, f, ig, breach, breaches, now_ns);
    else
        remember(j, from, f, record, breach, breaches, &base, now_ns)->custom = custom;
    keep_frame(&from->link->last_out, f);
}

/* The host's interface on the link; the first, if it has several. */
static const struct judge_port *host_port(const struct judge_link *l)
{
    for (uint32_t p = 0; p < l->ports; p++)
        if (l->port[p] && l->port[p]->station == STATION_UNDER_TEST)
            return l->port[p];
    return NULL;
}

static void see_other(struct judge *j, struct judge_link *l, struct judge_port *from,
                      struct frame *f, enum link_event event, uint32_t record, int64_t now_ns)
{
    bool peer = from && from->station == STATION_PEER;
    bool bent = event == LINK_CORRUPTED || event == LINK_TRUNCATED;
    bool arrives = event != LINK_LOST && event != LINK_QUEUE_FULL && event != LINK_IS_DOWN &&
                   !(bent && j->disturbed);
    struct packet_facts facts;
    struct flow_base base = {.flow = NULL};
    packet_facts(f->bytes, f->len, &facts);
    if (arrives && memory_owns(j, NULL, facts.dst))
        flow_see(j, host_port(l), &facts, false, &base);
    if (peer && from->watched && !j->unlined && !ignored_by(j, from, f, now_ns))
        remember(j, from, f, record, NULL, 0, &base, now_ns);
    keep_frame(&l->last_in, f);
    if (arrives) {
        memory_came(j, l, f, &facts, now_ns);
        address_heard(j, l, f);
    }
}

void judge_frame(struct judge *j, uint32_t link, int number, struct frame *f, enum link_event event,
                 uint32_t record, int64_t now_ns)
{
    struct judge_port *from = judge_port_of(j, link, number);
    j->frames++;
    if (from && from->station == STATION_UNDER_TEST) {
        address_heard(j, &j->link[link], f);
        see_ours(j, from, f, record, now_ns);
    } else {
        see_other(j, &j->link[link], from, f, event, record, now_ns);
    }
}

struct seen *seen_next(const struct judge *j, const struct expect_block *b)
{
    struct seen *oldest = j->ours.first;
    for (uint32_t k = 0; b && k < b->lines; k++) {
        const struct seen_queue *q = b->line[k].at->watched;
        if (q && q->first && (!oldest || q->first->number < oldest->number))
            oldest = q->first;
    }
    return oldest;
}

void seen_take(struct judge *j, struct seen *s)
{
    struct seen_queue *q = queue_of(j, s);
    assert(q->first == s);
    q->first = s->next;
    s->next = NULL;
}

void seen_free(struct judge *j, struct seen *s)
{
    flow_let_go(s->base.flow);
    frame_unref(s->frame);
    if (s->answered)
        frame_unref(s->answered);
    if (s->breaches)
        world_release(j->world, s->breach, s->breaches * sizeof *s->breach);
    world_release(j->world, s, sizeof *s);
}

bool seen_passed_over(struct judge *j, struct seen *s)
{
    if (!s->custom)
        return false;
    if (!s->frame->note)
        frame_note(s->frame, NULL, s->custom);
    seen_take(j, s);
    seen_free(j, s);
    return true;
}

bool judge_unexpected(struct judge *j, const struct place *place, int64_t time_ns)
{
    struct seen *s;
    do
        s = seen_next(j, NULL);
    while (s && s->time_ns < time_ns && seen_passed_over(j, s));
    if (!s || s->time_ns >= time_ns)
        return false;
    say_unexpected(j, place, s);
    return true;
}

void judge_finish(struct judge *j)
{
    for (uint32_t i = 0; i < j->ignores && j->verdict->status == RUN_PASSED; i++)
        if (j->ignore[i].applied == 0)
            verdict_fail(j->verdict, &j->ignore[i].place, world_now(j->world),
                         "this ignore never applied");
}
