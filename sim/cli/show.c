/* wiredrill show and diff: captures as text. */
#include "sim/cli/cli.h"
#include "sim/record/golden.h"
#include "sim/record/ladder.h"

int capture_open(const char *path, struct pcap_file *file)
{
    struct why why = {{0}};
    if (pcap_load(path, file, &why) != 0)
        return usage_error("%s", why.text);
    if (file->cut.text[0])
        fprintf(stderr, "wiredrill: %s: warning: %s\n", path, file->cut.text);
    if (file->other_links)
        fprintf(stderr, "wiredrill: %s: warning: %zu frames that are not Ethernet's are left out\n",
                path, file->other_links);
    return EXIT_PASSED;
}

int command_show(int argc, char **argv)
{
    struct options o;
    struct pcap_file file;
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.paths != 1)
        return usage_error("show: one capture, `wiredrill show F.pcap`");
    if (capture_open(o.path[0], &file) != EXIT_PASSED)
        return EXIT_USAGE;
    if (o.mermaid)
        ladder_mermaid(stdout, &file);
    else
        ladder_of_capture(stdout, &file);
    pcap_unload(&file);
    return EXIT_PASSED;
}

int command_diff(int argc, char **argv)
{
    struct options o;
    struct pcap_file a, b;
    char text[8192];
    if (options_parse(argc, argv, &o) != 0)
        return EXIT_USAGE;
    if (o.paths != 2)
        return usage_error("diff: two captures, `wiredrill diff A.pcap B.pcap`");
    if (capture_open(o.path[0], &a) != EXIT_PASSED)
        return EXIT_USAGE;
    if (capture_open(o.path[1], &b) != EXIT_PASSED) {
        pcap_unload(&a);
        return EXIT_USAGE;
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
