/* PCI bus and drivers, brought together. */
#include "stack/core/module.h"
#include "stack/core/text.h"
#include "stack/driver/pci.h"

struct probe {
    struct stack *s;
    const struct bus *b;
    struct pci_space space;
    int64_t now_ns;
    int found;
};

/* The first free name of eth0, eth1, ... */
static bool free_name(struct stack *s, char name[NETIF_NAME_BYTES])
{
    for (int i = 0; i < 1000; i++) {
        struct text t = text_to(name, NETIF_NAME_BYTES);
        text_string(&t, "eth");
        text_number(&t, i);
        if (!stack_netif(s, name))
            return true;
    }
    return false;
}

static int found(void *ctx, const struct pci_function *seen)
{
    struct probe *p = ctx;
    char name[NETIF_NAME_BYTES];
    for (const struct netif_driver *const *d = p->s->config.drivers; d && *d; d++) {
        struct pci_function f = *seen;
        if (!(*d)->match || !(*d)->match(&f))
            continue;
        if (pci_setup(p->b, &f, &p->space) == 0 && free_name(p->s, name) &&
            stack_attach(p->s, name, *d, p->b, &f, p->now_ns))
            p->found++;
        break;
    }
    return 0;
}

int stack_probe_pci(struct stack *s, const struct bus *b, int64_t now_ns)
{
    /* For functions that no firmware has set up: windows of a PC's chip sets that nothing else
     * claims, and PIRQ A's usual line. */
    struct probe p = {.s = s,
                      .b = b,
                      .space = {.next_io = 0xc000, .next_mem = 0xfeb00000, .irq_line = 11},
                      .now_ns = now_ns};
    pci_enumerate(b, found, &p);
    return p.found;
}
