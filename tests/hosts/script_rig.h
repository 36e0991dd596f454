/* Whole scripts in a unit test: for what takes several hosts on a link, and no host under test. */
#ifndef TESTS_HOSTS_SCRIPT_RIG_H
#define TESTS_HOSTS_SCRIPT_RIG_H

/* Plays the script with an idle stack on it; it must pass. `name` is told when it does not. */
void script_must_pass(const char *name, const char *text);
/* It must fail, and the report says so. */
void script_must_fail(const char *name, const char *text, const char *said);

#endif
