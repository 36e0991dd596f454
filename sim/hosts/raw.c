/* The raw peer: a name, addresses and a place on a link; what it says is in the script's `<` lines.
 */
#include "sim/hosts/host.h"

static int raw_init(struct host *h, const struct attrs *a, struct why *why)
{
    (void)h, (void)a, (void)why;
    return 0;
}

static void raw_frame(struct host *h, int port, struct frame *f, int64_t now_ns)
{
    (void)h, (void)port, (void)f, (void)now_ns;
}

const struct host_kind raw_kind = {
    .name = "raw",
    .help = "only the script moves it: `<` lines leave by its port",
    .flags = HOST_RAW,
    .init = raw_init,
    .frame = raw_frame,
};
