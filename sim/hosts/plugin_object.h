/* Shared objects: loaded, and loaded anew, with what they keep in static variables as at first. */
#ifndef SIM_HOSTS_PLUGIN_OBJECT_H
#define SIM_HOSTS_PLUGIN_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include "sim/base/why.h"

struct plugin_object;

/* The object in this file, which stays loaded; NULL and why: it is not there, is no shared object,
 * its constructors end the process. A name without a slash counts from the working folder. */
struct plugin_object *plugin_open(const char *path, struct why *why);
/* A symbol of it; NULL and why: it exports no such symbol. `what` says where to look. */
void *plugin_find(struct plugin_object *o, const char *symbol, const char *what, struct why *why);
/* Unloads it and loads it again: constructors run anew, what was found is to be found again, it
 * may lie elsewhere. False: what was loaded is there as it was, for it is sanitized, runs threads
 * or is kept by something else. Nothing of it may be in use. */
bool plugin_renew(struct plugin_object *o);

/* Zeroed memory for what stays as long as the program; NULL when there is none. */
void *plugin_memory(size_t size);
/* A copy that stays as long. NULL for NULL, and when there is no memory. */
char *plugin_text(const char *text);

#endif
