/* wiredrill driver: a driver's contract, check by check, without a stack in between. */
#include "sim/cli/cli.h"
#include "sim/contract/contract.h"
#include "sim/hosts/driver_board.h"
#include "sim/hosts/driver_load.h"
#include "sim/hosts/stack_sut_driver.h"

/* Which NIC is meant: the one that the plug-in drives, or --nic's. */
static int load(const struct options *o, struct contract_driver *d)
{
    static struct driver_object object;
    struct why why = {{0}};
    const struct nic_kind *asked = o->nic ? nic_kind_by_name(o->nic) : NULL;
    if (driver_load(o->path[0], &object, &why) != 0)
        return usage_error("%s", why.text);
    if (asked && asked != object.nic)
        return usage_error("%s drives %s, not %s", o->path[0], object.nic->name, asked->name);
    *d = (struct contract_driver){.driver = &object.driver,
                                  .machine_at = object.machine_at,
                                  .nic = object.nic,
                                  .dma_bytes = DRIVER_DMA_BYTES};
    return 0;
}

static int judge(const struct contract_driver *d, const struct options *o)
{
    struct contract_tally t = {0};
    struct why why = {{0}};
    printf("%s on %s, version %u of wiredrill_driver.h\n\n", d->driver->name, d->nic->name,
           d->driver->abi);
    if (contract_run(d, o->only, stdout, o->quiet, &t, &why) != 0)
        return usage_error("%s", why.text);
    printf("\n%u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
    return t.failed ? EXIT_FAILED_CASE : t.passed ? EXIT_PASSED : EXIT_USAGE;
}

int command_driver(int argc, char **argv)
{
    struct options o;
    struct contract_driver d = {0};
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.paths > 1 || (!o.paths && !o.nic))
        return usage_error("driver: one driver, FILE.so, or --nic K for the one in stack/");
    if (o.list && !o.paths) {
        contract_list(stdout, nic_kind_by_name(o.nic));
        return EXIT_PASSED;
    }
    if (o.paths) {
        if (load(&o, &d) != 0)
            return EXIT_USAGE;
    } else {
        d.nic = nic_kind_by_name(o.nic);
        d.driver = stack_sut_driver(d.nic, &d.machine_at, &d.dma_bytes);
        if (!d.driver)
            return usage_error("driver: stack/ has no driver for %s", o.nic);
    }
    if (o.list) {
        contract_list(stdout, d.nic);
        return EXIT_PASSED;
    }
    return judge(&d, &o);
}
