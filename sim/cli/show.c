/* wiredrill show and diff: captures as text. */
#include "sim/cli/cli.h"
#include "sim/record/golden.h"
#include "sim/record/ladder.h"

int command_show(int argc, char **argv)
{
    struct options o;
    struct why why = {{0}};
    struct pcap_file file;
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.paths != 1)
        return usage_error("show: one capture, `wiredrill show F.pcap`");
    if (pcap_load(o.path[0], &file, &why) != 0)
        return usage_error("%s", why.text);
    ladder_of_capture(stdout, &file);
    pcap_unload(&file);
    return EXIT_PASSED;
}

int command_diff(int argc, char **argv)
{
    struct options o;
    struct why why = {{0}};
    struct pcap_file a, b;
    char text[8192];
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.paths != 2)
        return usage_error("diff: two captures, `wiredrill diff A.pcap B.pcap`");
    if (pcap_load(o.path[0], &a, &why) != 0)
        return usage_error("%s", why.text);
    if (pcap_load(o.path[1], &b, &why) != 0) {
        pcap_unload(&a);
        return usage_error("%s", why.text);
    }
    struct pool *pool = pool_new();
    int differs = golden_diff(layer_set_new(pool), &a, &b, text, sizeof text);
    if (differs)
        printf("%s\n", text);
    pool_free(pool);
    pcap_unload(&a);
    pcap_unload(&b);
    return differs ? EXIT_FAILED_CASE : EXIT_PASSED;
}
