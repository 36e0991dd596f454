/* Where something stands in a script, for errors and reports. Columns count from 1, in characters.
 */
#ifndef SIM_BASE_PLACE_H
#define SIM_BASE_PLACE_H

struct place {
    const char *file;
    int line, column, length;
};

#endif
