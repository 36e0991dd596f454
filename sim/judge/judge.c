/* What the judge sees: ports, and frames that wait for a line. */
#include "sim/judge/private.h"
#include <string.h>

void judge_init(struct judge *j, struct world *w, uint32_t links)
{
    *j = (struct judge){.world = w, .links = links};
    j->link = world_alloc(w, links * sizeof *j->link, 16);
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

const struct frame *judge_last_out(const struct judge *j, uint32_t link)
{
    return j->link[link].last_out;
}

/* --- frames --- */

/* A frame of that kind needs no line. */
static bool is_ignored(struct judge *j, const struct judge_port *from, const struct frame *f)
{
    struct packet_context c;
    bool ignored = false;
    judge_context(j, &c);
    for (uint32_t i = 0; i < j->ignores; i++) {
        struct judge_ignore *ig = &j->ignore[i];
        bool here = ig->at ? ig->at == from : from->station == STATION_UNDER_TEST;
        if (!here || !packet_matches(ig->packet, &c, f->bytes, f->len))
            continue;
        ig->applied++;
        ignored = true;
    }
    return ignored;
}

static void keep_frame(struct frame **last, struct frame *f)
{
    if (*last)
        frame_unref(*last);
    *last = frame_ref(f);
}

static void remember(struct judge *j, struct judge_port *from, struct frame *f, uint32_t record,
                     int64_t now_ns)
{
    if (j->seens == j->seen_room)
        j->seen = world_grow(j->world, j->seen, &j->seen_room, sizeof *j->seen);
    struct frame *answered =
        from->station == STATION_UNDER_TEST ? from->link->last_in : from->link->last_out;
    j->seen[j->seens++] = (struct seen){.frame = frame_ref(f),
                                        .answered = answered ? frame_ref(answered) : NULL,
                                        .from = from,
                                        .time_ns = now_ns,
                                        .record = record};
    world_due(j->world, j->player, now_ns);
}

void judge_frame(struct judge *j, uint32_t link, int number, struct frame *f, enum link_event event,
                 uint32_t record, int64_t now_ns)
{
    struct judge_port *from = judge_port_of(j, link, number);
    bool ours = from && from->station == STATION_UNDER_TEST;
    j->frames++;
    if (from && from->station != STATION_SCRIPT && !j->unlined && (ours || j->watch_peers) &&
        !is_ignored(j, from, f))
        remember(j, from, f, record, now_ns);
    keep_frame(ours ? &j->link[link].last_out : &j->link[link].last_in, f);
    if (!ours && event != LINK_LOST && event != LINK_QUEUE_FULL && event != LINK_IS_DOWN)
        address_heard(j, &j->link[link], f);
}

static bool wanted(const struct seen *s, const struct expect_block *b)
{
    if (s->taken || s->from->station == STATION_UNDER_TEST)
        return !s->taken;
    for (uint32_t k = 0; b && k < b->lines; k++)
        if (expect_leaves_by(&b->line[k], s))
            return true;
    return false;
}

struct seen *seen_next(struct judge *j, const struct expect_block *b)
{
    while (j->seen_first < j->seens && j->seen[j->seen_first].taken)
        j->seen_first++;
    if (j->seen_first == j->seens)
        j->seen_first = j->seens = 0;
    for (uint32_t s = j->seen_first; s < j->seens; s++)
        if (wanted(&j->seen[s], b))
            return &j->seen[s];
    return NULL;
}

void seen_take(struct judge *j, struct seen *s)
{
    (void)j;
    s->taken = true;
    frame_unref(s->frame);
    if (s->answered)
        frame_unref(s->answered);
}

bool judge_unexpected(struct judge *j, const struct place *place, int64_t time_ns)
{
    const struct seen *s = seen_next(j, NULL);
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
