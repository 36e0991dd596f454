/* A host that a stack moves: see sut_host.h. */
#include "sim/hosts/sut_host.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sim/hosts/sut_inside.h"
#include "sim/hosts/sut_plugin.h"

enum { IDLE_ROUNDS = 1000 };

static struct sut_state *state_of(struct host *h)
{
    return h->state;
}

/* --- events --- */

static void poll_until_idle(struct host *h)
{
    struct sut_state *s = state_of(h);
    if (s->busy)
        return;
    if (s->polling) {
        s->again = true;
        return;
    }
    s->polling = true;
    int rounds = 0;
    bool interrupted;
    do {
        s->again = false;
        if (s->board)
            s->board->kind->interrupts(s->board);
        s->config.sut->poll(s->instance);
        interrupted = s->board && s->board->kind->pending(s->board);
    } while ((s->again || interrupted) && ++rounds < IDLE_ROUNDS);
    s->polling = false;
    if (rounds == IDLE_ROUNDS)
        world_fail(h->world, "%s is never idle: polled %d times at one instant%s", h->name, rounds,
                   interrupted ? ", and its NIC interrupts each time" : "");
}

static uint64_t frames_taken(struct host *h)
{
    struct sut_state *s = state_of(h);
    struct value v;
    if (s->config.sut->query && s->config.sut->query(s->instance, "rx_received", &v) == 0)
        return (uint64_t)v.number;
    return s->stack_frames;
}

/*
 * busy(TIME): the host does not run, its interrupts are off; what comes in meanwhile is the NIC's
 * affair alone. Only one with a NIC can be: elsewhere a frame is an upcall. The stack's own
 * deadline waits until it runs again.
 */
static int64_t start_busy(struct host *h, const struct value *argv, int argc)
{
    struct sut_state *s = state_of(h);
    if (!s->board)
        return SUT_UNKNOWN;
    if (argc != 1 || argv[0].kind != VALUE_TIME || argv[0].number <= 0)
        return -EINVAL;
    s->busy = true;
    s->board->kind->interruptible(s->board, false);
    host_due(h, host_now(h) + argv[0].number);
    return 0;
}

int64_t sut_host_busy_ns(const struct host *h)
{
    return ((const struct sut_state *)h->state)->busy ? h->owner.due_ns : NEVER;
}

static void end_busy(struct host *h)
{
    struct sut_state *s = state_of(h);
    s->busy = false;
    s->piled_up = 0;
    s->board->kind->interruptible(s->board, true);
    host_due(h, s->due_ns);
}

static void remember_held(struct host *h, uint32_t stack_frame)
{
    struct sut_state *s = state_of(h);
    if (s->pendings == s->pending_room)
        s->pending = world_grow(h->world, s->pending, &s->pending_room, sizeof *s->pending);
    s->pending[s->pendings++] = (struct pending_fate){stack_frame, s->current};
}

/* A driver under a stack of ours names its counter; of another's we know no more than that it lost
 * the frame. */
static const char *driver_drop(struct host *h)
{
    struct sut_state *s = state_of(h);
    struct value v;
    if (s->config.sut->query && s->config.sut->query(s->instance, "driver_drop", &v) == 0 &&
        v.kind == VALUE_BYTES)
        return (const char *)v.bytes;
    return "driver.lost";
}

/* The frame is in guest memory and the stack is idle again: it was told, is held, or the driver
 * lost it. */
static void account(struct host *h, uint64_t taken_before)
{
    struct sut_state *s = state_of(h);
    uint64_t taken = frames_taken(h);
    if (s->told)
        return;
    if (s->busy)
        remember_held(h, (uint32_t)taken + ++s->piled_up);
    else if (taken > taken_before)
        remember_held(h, (uint32_t)taken);
    else
        sut_tell(h, s->current, SUT_FATE_DROPPED, driver_drop(h));
}

/* Whoever takes whole frames still stands behind a station's filter: why a frame does not pass it;
 * NULL: it does. */
