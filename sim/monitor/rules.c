#include <stddef.h>
#include "sim/monitor/monitor.h"

#define MONITOR_RULE(id, name_, level_, clause_, needs_, what_, except_)                           \
    [MONITOR_##id] = {.name = name_,                                                               \
                      .level = MONITOR_##level_,                                                   \
                      .clause = clause_,                                                           \
                      .needs = needs_,                                                             \
                      .what = what_,                                                               \
                      .except = except_},
#define PORT     NEEDS_PORT
#define WHOLE    NEEDS_WHOLE
#define START    NEEDS_START
#define COMPLETE NEEDS_COMPLETE
#define UNMERGED NEEDS_UNMERGED
#define ORDER    NEEDS_ORDER
const struct monitor_row monitor_row[MONITOR_RULES] = {
#include "sim/monitor/rules.def"
};

const char *monitor_level_name(enum monitor_level level)
{
    static const char *const name[] = {"MUST", "SHOULD", "convention"};
    return name[level];
}

const char *monitor_need_text(unsigned needs)
{
    static const struct {
        unsigned need;
        const char *text;
    } words[] = {
        {NEEDS_WHOLE, "the capture cut the frame"},
        {NEEDS_START, "the connection's SYN is not in the capture, or is cut"},
        {NEEDS_COMPLETE, "frames that passed are missing in the capture"},
        {NEEDS_UNMERGED, "the capture was taken before the sender's NIC cut and summed its frames"},
        {NEEDS_PORT, "the capture may have been taken far from the sender's port"},
        {NEEDS_ORDER,
         "between the sender's port and the capture frames may have been lost, late or "
         "out of order"},
    };
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
        if (needs & words[k].need)
            return words[k].text;
    return "";
}
