#include "sim/record/recording.h"

#include <stdlib.h>
#include <string.h>

enum { SHARE_LEAST = 64 << 10 };

void recording_fingerprints(const struct recording *r, struct fingerprint *w, struct fingerprint *t)
{
    fingerprint_init(w);
    fingerprint_init(t);
    for (uint32_t l = 0; l < r->links; l++) {
        fingerprint_join(w, link_print_bytes(r->link[l].link));
        fingerprint_join(t, link_print_times(r->link[l].link));
    }
}

void recording_keep_all(struct recording *r)
{
    for (uint32_t l = 0; l < r->links; l++)
        capture_bound(r->link[l].capture, 0);
}

void recording_bound(struct recording *r)
{
    size_t share = RECORDING_MOST / (r->links ? r->links : 1);
    for (uint32_t l = 0; l < r->links; l++)
        capture_bound(r->link[l].capture, share > SHARE_LEAST ? share : SHARE_LEAST);
}

uint64_t recording_frames(const struct recording *r)
{
    uint64_t frames = 0;
    for (uint32_t l = 0; l < r->links; l++)
        frames += r->link[l].capture->count;
    return frames;
}

/* --- notes --- */

struct recorded_notes *recorded_notes_new(uint32_t most)
{
    struct recorded_notes *n = calloc(1, sizeof *n);
    if (n)
        n->most = most;
    return n;
}

void recorded_notes_free(struct recorded_notes *n)
{
    for (uint32_t k = 0; n && k < n->count; k++)
        free(n->note[k].text);
    if (n)
        free(n->note);
    free(n);
}

static bool make_room(struct recorded_notes *n)
{
    if (n->count == n->most) { /* the older half goes at once */
        uint32_t gone = (n->count + 1) / 2;
        for (uint32_t k = 0; k < gone; k++)
            free(n->note[k].text);
        memmove(n->note, n->note + gone, (n->count - gone) * sizeof *n->note);
        n->count -= gone;
        n->lost += gone;
    }
    if (n->count < n->room)
        return true;
    uint32_t room = n->room ? 2 * n->room : 64;
    struct recorded_note *more = realloc(n->note, room * sizeof *more);
    if (more) {
        n->note = more;
        n->room = room;
    }
    return more != NULL;
}

void recording_note(const struct recording *r, int64_t now_ns, const char *text)
{
    struct recorded_notes *n = r->notes;
    char *copy = n && n->most && make_room(n) ? strdup(text) : NULL;
    if (copy)
        n->note[n->count++] = (struct recorded_note){now_ns, recording_frames(r), copy};
}