static const char *station_filter(const struct host *h, int port, const struct frame *f)
{
    if (f->flags & FRAME_BAD_FCS)
        return "nic.rx_bad_fcs";
    if (f->len > LONGEST_FRAME)
        return "nic.rx_too_long";
    bool ours = f->len >= ETHERNET_HEADER &&
                ((f->bytes[0] & 1) || memcmp(f->bytes, h->port[port].mac, 6) == 0);
    return ours ? NULL : "nic.rx_filtered";
}

/* By upcall. What the stack gets is a copy, for it may write into it. */
static void hand_over(struct host *h, int port, const struct frame *f)
{
    struct sut_state *s = state_of(h);
    s->stack_frames++;
    s->copy = s->copy ? s->copy : host_alloc(h, LONGEST_FRAME);
    memcpy(s->copy, f->bytes, f->len);
    s->config.sut->input(s->instance, port, s->copy, f->len);
}

static void sut_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    struct sut_state *s = state_of(h);
    if (s->config.listener.came)
        s->config.listener.came(s->config.listener.ctx, h, port, f, now_ns);
    s->current = ++s->frames;
    s->told = false;
    s->delivered = f;
    uint64_t before = s->config.watch_fates ? frames_taken(h) : 0;
    if (s->config.watch_fates)
        driver_drop(h); /* forget what happened before */
    const char *filtered = NULL;
    if (s->board)
        s->board->kind->receive(s->board, port, f->bytes, f->len, (f->flags & FRAME_BAD_FCS) != 0,
                                &filtered);
    else
        filtered = station_filter(h, port, f);
    if (filtered) {
        sut_tell(h, s->current, SUT_FATE_FILTERED, filtered);
        s->told = true;
    } else if (!s->board) {
        hand_over(h, port, f);
    }
    poll_until_idle(h);
    if (s->config.watch_fates)
        account(h, before);
    s->current = 0;
    s->delivered = NULL;
}

static void sut_due(struct host *h, int64_t now_ns)
{
    (void)now_ns;
    if (state_of(h)->busy)
        end_busy(h);
    poll_until_idle(h);
}

static void sut_carrier(struct host *h, int port, bool up, int64_t now_ns)
{
    (void)now_ns;
    struct sut_state *s = state_of(h);
    if (s->board)
        s->board->kind->carrier(s->board, port, up);
    else if (s->config.sut->carrier)
        s->config.sut->carrier(s->instance, port, up);
    poll_until_idle(h);
}

static const char *foreign_version(const struct host *h)
{
    const struct sut *sut = sut_host_sut(h);
    return !sut || sut->flags & SUT_INSIDE ? NULL : sut->version;
}

static int sut_init(struct host *h, const struct attrs *a, struct why *why)
{
    (void)h, (void)a, (void)why;
    return 0;
}

const struct host_kind sut_kind = {
    .name = "sut",
    .help = "the host under test",
    .state_size = sizeof(struct sut_state),
    .flags = HOST_UNDER_TEST | HOST_STACK,
    .init = sut_init,
    .frame = sut_frame,
    .due = sut_due,
    .carrier = sut_carrier,
};

const struct host_kind sut_peer_kind = {
    .name = "stack",
    .help = "a stack as a peer, with calls of its own",
    .state_size = sizeof(struct sut_state),
    .flags = HOST_STACK,
    .init = sut_init,
    .frame = sut_frame,
    .due = sut_due,
    .carrier = sut_carrier,
    .query = sut_host_query,
    .stop = sut_host_close,
    .version = foreign_version,
};

/* --- for the run --- */

struct wire_end {
    struct host *host;
    int port;
};

static void nic_to_wire(void *ctx, const uint8_t *bytes, uint32_t len)
{
    const struct wire_end *end = ctx;
    sut_env_transmit(end->host, end->port, bytes, len);
}

static void attend(void *ctx)
{
    poll_until_idle(ctx);
}

