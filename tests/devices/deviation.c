/* The table of deviations: see deviation.h. */
#include "tests/devices/deviation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_row(struct deviations *d, char *text, int line)
{
    char *column[DEVIATION_COLUMNS], *rest = text, *one;
    int columns = 0;
    while ((one = strsep(&rest, "\t")) != NULL) {
        if (columns == DEVIATION_COLUMNS)
            return false;
        column[columns++] = one;
    }
    if (columns != DEVIATION_COLUMNS || d->rows == DEVIATIONS_MAX)
        return false;
    d->row[d->rows++] = (struct deviation){.line = line,
                                           .nic = column[0],
                                           .where = column[1],
                                           .what = column[2],
                                           .theirs = column[3],
                                           .ours = column[4],
                                           .reason = column[5],
                                           .certainty = column[6]};
    return true;
}

bool deviations_load(struct deviations *d, const char *path)
{
    char text[DEVIATION_LINE];
    FILE *f = fopen(path, "r");
    d->rows = 0;
    if (!f) {
        fprintf(stderr, "devices: %s: %s\n", path, strerror(errno));
        return false;
    }
    for (int line = 1; fgets(text, sizeof text, f); line++) {
        text[strcspn(text, "\n")] = 0;
        if (!text[0] || text[0] == '#')
            continue;
        char *copy = strdup(text);
        if (!copy || !add_row(d, copy, line)) {
            fprintf(stderr,
                    "devices: %s:%d: a row is NIC, check, what is seen, QEMU's value, ours, the "
                    "reason and how certain it is, with tabs between them\n",
                    path, line);
            free(copy);
            fclose(f);
            return false;
        }
    }
    fclose(f);
    return true;
}

struct deviation *deviation_of(struct deviations *d, const char *nic, const char *where,
                               const char *what)
{
    for (int k = 0; k < d->rows; k++)
        if (strcmp(d->row[k].nic, nic) == 0 && strcmp(d->row[k].where, where) == 0 &&
            strcmp(d->row[k].what, what) == 0)
            return &d->row[k];
    return NULL;
}
