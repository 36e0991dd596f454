/*
 * Goldens: what must appear on the wire, one pcap a link, compared record by record with
 * timestamps. One golden serves all NICs. With several links there is one for each,
 * NAME@link=LINK.pcap. Beside the golden of a world with foreign hosts stands NAME.versions, a line
 * for each library: with another version here the golden says nothing, and the case is skipped. A
 * script that says `golden fingerprint` keeps one line, NAME.fingerprint.
 */
#ifndef SIM_RECORD_GOLDEN_H
#define SIM_RECORD_GOLDEN_H

#include "sim/record/recording.h"

enum golden_result {
    GOLDEN_SAME,
    GOLDEN_DIFFERS,
    GOLDEN_ABSENT,
    GOLDEN_UNREADABLE,
    GOLDEN_OTHER_VERSION
};

/* What is compared and how. */
struct golden_subject {
    const struct recording *recording;
    bool fingerprint;     /* one line in place of captures */
    const char *versions; /* "slirp 4.7.0\n" for each library of a foreign host; "": none */
};

/* Opens the golden at `path` (without extension), which the captures of a run that begins are
 * compared with from now on. NULL: no memory. `s` and `path` outlive it. */
struct golden *golden_open(const struct golden_subject *s, const char *path);
/* What came of it; the first difference is said in `text`. */
enum golden_result golden_compare(const struct golden *g, char *text, size_t room);
/* Once the captures are gone, or see no frame any more. NULL is nothing. */
void golden_close(struct golden *g);
/* Writes them anew from captures that kept everything; files that are already the same are left
 * alone. 0, or -1 and why. */
int golden_write(const struct golden_subject *s, const char *path, struct why *why);
/* The first difference of two captures, as `wiredrill diff` prints it; 0 when they are the same, 1
 * when not. */
int golden_diff(const struct layer_set *layers, const struct pcap_file *expected,
                const struct pcap_file *actual, char *text, size_t room);

#endif