static int plug_nics(struct host *h, struct why *why)
{
    struct sut_state *s = state_of(h);
    const struct board_kind *kind = s->config.board ? s->config.board : &board_sim;
    struct board_plan plan = {.name = h->name,
                              .driver = s->config.sut->name,
                              .nic = s->config.nic,
                              .knobs = machine_knobs_default,
                              .attend = attend,
                              .attend_ctx = h,
                              .looks_on = s->config.looks_on,
                              .looks_on_ctx = s->config.looks_on_ctx,
                              .ports = h->ports};
    if (s->config.sut->flags & SUT_LATE_IRQ)
        plan.knobs.late_permille = 1000;
    if (s->config.sut->flags & SUT_PLAIN_DMA)
        plan.knobs.reorder = plan.knobs.ownership = false;
    for (uint32_t p = 0; p < h->ports; p++) {
        struct board_port *port = &plan.port[p];
        struct wire_end *end = host_alloc(h, sizeof *end);
        *end = (struct wire_end){h, (int)p};
        memcpy(port->mac, h->port[p].mac, sizeof port->mac);
        port->up = link_is_up(h->port[p].link);
        port->tx_delay_ns = s->config.tx_delay_ns[p];
        port->options = s->config.device;
        port->transmit = nic_to_wire;
        port->ctx = end;
    }
    s->board = kind->open(h->world, &plan, why);
    return s->board ? 0 : -1;
}

/* What the C library keeps of its own numbers is as in a new process. */
static void begin_random(void)
{
    unsigned short start[3] = {0};
    srand(1);
    seed48(start);
}

int sut_host_open(struct host *h, const struct sut_config *config, struct why *why)
{
    struct sut_state *s = state_of(h);
    const struct sut *sut = config->sut;
    s->config = *config;
    s->due_ns = NEVER;
    for (int p = 0; p < SUT_PORTS; p++)
        snprintf(s->ifname[p], sizeof s->ifname[p], "eth%d", p);
    if (!sut_statics_fresh(sut) && !(sut->flags & SUT_SINGLETON)) {
        why_set(
            why,
            "the stack %s keeps state in static variables, which an earlier instance has changed: "
            "it must say SUT_SINGLETON",
            sut->name);
        return -1;
    }
    sut_env_fill(h);
    for (int p = 0; p < SUT_PURPOSES; p++) {
        char name[80];
        snprintf(name, sizeof name, "%s purpose %d", h->name, p);
        random_init(&s->purpose[p], world_seed(h->world), name);
    }
    if (!(sut->flags & SUT_SAVES))
        world_foreign(h->world, sut->name);
    if (sut->flags & SUT_BUS && plug_nics(h, why) != 0)
        return -1;
    if (!(sut->flags & SUT_SAVES))
        begin_random();
    sut_statics_use(sut);
    s->instance = sut->open(&s->env);
    if (!s->instance) {
        sut_statics_leave(sut);
        why_set(why, "the stack %s did not open", sut->name);
        return -1;
    }
    for (uint32_t p = 0; p < h->ports; p++) {
        const struct bus *bus = s->board ? s->board->kind->bus(s->board) : NULL;
        int got = sut->attach(s->instance, (int)p, sut_host_ifname(h, (int)p), h->port[p].mac,
                              h->port[p].mtu, bus);
        if (p > 0 && (got == -ENODEV || (got && sut->flags & SUT_OTHERS_DRIVER))) {
            why_set(why, "%s has %u interface%s, the script wants %u", sut->name, p,
                    p == 1 ? "" : "s", h->ports);
            return 1;
        }
        if (got != 0) {
            why_set(why, "the stack %s did not attach %s: it returned %d, not 0", sut->name,
                    sut_host_ifname(h, (int)p), got);
            return -1;
        }
    }
    poll_until_idle(h);
    return 0;
}

/* Whoever says when it wants to be polled is not polled for having been called: a timer that it
 * forgot to tell of fires too late here as it would in a kernel. */
static void attend_call(struct host *h)
{
    struct sut_state *s = state_of(h);
    if (s->board)
        s->board->kind->interrupts(s->board);
    if (!(s->config.sut->flags & SUT_TELLS) || s->due_ns <= host_now(h))
        poll_until_idle(h);
}

