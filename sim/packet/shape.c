/* A frame's layers. Nothing here trusts a length: every view lies inside the frame, whatever the
 * bytes say. */
#include <string.h>
#include "sim/packet/layer.h"

static struct view *view_add(struct shape *s, const struct layer *layer, uint32_t at, bool quoted,
                             bool partial)
{
    struct view *v = &s->view[s->views++];
    *v = (struct view){
        .layer = layer, .at = at, .body = at, .end = at, .quoted = quoted, .partial = partial};
    return v;
}

static void data_view(struct shape *s, uint32_t at, uint32_t end, bool quoted, bool partial)
{
    if (at < end)
        view_add(s, &layer_data, at, quoted, partial)->end = end;
}

void shape_frame(struct shape *s, const struct layer_set *set, const uint8_t *bytes, uint32_t len)
{
    memset(s, 0, sizeof *s);
    s->set = set ? set : layer_set_builtin();
    s->bytes = bytes;
    s->len = len;
    const struct layer *layer = &layer_eth;
    uint32_t at = 0, limit = len;
    bool quoted = false, partial = false;
    while (layer && s->views < SHAPE_LAYERS - 1) {
        struct view *v = view_add(s, layer, at, quoted, partial);
        const char *problem = NULL;
        const struct layer *next = NULL;
        if (!layer->open(s, v, limit, &next, &problem)) {
            s->views--;
            if (!quoted && !s->problem) {
                s->problem_layer = layer->name;
                s->problem = problem;
            }
            break;
        }
        quoted = quoted || (layer == &layer_icmp && next == &layer_ip);
        partial = v->partial || quoted;
        at = v->body;
        limit = v->end;
        layer = next;
    }
    data_view(s, at, limit, quoted, partial);
}

int shape_find(const struct shape *s, const struct layer *layer, int from)
{
    for (int i = from; i < s->views; i++)
        if (s->view[i].layer == layer)
            return i;
    return -1;
}

bool option_next(const struct shape *s, const struct option_style *style, uint32_t *at,
                 uint32_t end, struct option_view *o)
{
    if (*at >= end)
        return false;
    o->at = *at;
    o->code = s->bytes[*at];
    o->broken = false;
    if ((int)o->code == style->pad || (int)o->code == style->end) {
        o->value = o->end = *at += 1;
        return true;
    }
    uint32_t head = *at + 2;
    uint32_t len = head <= end ? s->bytes[*at + 1] : 0;
    o->broken = head > end || (style->whole && len < 2);
    o->value = head < end ? head : end;
    o->end = style->whole ? *at + len : head + len;
    if (o->broken || o->end > end)
        o->broken = true, o->end = end;
    *at = o->end;
    return true;
}
