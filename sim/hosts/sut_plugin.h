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
/* An object's symbol; NULL and why: the file is not there, is no shared object, exports no such
 * symbol. `what` says where to look. */
void *plugin_symbol(const char *path, const char *symbol, const char *what, struct why *why);

/* Zeroed memory for what stays as long as the program, as its object does; NULL when there is none.
 */
void *plugin_memory(size_t size);

/* Remembers what the static variables of a plug-in hold now: `sut` lies in it, `known` is the stack
 * that it is opened as. Says whether one has changed since. */
void sut_statics_watch(const struct sut *sut, const struct sut *known);
bool sut_statics_changed(const struct sut *known);
/* Has that been found of any, in this process? */
bool sut_statics_found_changed(void);

/* A stack that keeps its state there (SUT_SINGLETON) is opened once in a process; was it, and was
 * any? */
void sut_spend(const struct sut *sut);
bool sut_spent(const struct sut *sut);
bool sut_any_spent(void);

/* A stack that blocks, made one that does not: its calls run on coroutines. Lives as long as the
 * program. */
const struct sut *sut_blocking(const struct sut *inner);

#endif