/* nic(INTERFACE, EVENT): something happens to the device. */
static int64_t disturb_nic(struct host *h, const struct value *argv, int argc)
{
    char event[64];
    if (argc < 2 || argv[0].kind != VALUE_BYTES || argv[1].kind != VALUE_BYTES ||
        argv[1].len >= sizeof event)
        return -EINVAL;
    memcpy(event, argv[1].bytes, argv[1].len);
    event[argv[1].len] = 0;
    for (uint32_t p = 0; p < h->ports; p++) {
        const char *name = sut_host_ifname(h, (int)p);
        if (strlen(name) != argv[0].len || memcmp(name, argv[0].bytes, argv[0].len) != 0)
            continue;
        if (!nic_event(board_nic(state_of(h)->board, (int)p), event))
            return -EOPNOTSUPP;
        attend_call(h);
        return 0;
    }
    return -ENODEV;
}

int64_t sut_host_call(struct host *h, uint64_t token, const char *name, const struct value *argv,
                      int argc, struct value *out)
{
    struct sut_state *s = state_of(h);
    if (s->busy) {
        world_fail(h->world, "%s(): %s is busy and makes no calls", name, h->name);
        return -EBUSY;
    }
    if (strcmp(name, "busy") == 0)
        return start_busy(h, argv, argc);
    if (strcmp(name, "nic") == 0 && s->board && s->board->kind->models)
        return disturb_nic(h, argv, argc);
    int64_t result = s->config.sut->call(s->instance, token, name, argv, argc, out);
    for (int k = 0; k < SUT_ARGUMENTS; k++)
        out[k] = sut_sane(&out[k]);
    attend_call(h);
    return result;
}

int sut_host_query(struct host *h, const char *what, struct value *out)
{
    struct sut_state *s = state_of(h);
    if (!s->config.sut->query || s->config.sut->query(s->instance, what, out) != 0)
        return -1;
    *out = sut_sane(out);
    return 0;
}

void sut_host_close(struct host *h)
{
    struct sut_state *s = state_of(h);
    if (s->instance && s->config.watch_fates)
        for (uint32_t i = 0; i < s->pendings; i++)
            sut_tell(h, s->pending[i].frame, SUT_FATE_HELD, "held");
    s->config.watch_fates = false; /* each frame ends once: what stopping drops was held */
    if (s->instance) {
        s->config.sut->close(s->instance);
        sut_statics_leave(s->config.sut);
    }
    s->instance = NULL;
    if (s->board && s->board->kind->close)
        s->board->kind->close(s->board);
    s->board = NULL;
}

void sut_host_explain(struct host *h)
{
    struct board *b = state_of(h)->board;
    for (uint32_t p = 0; b && b->kind->models && p < h->ports; p++)
        nic_explain(board_nic(b, (int)p), NIC_RECEIVING | NIC_SENDING | NIC_INTERRUPTING);
}

int sut_host_nic_count(struct host *h, int port, const char *counter, uint64_t *value)
{
    struct board *b = state_of(h)->board;
    return b ? b->kind->count(b, port, counter, value) : -1;
}

const char *sut_host_ifname(const struct host *h, int port)
{
    const struct sut_state *s = h->state;
    return h->kind->flags & HOST_UNDER_TEST ? h->port[port].name : s->ifname[port];
}

int sut_host_port(const struct host *h, const char *ifname)
{
    for (uint32_t p = 0; p < h->ports; p++)
        if (strcmp(sut_host_ifname(h, (int)p), ifname) == 0)
            return (int)p;
    return -1;
}

const struct sut *sut_host_sut(const struct host *h)
{
    return ((const struct sut_state *)h->state)->config.sut;
}

uint32_t sut_host_frames(const struct host *h)
{
    return ((const struct sut_state *)h->state)->frames;
}

struct frame *sut_host_current(const struct host *h)
{
    return ((const struct sut_state *)h->state)->delivered;
}
