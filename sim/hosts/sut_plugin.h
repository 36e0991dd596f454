/* Stacks under test in shared objects. */
#ifndef SIM_HOSTS_SUT_PLUGIN_H
#define SIM_HOSTS_SUT_PLUGIN_H

#include "sim/hosts/sut.h"
#include "sim/base/why.h"

/* Is it a file's name, and no stack's? */
bool sut_is_file(const char *name);
/* The plug-in in this file, which stays loaded; NULL and why. */
const struct sut *sut_plugin(const char *path, struct why *why);
/* The same for a file that lies beside the program, or in ../lib/wiredrill from there. */
const struct sut *sut_plugin_beside(const char *file, struct why *why);
/*
 * Stacks that keep state in static variables. `again` has what was loaded of it loaded anew
 * (plugin_renew), so that they are as at first; false when it can't be.
 */
void sut_statics_know(const struct sut *sut, bool (*again)(void *ctx), void *ctx);
/* Remembers what the variables hold now of the object in which `symbol` lies. */
void sut_statics_watch(const struct sut *sut, const void *symbol);
/* Are they as at first, or have been made so now? Another instance's are not. */
bool sut_statics_fresh(const struct sut *sut);
/* An instance is opened, and is closed. */
void sut_statics_use(const struct sut *sut);
void sut_statics_leave(const struct sut *sut);

/* What this process knows of them: has one changed that no flag told of, is one not to be had as at
 * first any more? */
bool sut_statics_found_changed(void);
bool sut_statics_all_fresh(void);

/* A stack that blocks, made one that does not: its calls run on coroutines. Lives as long as the
 * program. */
const struct sut *sut_blocking(const struct sut *inner);

#endif
