#include "sim/cli/from_pcap.h"
int convert_with_guesses(struct conversion *c)
{
    print_timeline(c, NULL, 0);
    return 0;
}
