#include "sim/play/bend.h"
#include "sim/play/engine.h"

struct bend_link {
    struct run *run;
    uint32_t link;
};

/* A frame that is held back. */
struct held {
    struct owner owner; /* first */
    struct link *link;
    int port;
    struct frame *frame;
};

static void release(struct owner *o, int64_t now_ns)
{
    struct held *h = (struct held *)o;
    (void)now_ns;
    link_enter(h->link, h->port, h->frame);
    frame_unref(h->frame);
}

static void hold(struct run *r, struct link *l, int port, struct frame *f, int64_t until_ns)
{
    struct held *h = world_alloc(r->world, sizeof *h, 16);
    *h = (struct held){.owner = {.fire = release, .name = "a frame held back"},
                       .link = l,
                       .port = port,
                       .frame = frame_ref(f)};
    world_own(r->world, &h->owner, RANK_HOST);
    world_due(r->world, &h->owner, until_ns);
}

/* By the host's next interface; false: it has but one. */
static bool enter_elsewhere(struct run *r, const struct link *l, struct frame *f)
{
    const struct host *sut = r->topology.sut;
    for (uint32_t p = 0; p < sut->ports; p++) {
        if (sut->port[p].link == l)
            continue;
        link_enter(sut->port[p].link, sut->port[p].number, f);
        return true;
    }
    return false;
}

static bool intercept(void *ctx, struct link *l, int port, struct frame *f, int64_t now_ns)
{
    const struct bend_link *b = ctx;
    struct run *r = b->run;
    const struct bend_hooks *hooks = r->options->bend;
    const struct judge_port *from = judge_port_of(&r->judge, b->link, port);
    struct bent bent = {0};
    if (!from || from->station != STATION_UNDER_TEST)
        return true;
    switch (hooks->frame(hooks->ctx, ++r->sent, f, now_ns, &bent)) {
    case BEND_NOTHING:
        return true;
    case BEND_DROP:
        return false;
    case BEND_DOUBLE:
        link_enter(l, port, f);
        return true;
    case BEND_DELAY:
        hold(r, l, port, f, run_later(now_ns, bent.delay_ns));
        return false;
    case BEND_ELSEWHERE:
        return !enter_elsewhere(r, l, f);
    case BEND_BYTES:
        break;
    }
    struct frame *changed = frame_copy(r->world, bent.bytes, bent.len);
    link_enter(l, port, changed);
    frame_unref(changed);
    return false;
}

void bend_begin(struct run *r)
{
    const struct recording *rec = &r->topology.recording;
    for (uint32_t k = 0; r->options->bend && k < rec->links; k++) {
        struct bend_link *b = world_alloc(r->world, sizeof *b, 16);
        *b = (struct bend_link){r, k};
        link_intercept(rec->link[k].link, intercept, b);
    }
}
