/* From a script's declarations to a world, in order; and taking it apart. */
#include "sim/topology/build.h"
#include <stdarg.h>
#include <string.h>

void topology_skip(struct topology *t, const char *format, ...)
{
    va_list args;
    if (t->skipped)
        return;
    t->skipped = true;
    va_start(args, format);
    vsnprintf(t->skip.text, sizeof t->skip.text, format, args);
    va_end(args);
}

static void each_packet(struct topology *t, const struct step *step, uint32_t steps,
                        topology_packet *see)
{
    for (uint32_t k = 0; k < steps; k++) {
        const struct step *s = &step[k];
        if (step_is_block(s))
            each_packet(t, s->u.block.step, s->u.block.steps, see);
        else if (s->kind == STEP_PACKET)
            see(t, s->u.packet.packet, &s->place);
        else if (s->kind == STEP_FAULT && s->u.fault.match)
            see(t, s->u.fault.match, &s->place);
    }
}

void topology_each_packet(struct topology *t, topology_packet *see)
{
    const struct script *s = t->plan.script;
    each_packet(t, s->step, s->steps, see);
    for (uint32_t k = 0; k < s->ignores; k++)
        see(t, s->ignore[k].packet, &s->ignore[k].place);
}

/* A line that is read but never played skips its script before anything happens. */
static void skip_unplayed(struct topology *t, const struct packet_spec *packet,
                          const struct place *place)
{
    const char *why = packet_unplayed(packet);
    if (why)
        topology_skip(t, "%s:%d: %s", place->file, place->line, why);
}

/* Closure's faults. */
static void disturb_frames(struct topology *t)
{
    for (uint32_t k = 0; k < t->plan.faults; k++) {
        const struct frame_fault *f = &t->plan.fault[k];
        const struct link_fault fault = {
            .kind = f->kind, .frame = f->frame, .delay_ns = f->delay_ns, .from_port = -1};
        if (f->link < (int)t->recording.links)
            link_add_fault(t->recording.link[f->link].link, &fault);
    }
    if (t->plan.faults && t->plan.script->outcomes == 0)
        topology_skip(
            t,
            "%s: a run that disturbs a frame is judged by the script's outcome lines, and "
            "it has none",
            t->plan.script->path);
}

int topology_build(struct topology *t, struct world *w, const struct topology_plan *plan,
                   struct why *why)
{
    const struct script *s = plan->script;
    struct attribute *attribute[SUT_PORTS] = {NULL};
    *t = (struct topology){.world = w, .plan = *plan};
    t->host = world_alloc(w, (s->hosts + 2) * sizeof(struct host *), 16);
    topology_each_packet(t, skip_unplayed);
    for (uint32_t p = 0; p < s->parameters; p++)
        scope_bind(t, s->parameter[p].name, plan->value[p]);
    if (s->packetdrill && topology_packetdrill_options(t, why) != 0)
        return -1;
    if (topology_build_links(t, why) != 0)
        return -1;
    t->sut = topology_new_host(t, &sut_kind, "sut");
    if (topology_build_sut(t, attribute, why) != 0)
        return -1;
    if (t->skipped)
        return 0;
    for (uint32_t h = 0; h < s->hosts; h++)
        if (topology_build_host(t, &s->host[h], why) != 0)
            return -1;
    if (s->packetdrill && topology_build_packetdrill(t, why) != 0)
        return -1;
    if (t->skipped)
        return 0;
    if (plan->ready)
        plan->ready(plan->watch_ctx);
    disturb_frames(t);
    if (topology_configure_stacks(t, why) != 0 || topology_configure_sut(t, attribute, why) != 0)
        return -1;
    return s->packetdrill ? topology_configure_packetdrill(t, why) : 0;
}

void topology_stop(struct topology *t)
{
    if (t->sut && t->sut->state)
        sut_host_close(t->sut);
    for (uint32_t h = 0; h < t->hosts; h++)
        if (t->host[h]->kind->stop)
            t->host[h]->kind->stop(t->host[h]);
}
