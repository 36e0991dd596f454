/*
 * Our stack below its interface, without a NIC, its driver and the services: it takes and gives
 * whole frames, in as little memory as all of TCP works in. For fuzzers, which put it back to a
 * prepared state thousands of times a second.
 */
#include <stdio.h>
#include <string.h>
#include "sim/hosts/stack_sut_inside.h"
#include "stack/core/module.h"

enum { MAC_BYTES = 6, SHORTEST = 60, MODULES_MOST = MODULES + 1 };

static const struct stack_limits wire_limits = {
    .frames = 20,
    .netifs = 2,
    .routes = 4,
    .neighbours = 4,
    .neighbour_queue = 2,
    .sockets = 5,
    .tcp_pcbs = 6,
    .tcp_chunks = 20,
    .memberships = 1,
    .path_mtus = 4,
    .driver_bytes = 256,
};

/* What TCP over Ethernet stands on. */
static bool is_wanted(enum module_id id)
{
    return id <= MODULE_SOCKET && id != MODULE_POINT_TO_POINT && id != MODULE_REASSEMBLY &&
           id != MODULE_UDP && id != MODULE_RAW;
}

static struct stack_config wire_config(const struct module **modules)
{
    uint32_t count = 0;
    for (const struct module *const *m = stack_full_config.modules; *m; m++)
        if (is_wanted((*m)->id) && count + 1 < MODULES_MOST)
            modules[count++] = *m;
    modules[count] = NULL;
    return (struct stack_config){.limits = wire_limits, .modules = modules};
}

struct wire_hook {
    struct netif *nif;
    struct stack_sut *sut;
};

static int hook_probe(void *d, struct netif *nif, const struct device *device, int64_t now_ns)
{
    (void)device;
    ((struct wire_hook *)d)->nif = nif;
    netif_link(nif, true, now_ns);
    return 0;
}

static int64_t hook_poll(void *d, int64_t now_ns, int budget)
{
    (void)d, (void)now_ns, (void)budget;
    return INT64_MAX;
}

/* A device may write on what it owns. */
static int hook_send(void *d, struct netbuf *nb, int64_t now_ns)
{
    struct wire_hook *h = d;
    uint32_t len = netbuf_len(nb);
    (void)now_ns;
    h->sut->env->transmit(h->sut->env->self, 0, netbuf_data(nb), len);
    memset(netbuf_data(nb), 0xdb, len < SHORTEST ? len : SHORTEST);
    netif_sent(h->nif, nb, 0);
    return 0;
}

static const struct netif_driver hook_driver = {
    .name = "wire",
    .state_size = sizeof(struct wire_hook),
    .probe = hook_probe,
    .poll = hook_poll,
    .send = hook_send,
};

static void *wire_open(const struct sut_env *env)
{
    const struct module **modules = env->memory(env->self, MODULES_MOST * sizeof *modules, NULL);
    if (!modules)
        return NULL;
    struct stack_config config = wire_config(modules);
    return stack_sut_open_config(env, &config);
}

static int wire_attach(void *s, int port, const char *ifname, const uint8_t mac[6], int mtu,
                       const struct bus *b)
{
    struct stack_sut *u = s;
    (void)b, (void)mtu;
    struct netif *nif =
        port ? NULL : stack_attach(u->stack, ifname, &hook_driver, NULL, u->env->now(u->env->self));
    if (!nif)
        return -ERR_NODEV;
    ((struct wire_hook *)nif->state)->sut = u;
    memcpy(nif->mac, mac, MAC_BYTES);
    return netif_up(nif, u->env->now(u->env->self));
}

static void wire_input(void *s, int port, const void *frame, size_t len)
{
    struct stack_sut *u = s;
    struct netif *nif = stack_netif(u->stack, "eth0");
    struct netbuf *nb = port || !nif ? NULL : netif_buffer(nif, (uint32_t)len);
    if (!nb)
        return; /* as a NIC whose ring has no buffer */
    memcpy(netbuf_data(nb), frame, len);
    netif_receive(nif, nb, u->env->now(u->env->self));
}

const struct sut stack_wire_sut = {
    .abi = SUT_ABI,
    .flags = SUT_FRAMES | SUT_SAVES | SUT_PATTERN | SUT_INSIDE | SUT_TELLS,
    .name = "stack",
    .version = "wiredrill",
    .open = wire_open,
    .attach = wire_attach,
    .input = wire_input,
    .poll = stack_sut_poll,
    .call = stack_sut_call,
    .query = stack_sut_query,
    .close = stack_sut_close,
};

size_t stack_wire_bytes(void)
{
    const struct module *modules[MODULES_MOST];
    struct stack_config config = wire_config(modules);
    return stack_size(&config);
}
