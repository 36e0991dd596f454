#include "sim/record/recording.h"

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
